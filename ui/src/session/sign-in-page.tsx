import { Trans, useLingui } from "@lingui/react/macro";
import { Redirect, useSearch } from "wouter";
import { LoadingPage } from "../kit/skeleton";
import { useTitle } from "../kit/use-title";
import { SessionFrame } from "./frame";
import { Providers } from "./providers";
import { SignInForm } from "./sign-in-form";
import { useSession } from "./use-session";

export default function SignInPage() {
  const { t } = useLingui();
  const session = useSession();
  const next = new URLSearchParams(useSearch()).get("next") ?? "/";
  useTitle(t`Sign in`);
  if (session.isPending) return <LoadingPage />;
  if (session.data) return <Redirect to={safe(next)} replace />;
  return (
    <SessionFrame title={t`Sign in`}>
      <Providers next={safe(next)} />
      <SignInForm />
      <p className="text-sm text-muted">
        <Trans>
          No account? Ask whoever runs this server for an invitation. They can also set a new password: <code>citewell user password EMAIL</code>.
        </Trans>
      </p>
    </SessionFrame>
  );
}

/** An address of this app, whatever somebody has put into the link. */
export function safe(next: string): string {
  return /^\/(?![/\\])/.test(next) ? next : "/";
}
