import { Trans, useLingui } from "@lingui/react/macro";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { api, unwrap } from "../api/client";
import { Button } from "../kit/button";
import { TextField } from "../kit/field";
import { CopyIcon } from "../kit/icons";
import { Badge, ErrorNote, Note } from "../kit/notes";
import { Section } from "../kit/page";
import { SkeletonLines } from "../kit/skeleton";
import { Ago } from "../kit/time";
import { useToast } from "../kit/toasts";

export function Tokens() {
  const { t } = useLingui();
  const say = useToast();
  const cache = useQueryClient();
  const [name, setName] = useState("");
  const tokens = useQuery({ queryKey: ["tokens"], queryFn: () => unwrap(api.GET("/api/v1/tokens/", { params: { query: { limit: 200 } } })) });
  const refresh = () => cache.invalidateQueries({ queryKey: ["tokens"] });
  const make = useMutation({
    mutationFn: () => unwrap(api.POST("/api/v1/tokens/", { body: { name: name.trim() } })),
    onSuccess: () => {
      setName("");
      return refresh();
    },
  });
  const revoke = useMutation({ mutationFn: (id: string) => unwrap(api.DELETE("/api/v1/tokens/{token_id}/", { params: { path: { token_id: id } } })), onSuccess: refresh });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    make.mutate();
  };
  const made = make.data?.token;
  return (
    <Section
      title={<Trans>Tokens</Trans>}
      hint={
        <Trans>
          Programs use them instead of your password, in the header <code>Authorization: Bearer ...</code>.
        </Trans>
      }
    >
      <form onSubmit={submit} className="flex flex-wrap items-end gap-2">
        <TextField className="min-w-56 flex-1" label={t`Name of a new token`} placeholder={t`What it is for`} required maxLength={200} value={name} onChange={(event) => setName(event.target.value)} />
        <Button type="submit" disabled={make.isPending}>
          <Trans>Make a token</Trans>
        </Button>
      </form>
      {make.isError ? <ErrorNote error={make.error} /> : null}
      {revoke.isError ? <ErrorNote error={revoke.error} /> : null}
      {made ? (
        <Note tone="accent" className="flex flex-wrap items-center gap-2">
          <span>
            <Trans>Copy it now, it is shown this once:</Trans>
          </span>
          <code className="break-all">{made}</code>
          <Button small onClick={() => void navigator.clipboard.writeText(made).then(() => say(t`Copied`))}>
            <CopyIcon size={15} />
            <Trans>Copy</Trans>
          </Button>
        </Note>
      ) : null}
      {tokens.isPending ? <SkeletonLines /> : null}
      <ul>
        {(tokens.data?.results ?? []).map((token) => (
          <li key={token.id} className="flex flex-wrap items-center gap-x-3 gap-y-1 border-t py-2 first:border-t-0">
            <span dir="auto" className="min-w-32 flex-1 truncate font-medium">
              {token.name}
            </span>
            <code className="text-sm text-muted">…{token.last_four}</code>
            <Ago time={token.created_at} className="text-sm text-muted" />
            {token.revoked_at ? (
              <Badge>
                <Trans>revoked</Trans>
              </Badge>
            ) : (
              <Button small look="danger" onClick={() => revoke.mutate(token.id)}>
                <Trans>Revoke</Trans>
              </Button>
            )}
          </li>
        ))}
      </ul>
    </Section>
  );
}
