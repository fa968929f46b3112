import { Trans } from "@lingui/react/macro";
import { Link } from "wouter";

export function NotFoundPage() {
  return (
    <main className="mx-auto max-w-lg p-8">
      <h1 className="text-xl font-semibold">
        <Trans>There is nothing at this address</Trans>
      </h1>
      <p className="mt-2 text-muted">
        <Trans>It may have been deleted, or you may not have access to it.</Trans>
      </p>
      <p className="mt-4">
        <Link href="~/" className="text-accent underline underline-offset-2">
          <Trans>All projects</Trans>
        </Link>
      </p>
    </main>
  );
}
