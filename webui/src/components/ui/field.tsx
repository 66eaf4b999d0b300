import { useId, type InputHTMLAttributes, type ReactNode, type SelectHTMLAttributes, type TextareaHTMLAttributes } from "react";
import { cn } from "@/lib/cn";

const box =
  "w-full min-w-0 rounded-xl border border-line-strong/60 bg-surface px-3 text-base text-ink placeholder:text-muted sm:text-[0.95rem] aria-invalid:border-bad";

interface FieldProps {
  label: string;
  /** What is to be known before it is filled in. */
  hint?: ReactNode;
  /** What is wrong with what is in it. */
  error?: string | null | undefined;
}

interface Parts {
  id: string;
  "aria-invalid": boolean | undefined;
  "aria-describedby": string | undefined;
}

function Labelled({ label, hint, error, children }: FieldProps & { children: (parts: Parts) => ReactNode }) {
  const id = useId();
  return (
    <div className="min-w-0">
      <label htmlFor={id} className="mb-1 block text-sm font-medium">
        {label}
      </label>
      {children({ id, "aria-invalid": error ? true : undefined, "aria-describedby": hint || error ? `${id}-about` : undefined })}
      <div id={`${id}-about`} aria-live="polite">
        {error ? (
          <p className="mt-1 text-sm text-bad">{error}</p>
        ) : (
          hint && <div className="mt-1 text-sm text-muted">{hint}</div>
        )}
      </div>
    </div>
  );
}

/** A line of text to fill in. */
export function TextField({ label, hint, error, className, ...rest }: FieldProps & InputHTMLAttributes<HTMLInputElement>) {
  return (
    <Labelled label={label} hint={hint} error={error}>
      {(parts) => (
        <input autoCapitalize="off" autoComplete="off" spellCheck={false} {...parts} className={cn(box, "min-h-11", className)} {...rest} />
      )}
    </Labelled>
  );
}

/** Several lines of text to fill in. */
export function TextArea({ label, hint, error, className, ...rest }: FieldProps & TextareaHTMLAttributes<HTMLTextAreaElement>) {
  return (
    <Labelled label={label} hint={hint} error={error}>
      {(parts) => (
        <textarea autoCapitalize="off" autoComplete="off" spellCheck={false} {...parts} className={cn(box, "block py-2", className)} {...rest} />
      )}
    </Labelled>
  );
}

/** One of several. */
export function Select({ label, hint, error, children, ...rest }: FieldProps & SelectHTMLAttributes<HTMLSelectElement>) {
  return (
    <Labelled label={label} hint={hint} error={error}>
      {(parts) => (
        <select {...parts} className={cn(box, "min-h-11")} {...rest}>
          {children}
        </select>
      )}
    </Labelled>
  );
}

/** Something that is so or not. */
export function Check({ label, hint, ...rest }: { label: string; hint?: string } & InputHTMLAttributes<HTMLInputElement>) {
  return (
    <label className="flex min-h-11 cursor-pointer items-center gap-3 has-disabled:opacity-50">
      <input type="checkbox" className="size-5 shrink-0 accent-(--color-accent)" {...rest} />
      <span>
        {label}
        {hint && <span className="block text-sm text-muted">{hint}</span>}
      </span>
    </label>
  );
}
