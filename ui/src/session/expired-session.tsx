import { useLingui } from "@lingui/react/macro";
import { useSyncExternalStore } from "react";
import { Dialog } from "../kit/dialog";
import { isExpired, subscribe } from "./expiry";
import { Providers } from "./providers";
import { SignInForm } from "./sign-in-form";
import { useSession } from "./use-session";

/** Over the page that the user is on: after signing in, what was on its way goes on. */
export function ExpiredSession() {
  const { t } = useLingui();
  const session = useSession();
  const open = useSyncExternalStore(subscribe, isExpired);
  return (
    <Dialog open={open} title={t`Your session has ended`} description={t`Sign in again: this page stays as it is, with what you have typed.`}>
      {open ? <Providers next={location.pathname + location.search} /> : null}
      <SignInForm email={session.data?.user.email} />
    </Dialog>
  );
}
