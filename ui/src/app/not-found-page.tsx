import { Trans, useLingui } from "@lingui/react/macro";
import { Link } from "wouter";
import { BUTTON_LINK } from "../kit/button";
import { EmptyState } from "../kit/notes";
import { MissingIcon } from "../kit/icons";
import { useTitle } from "../kit/use-title";

/** Says that nothing is at this address, and leads back to where something is. */
export function NotFoundPage({ project }: { /** Whether it is one of a project's addresses. */ project?: boolean }) {
  const { t } = useLingui();
  useTitle(t`Not found`);
  return (
    <main className="flex min-h-full flex-1 flex-col justify-center pb-16">
      <EmptyState
        icon={<MissingIcon size={32} />}
        level="h1"
        title={<Trans>There is nothing at this address</Trans>}
        action={
          <>
            {project ? (
              <Link href="/ask" className={BUTTON_LINK}>
                <Trans>To the questions of this project</Trans>
              </Link>
            ) : null}
            <Link href="~/" className={BUTTON_LINK}>
              <Trans>All projects</Trans>
            </Link>
          </>
        }
      >
        <Trans>It may have been deleted, or you may not have access to it. If you typed the address, check it for a typo.</Trans>
      </EmptyState>
    </main>
  );
}
