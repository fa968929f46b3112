import { Trans, useLingui } from "@lingui/react/macro";
import { useMutation } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { api, ApiError, unwrap } from "../api/client";
import { Button } from "../kit/button";
import { TextField } from "../kit/field";
import { ErrorNote } from "../kit/notes";
import { Section } from "../kit/page";
import { useToast } from "../kit/toasts";

export function PasswordForm() {
  const { t } = useLingui();
  const say = useToast();
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const change = useMutation({
    mutationFn: () => unwrap(api.POST("/api/v1/auth/password/", { body: { current_password: current, new_password: next } })),
    onSuccess: () => {
      setCurrent("");
      setNext("");
      say(t`The password is changed. Your other sessions have ended.`);
    },
  });
  const fields = change.error instanceof ApiError ? change.error.fields : {};
  const submit = (event: FormEvent) => {
    event.preventDefault();
    change.mutate();
  };
  return (
    <Section title={<Trans>Password</Trans>} hint={<Trans>Changing it ends your other sessions. Tokens stay as they are.</Trans>}>
      <form onSubmit={submit} className="flex max-w-sm flex-col gap-3">
        {change.isError && Object.keys(fields).length === 0 ? <ErrorNote error={change.error} /> : null}
        <TextField label={t`Current password`} type="password" autoComplete="current-password" required error={fields.current_password} value={current} onChange={(event) => setCurrent(event.target.value)} />
        <TextField label={t`New password`} hint={t`10 characters or more. A few random words make a good one.`} type="password" autoComplete="new-password" required minLength={10} error={fields.new_password} value={next} onChange={(event) => setNext(event.target.value)} />
        <div>
          <Button type="submit" disabled={change.isPending}>
            <Trans>Change the password</Trans>
          </Button>
        </div>
      </form>
    </Section>
  );
}
