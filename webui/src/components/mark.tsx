/** Homie's mark: a house with a prompt in it. */
export function Mark({ className }: { className?: string }) {
  return (
    <svg viewBox="0 0 64 64" aria-hidden className={className}>
      <path
        className="fill-accent stroke-accent"
        strokeWidth="8"
        strokeLinejoin="round"
        d="M32 9 8 28.5V55h48V28.5Z"
      />
      <path
        className="stroke-lamp-soft"
        fill="none"
        strokeWidth="6.5"
        strokeLinecap="round"
        strokeLinejoin="round"
        d="m20 30 10 8.5L20 47"
      />
      <path className="stroke-on-accent" fill="none" strokeWidth="6.5" strokeLinecap="round" d="M36 47h10" />
    </svg>
  );
}
