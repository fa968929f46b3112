import { Trans, useLingui } from "@lingui/react/macro";
import { useMutation } from "@tanstack/react-query";
import { useLocation, useSearch } from "wouter";
import { api, ApiError, unwrap } from "../api/client";
import { ErrorNote } from "../kit/notes";
import { useTitle } from "../kit/use-title";
import { SessionFrame } from "./frame";
import { NewPasswordForm } from "./new-password-form";
import { useAdoptSession } from "./use-session";

/** Where the link leads that the terminal prints: the owner chooses a password and comes to the demo project. */
export default function SetupPage() {
  const { t } = useLingui();
  const code = new URLSearchParams(useSearch()).get("code") ?? "";
  const [, navigate] = useLocation();
  const adopt = useAdoptSession();
  useTitle(t`Welcome`);
  const setUp = useMutation({
    mutationFn: (password: string) => unwrap(api.POST("/api/v1/auth/setup/", { body: { code, password } })),
    onSuccess: async (session) => {
      adopt(session);
      const projects = await unwrap(api.GET("/api/v1/projects/", { params: { query: { limit: 2 } } })).catch(() => null);
      const [only] = projects?.results ?? [];
      navigate(only && projects?.results.length === 1 ? `/p/${only.id}/ask` : "/", { replace: true });
    },
  });
  const fields = setUp.error instanceof ApiError ? setUp.error.fields : {};
  return (
    <SessionFrame title={t`Welcome`}>
      <p>
        <Trans>You own this server. Choose the password with which you sign in from now on.</Trans>
      </p>
      {fields.code ? <ErrorNote error={setUp.error} /> : null}
      <NewPasswordForm action={t`Begin`} error={fields.code ? null : setUp.error} isPending={setUp.isPending} onSubmit={(password) => setUp.mutate(password)} />
      <p className="text-sm text-muted">
        <Trans>Your address is owner@localhost.</Trans>
      </p>
    </SessionFrame>
  );
}
