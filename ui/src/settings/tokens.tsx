import { Trans, useLingui } from "@lingui/react/macro";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { api, unwrap } from "../api/client";
import { Button } from "../kit/button";
import { ConfirmButton } from "../kit/confirm-button";
import { TextField } from "../kit/field";
import { Badge, ErrorNote, QueryError } from "../kit/notes";
import { Section } from "../kit/page";
import { ShownOnce } from "../kit/shown-once";
import { SkeletonLines } from "../kit/skeleton";
import { Ago } from "../kit/time";

export function Tokens() {
  const { t } = useLingui();
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
        <TextField className="min-w-[min(14rem,100%)] flex-1" label={t`Name of a new token`} placeholder={t`What it is for`} required maxLength={200} value={name} onChange={(event) => setName(event.target.value)} />
        <Button type="submit" disabled={make.isPending}>
          <Trans>Create a token</Trans>
        </Button>
      </form>
      {make.isError ? <ErrorNote error={make.error} /> : null}
      {revoke.isError ? <ErrorNote error={revoke.error} /> : null}
      {made ? <ShownOnce secret={made} /> : null}
      {tokens.isPending ? <SkeletonLines /> : null}
      <QueryError query={tokens} />
      {tokens.data?.results.length === 0 ? (
        <p className="text-muted">
          <Trans>None yet</Trans>
        </p>
      ) : null}
      <ul>
        {(tokens.data?.results ?? []).map((token) => (
          <li key={token.id} className="flex flex-wrap items-center gap-x-3 gap-y-1 border-t py-2 first:border-t-0">
            <span dir="auto" className="min-w-[min(12rem,100%)] flex-1 font-medium break-words">
              {token.name || <Trans>Untitled</Trans>}
            </span>
            <code className="text-sm text-muted">…{token.last_four}</code>
            <Ago time={token.created_at} className="text-sm text-muted" />
            {token.revoked_at ? (
              <Badge>
                <Trans>revoked</Trans>
              </Badge>
            ) : (
              <ConfirmButton small question={t`Really revoke?`} disabled={revoke.isPending} onConfirm={() => revoke.mutate(token.id)}>
                <Trans>Revoke</Trans>
              </ConfirmButton>
            )}
          </li>
        ))}
      </ul>
    </Section>
  );
}
