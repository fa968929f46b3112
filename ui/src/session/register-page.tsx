import { Trans, useLingui } from "@lingui/react/macro";
import { useLocation, useSearch } from "wouter";
import { useTitle } from "../kit/use-title";
import { SessionFrame } from "./frame";
import { NewPasswordForm } from "./new-password-form";
import { useRegister } from "./use-session";

/** Where the link of an invitation leads. */
export default function RegisterPage() {
  const { t } = useLingui();
  const register = useRegister();
  const [, navigate] = useLocation();
  const invite = new URLSearchParams(useSearch()).get("invite") ?? "";
  useTitle(t`Choose a password`);
  return (
    <SessionFrame title={t`Choose a password`}>
      <p>
        <Trans>This creates your account, with access to the project that you were invited to.</Trans>
      </p>
      <NewPasswordForm action={t`Accept the invitation`} error={register.error} isPending={register.isPending} onSubmit={(password) => register.mutate({ invite, password }, { onSuccess: () => navigate("/", { replace: true }) })} />
    </SessionFrame>
  );
}
