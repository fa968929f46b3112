import { Trans, useLingui } from "@lingui/react/macro";
import { useState, type FormEvent } from "react";
import { Button } from "../kit/button";
import { TextField } from "../kit/field";
import { ErrorNote } from "../kit/notes";
import { useSignIn } from "./use-session";

/** Email and password; `email` fixes whose. */
export function SignInForm({ email: fixed, onDone }: { email?: string | undefined; onDone?: () => void }) {
  const { t } = useLingui();
  const signIn = useSignIn();
  const [email, setEmail] = useState(fixed ?? "");
  const [password, setPassword] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    signIn.mutate({ email, password }, { onSuccess: () => onDone?.() });
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      {signIn.isError ? <ErrorNote error={signIn.error} /> : null}
      <TextField label={t`Email`} type="email" autoComplete="username" required maxLength={320} value={email} readOnly={fixed !== undefined} onChange={(event) => setEmail(event.target.value)} />
      <TextField label={t`Password`} type="password" autoComplete="current-password" required maxLength={1024} value={password} onChange={(event) => setPassword(event.target.value)} />
      <Button type="submit" look="primary" disabled={signIn.isPending}>
        <Trans>Sign in</Trans>
      </Button>
    </form>
  );
}
