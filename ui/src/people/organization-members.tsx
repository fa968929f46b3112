import { Trans, useLingui } from "@lingui/react/macro";
import { useState, type FormEvent } from "react";
import { ApiError } from "../api/client";
import { Button } from "../kit/button";
import { ConfirmButton } from "../kit/confirm-button";
import { CheckField, TextField } from "../kit/field";
import { Badge, ErrorNote, QueryError } from "../kit/notes";
import { Section } from "../kit/page";
import { SkeletonLines } from "../kit/skeleton";
import { Ago } from "../kit/time";
import { useOrganizationMembers, useRemoveOrganizationMember, useSetOrganizationAdmin, type OrganizationMember } from "./use-organizations";

export function OrganizationMembers({ organization, mayChange }: { organization: string; mayChange: boolean }) {
  const members = useOrganizationMembers(organization);
  return (
    <Section title={<Trans>Members</Trans>} hint={<Trans>The directory adds and removes them. Admins see the organisation, its members and its keys. Whoever is removed keeps the account.</Trans>}>
      {mayChange ? <AddMember organization={organization} /> : null}
      {members.isPending ? <SkeletonLines /> : null}
      <QueryError query={members} />
      {members.data?.length === 0 ? (
        <p className="text-muted">
          <Trans>Nobody yet.</Trans>
        </p>
      ) : null}
      <ul className="max-h-96 overflow-y-auto">
        {(members.data ?? []).map((member) => (
          <MemberRow key={member.user_id} organization={organization} member={member} mayChange={mayChange} />
        ))}
      </ul>
    </Section>
  );
}

function MemberRow({ organization, member, mayChange }: { organization: string; member: OrganizationMember; mayChange: boolean }) {
  const { t } = useLingui();
  const change = useSetOrganizationAdmin(organization);
  const remove = useRemoveOrganizationMember(organization);
  const error = change.error ?? remove.error;
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-1 border-t py-2 first:border-t-0">
      <span className="min-w-40 flex-1 truncate" title={member.email}>
        {member.email}
      </span>
      {member.is_active ? null : (
        <Badge tone="warn">
          <Trans>deactivated</Trans>
        </Badge>
      )}
      {member.is_admin ? (
        <Badge tone="accent">
          <Trans>admin</Trans>
        </Badge>
      ) : null}
      <Ago time={member.created_at} className="text-sm text-muted" />
      {mayChange ? (
        <Button small disabled={change.isPending} aria-label={member.is_admin ? t`${member.email}: no longer an admin` : t`${member.email}: make an admin`} onClick={() => change.mutate({ user: member.user_id, isAdmin: !member.is_admin })}>
          {member.is_admin ? <Trans>No longer an admin</Trans> : <Trans>Make an admin</Trans>}
        </Button>
      ) : null}
      {mayChange ? (
        <ConfirmButton small aria-label={t`Remove ${member.email}`} question={t`Really remove?`} disabled={remove.isPending} onConfirm={() => remove.mutate(member.user_id)}>
          <Trans>Remove</Trans>
        </ConfirmButton>
      ) : null}
      {error ? <ErrorNote className="w-full" error={error} /> : null}
    </li>
  );
}

function AddMember({ organization }: { organization: string }) {
  const { t } = useLingui();
  const change = useSetOrganizationAdmin(organization);
  const [email, setEmail] = useState("");
  const [isAdmin, setAdmin] = useState(true);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!change.isPending) change.mutate({ email: email.trim(), isAdmin }, { onSuccess: () => setEmail("") });
  };
  const isUnknown = change.error instanceof ApiError && change.error.status === 404;
  return (
    <form onSubmit={submit} className="flex flex-wrap items-end gap-x-4 gap-y-2">
      <TextField
        className="min-w-[min(14rem,100%)] flex-1"
        label={t`Address of an account`}
        type="email"
        required
        value={email}
        error={isUnknown ? t`Nobody has an account with this address yet.` : undefined}
        onChange={(event) => {
          change.reset();
          setEmail(event.target.value);
        }}
      />
      <CheckField className="pb-1.5" label={t`As an admin`} checked={isAdmin} onChange={(event) => setAdmin(event.target.checked)} />
      <Button type="submit" disabled={!email.trim() || change.isPending}>
        <Trans>Add</Trans>
      </Button>
      {change.isError && !isUnknown ? <ErrorNote className="w-full" error={change.error} /> : null}
    </form>
  );
}
