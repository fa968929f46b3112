import { Trans, useLingui } from "@lingui/react/macro";
import { useState, type FormEvent } from "react";
import { Link } from "wouter";
import { Button } from "../kit/button";
import { ConfirmButton } from "../kit/confirm-button";
import { CheckField, TextField } from "../kit/field";
import { Badge, ErrorNote, QueryError } from "../kit/notes";
import { Section } from "../kit/page";
import { SkeletonLines } from "../kit/skeleton";
import { Ago } from "../kit/time";
import { useToast } from "../kit/toasts";
import { actAs } from "../people/acting";
import { isWidget } from "../people/widget-accounts";
import { useSession } from "../session/use-session";
import { useAccess } from "../projects/use-access";
import { useProject } from "../projects/use-projects";
import { RoleField, roleOf, ROLES, type Role } from "./roles";
import { useChangeMembers, useInvites, useMembers, type Member } from "./use-settings";

export function Members() {
  const { t } = useLingui();
  const say = useToast();
  const members = useMembers();
  const invites = useInvites();
  const change = useChangeMembers();
  const [email, setEmail] = useState("");
  const [role, setRole] = useState<Role>("reader");
  const invite = (event: FormEvent) => {
    event.preventDefault();
    change.mutate(
      { kind: "invite", email: email.trim(), permissions: ROLES[role] },
      {
        onSuccess: () => {
          setEmail("");
          say(t`Invited`);
        },
      },
    );
  };
  return (
    <>
      {change.isError ? <ErrorNote error={change.error} /> : null}
      <Section title={<Trans>Invite somebody</Trans>} hint={<Trans>They get a mail with a link; a server without mail writes it as a file to its data folder. Whoever has an account gets access at once.</Trans>}>
        <form onSubmit={invite} className="flex flex-wrap items-end gap-2">
          <TextField className="min-w-[min(14rem,100%)] flex-1" label={t`Email`} type="email" required value={email} onChange={(event) => setEmail(event.target.value)} />
          <RoleField label={t`What they may do`} value={role} onChange={setRole} />
          <Button type="submit" look="primary" disabled={change.isPending}>
            <Trans>Invite</Trans>
          </Button>
        </form>
      </Section>
      <Section title={<Trans>Members</Trans>}>
        {members.isPending ? <SkeletonLines /> : null}
        <QueryError query={members} />
        <QueryError query={invites} />
        <ul>
          {((members.data?.results ?? []) as Member[]).map((member) => (isWidget(member.user.email) ? <WidgetRow key={member.id} /> : <MemberRow key={member.id} member={member} />))}
          {(invites.data?.results ?? []).map((row) => (
            <li key={row.id} className="flex flex-wrap items-center gap-3 border-t py-2">
              <span className="min-w-[min(14rem,100%)] flex-1 break-words">{row.email}</span>
              <Badge>
                <Trans>invited</Trans>
              </Badge>
              <Ago time={row.created_at} className="text-sm text-muted" />
              <Button small onClick={() => change.mutate({ kind: "cancel", id: row.id })}>
                <Trans>Withdraw</Trans>
              </Button>
            </li>
          ))}
        </ul>
      </Section>
    </>
  );
}

/** The account of a widget: what it may do follows from the widget, and it goes with it. */
function WidgetRow() {
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-1 border-t py-2 first:border-t-0">
      <span className="min-w-[min(14rem,100%)] flex-1">
        <Trans>Visitors of a widget</Trans>
      </span>
      <Link href="/settings/widgets" className="text-sm text-accent underline underline-offset-2">
        <Trans>See the widgets</Trans>
      </Link>
    </li>
  );
}

function MemberRow({ member }: { member: Member }) {
  const { t } = useLingui();
  const project = useProject();
  const session = useSession();
  const change = useChangeMembers();
  const access = useAccess();
  const isMe = session.data?.user.id === member.user.id;
  const kept = member.permissions.filter((each) => each === "CAN_IMPERSONATE_OTHER_USERS" || each === "CAN_VIEW_TECHNICAL_INTERFACE");
  const actsAs = kept.includes("CAN_IMPERSONATE_OTHER_USERS");
  const setActsAs = (may: boolean) => {
    const others = member.permissions.filter((each) => each !== "CAN_IMPERSONATE_OTHER_USERS");
    change.mutate({ kind: "change", id: member.id, permissions: may ? [...others, "CAN_IMPERSONATE_OTHER_USERS"] : others });
  };
  return (
    <li className="flex flex-wrap items-center gap-2 border-t py-2 first:border-t-0">
      <span className="min-w-[min(14rem,100%)] flex-1 break-words">
        {member.user.email} {isMe ? <span className="text-muted">({t`you`})</span> : null}
      </span>
      <RoleField label={t`What ${member.user.email} may do`} hideLabel value={roleOf(member.permissions)} onChange={(role) => change.mutate({ kind: "change", id: member.id, permissions: [...ROLES[role], ...kept] })} />
      {session.data?.user.is_superuser && !isMe ? <CheckField label={t`may act as others`} checked={actsAs} onChange={(event) => setActsAs(event.target.checked)} /> : actsAs ? <Badge tone="warn">{t`may act as others`}</Badge> : null}
      {isMe ? null : (
        <>
          {access.mayActAs ? (
            <Button small aria-label={t`Act as ${member.user.email}`} onClick={() => actAs(project.id, member.user.email)}>
              <Trans>Act as</Trans>
            </Button>
          ) : null}
          <ConfirmButton small question={t`Really remove?`} disabled={change.isPending} onConfirm={() => change.mutate({ kind: "remove", id: member.id })}>
            <Trans>Remove</Trans>
          </ConfirmButton>
        </>
      )}
      {change.isError ? <ErrorNote className="w-full" error={change.error} /> : null}
    </li>
  );
}
