import { Trans } from "@lingui/react/macro";
import type { ReactNode } from "react";
import { ApiError } from "../api/client";
import { Button } from "./button";
import { cx } from "./cx";
import { WarnIcon } from "./icons";

/** What went wrong, as the server says it, and a way to try again. */
export function ErrorNote({ error, retry, className }: { error: unknown; retry?: () => void; className?: string }) {
  return (
    <div role="alert" className={cx("flex flex-wrap items-start gap-2 rounded-md border border-danger/40 bg-danger-soft px-3 py-2 text-danger", className)}>
      <WarnIcon className="mt-0.5 shrink-0" />
      <div className="min-w-[min(14rem,calc(100%-2rem))] flex-1 break-words">
        {messageOf(error)}
        {error instanceof ApiError && error.detail ? (
          <span lang="en" className="block text-sm">
            {error.detail}
          </span>
        ) : null}
      </div>
      {retry ? (
        <Button small onClick={retry}>
          <Trans>Try again</Trans>
        </Button>
      ) : null}
    </div>
  );
}

type Query = { isError: boolean; error: unknown; refetch: () => unknown };

/** Why a query failed, and a way to try it again; nothing if it did not fail. */
export function QueryError({ query, className }: { query: Query; className?: string }) {
  return query.isError ? <ErrorNote className={className} error={query.error} retry={() => void query.refetch()} /> : null;
}

export function messageOf(error: unknown): ReactNode {
  if (error instanceof TypeError) return <Trans>The server cannot be reached. Is the network there?</Trans>;
  const said = error instanceof Error ? error.message : String(error);
  // A proxy in front of the server, or a server that is being started, has no words of ours.
  return /^\d{3}$/.test(said) ? <Trans>The server does not answer as it should ({said}). Try again in a moment.</Trans> : said;
}

type EmptyProps = { icon?: ReactNode; title: ReactNode; children?: ReactNode; action?: ReactNode; /** `h1` where it is the whole page. */ level?: "h1" | "h2" };

/** Says that there is nothing here yet, and what to do next. */
export function EmptyState({ icon, title, children, action, level: Heading = "h2" }: EmptyProps) {
  return (
    <div className="mx-auto flex max-w-md flex-col items-center gap-2 px-4 py-12 text-center">
      {icon ? <div className="mb-1 text-muted">{icon}</div> : null}
      <Heading className="text-lg font-semibold">{title}</Heading>
      {children ? <div className="text-muted">{children}</div> : null}
      {action ? <div className="mt-3 flex flex-wrap justify-center gap-2">{action}</div> : null}
    </div>
  );
}

type Tone = "plain" | "accent" | "warn" | "danger";
const TONES: Record<Tone, string> = {
  plain: "border-line text-muted",
  accent: "border-accent/40 bg-accent-soft text-accent",
  warn: "border-warn/40 bg-warn-soft text-warn",
  danger: "border-danger/40 bg-danger-soft text-danger",
};

export function Badge({ tone = "plain", children, className }: { tone?: Tone; children: ReactNode; className?: string }) {
  return <span className={cx("inline-flex items-center gap-1 rounded-sm border px-1.5 text-xs leading-5 max-w-full sm:whitespace-nowrap", TONES[tone], className)}>{children}</span>;
}

export function Note({ tone = "warn", children, className }: { tone?: Tone; children: ReactNode; className?: string }) {
  return <div className={cx("rounded-md border px-3 py-2 text-sm", TONES[tone], className)}>{children}</div>;
}
