import { Trans } from "@lingui/react/macro";
import { Component, type ReactNode } from "react";
import { Button } from "../kit/button";

type Props = { children: ReactNode; place?: string };
type State = { error: Error | null; place: string | undefined };

/** A fault of the page itself: it is said, and what was typed is kept in this browser. At another `place`, it is over. */
export class ErrorBoundary extends Component<Props, State> {
  override state: State = { error: null, place: this.props.place };

  static getDerivedStateFromError(error: Error): Partial<State> {
    return { error };
  }

  static getDerivedStateFromProps({ place }: Props, state: State): Partial<State> | null {
    return place === state.place ? null : { place, error: null };
  }

  override render() {
    if (!this.state.error) return this.props.children;
    return (
      <main className="mx-auto flex max-w-md flex-col items-start gap-4 p-8" role="alert">
        <h1 className="text-xl font-semibold">
          <Trans>Something went wrong on this page</Trans>
        </h1>
        <p className="text-muted">
          <Trans>The fault is in the page, not in your documents. What you typed is kept.</Trans>
        </p>
        <pre className="max-w-full overflow-x-auto rounded-md border bg-sunken p-3 text-sm">{this.state.error.message}</pre>
        <Button onClick={() => location.reload()}>
          <Trans>Load the page again</Trans>
        </Button>
      </main>
    );
  }
}
