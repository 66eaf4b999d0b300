import { Component, type ReactNode } from "react";
import { Button } from "@/components/ui/button";
import { Mark } from "@/components/mark";

/** Catches a fault of this app, so that it is said instead of a blank page. */
export class ErrorBoundary extends Component<{ children: ReactNode }, { error: Error | null }> {
  override state: { error: Error | null } = { error: null };

  static getDerivedStateFromError(error: Error): { error: Error } {
    return { error };
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (!error) return this.props.children;
    return (
      <main role="alert" className="mx-auto grid min-h-dvh max-w-md content-center px-6">
        <Mark className="size-14" />
        <h1 className="mt-5 font-display text-3xl font-semibold">Something here broke</h1>
        <p className="mt-2 text-muted">
          It is a fault of Homie’s, not yours. Your terminals keep running. Loading the page again usually helps.
        </p>
        <p className="mt-4 font-mono text-xs wrap-anywhere text-muted">{error.message}</p>
        <div className="mt-6">
          <Button look="primary" onClick={() => window.location.reload()}>
            Load again
          </Button>
        </div>
      </main>
    );
  }
}
