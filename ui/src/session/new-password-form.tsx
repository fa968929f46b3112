import { Trans, useLingui } from "@lingui/react/macro";
import { useState, type FormEvent, type ReactNode } from "react";
import { ApiError } from "../api/client";
import { Button } from "../kit/button";
import { TextField } from "../kit/field";
import { ErrorNote } from "../kit/notes";

type Props = { action: ReactNode; error: unknown; isPending: boolean; onSubmit: (password: string) => void };

export function NewPasswordForm({ action, error, isPending, onSubmit }: Props) {
  const { t } = useLingui();
  const [password, setPassword] = useState("");
  const [isShown, setShown] = useState(false);
  const fields = error instanceof ApiError ? error.fields : {};
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onSubmit(password);
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      {error && !fields.password ? <ErrorNote error={error} /> : null}
      <TextField
        label={t`Password`}
        hint={t`10 characters or more. A few random words make a good one.`}
        error={fields.password}
        type={isShown ? "text" : "password"}
        autoComplete="new-password"
        required
        minLength={10}
        maxLength={1024}
        value={password}
        onChange={(event) => setPassword(event.target.value)}
      />
      <div className="flex flex-wrap items-center gap-3">
        <Button type="submit" look="primary" disabled={isPending}>
          {action}
        </Button>
        <Button look="quiet" aria-pressed={isShown} onClick={() => setShown(!isShown)}>
          {isShown ? <Trans>Hide the password</Trans> : <Trans>Show the password</Trans>}
        </Button>
      </div>
    </form>
  );
}
