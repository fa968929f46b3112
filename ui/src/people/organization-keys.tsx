import { Trans, useLingui } from "@lingui/react/macro";
import { useState, type FormEvent } from "react";
import { Button } from "../kit/button";
import { ConfirmButton } from "../kit/confirm-button";
import { TextField } from "../kit/field";
import { ErrorNote, QueryError } from "../kit/notes";
import { Section } from "../kit/page";
import { ShownOnce } from "../kit/shown-once";
import { SkeletonLines } from "../kit/skeleton";
import { Ago } from "../kit/time";
import { useOrganizationKeyActions, useOrganizationKeys } from "./use-organizations";

/** The keys with which a directory provisions accounts: seen by their last characters alone. */
export function OrganizationKeys({ organization, mayChange }: { organization: string; mayChange: boolean }) {
  const { t } = useLingui();
  const keys = useOrganizationKeys(organization);
  const { make, remove } = useOrganizationKeyActions(organization);
  const [name, setName] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!make.isPending) make.mutate(name.trim(), { onSuccess: () => setName("") });
  };
  return (
    <Section title={<Trans>Keys</Trans>} hint={<Trans>A directory sends one with each request, over SCIM 2.0 or with two calls. Whoever has it can create and deactivate accounts in the domains above.</Trans>}>
      {mayChange ? (
        <form onSubmit={submit} className="flex flex-wrap items-end gap-2">
          <TextField className="min-w-[min(14rem,100%)] flex-1" label={t`Name of a new key`} placeholder={t`The directory that uses it`} required maxLength={200} dir="auto" value={name} onChange={(event) => setName(event.target.value)} />
          <Button type="submit" disabled={!name.trim() || make.isPending}>
            <Trans>Create a key</Trans>
          </Button>
        </form>
      ) : null}
      {make.isError ? <ErrorNote error={make.error} /> : null}
      {remove.isError ? <ErrorNote error={remove.error} /> : null}
      {make.data ? <ShownOnce secret={make.data.key} /> : null}
      {keys.isPending ? <SkeletonLines /> : null}
      <QueryError query={keys} />
      {keys.data?.length === 0 ? (
        <p className="text-muted">
          <Trans>None yet</Trans>
        </p>
      ) : null}
      <ul>
        {(keys.data ?? []).map((key) => (
          <li key={key.id} className="flex flex-wrap items-center gap-x-3 gap-y-1 border-t py-2 first:border-t-0">
            <span dir="auto" className="min-w-32 flex-1 truncate font-medium">
              {key.name || <Trans>Untitled</Trans>}
            </span>
            <code className="text-sm text-muted">…{key.last_four}</code>
            <Ago time={key.created_at} className="text-sm text-muted" />
            {mayChange ? (
              <ConfirmButton small question={t`Really delete?`} disabled={remove.isPending} onConfirm={() => remove.mutate(key.id)}>
                <Trans>Delete</Trans>
              </ConfirmButton>
            ) : null}
          </li>
        ))}
      </ul>
    </Section>
  );
}
