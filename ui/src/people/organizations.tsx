import { Trans, useLingui } from "@lingui/react/macro";
import { useState, type FormEvent } from "react";
import { Link } from "wouter";
import { NotFoundPage } from "../app/not-found-page";
import { Button } from "../kit/button";
import { TextField } from "../kit/field";
import { LeftIcon, UserIcon } from "../kit/icons";
import { EmptyState, ErrorNote, QueryError } from "../kit/notes";
import { Section } from "../kit/page";
import { SkeletonLines } from "../kit/skeleton";
import { GroupPermissions } from "./group-permissions";
import { OrganizationKeys } from "./organization-keys";
import { OrganizationMembers } from "./organization-members";
import { useCreateOrganization, useOrganizations, useUpdateOrganization, type Organization } from "./use-organizations";

/** Organisations, or the one with this id. `mayChange`: for those who run the server; admins of one only look. */
export function Organizations({ id, mayChange }: { id: string | undefined; mayChange: boolean }) {
  const organizations = useOrganizations();
  if (organizations.isPending) return <SkeletonLines />;
  if (organizations.isLoadingError) return <QueryError query={organizations} />;
  if (!id) return <List rows={organizations.data} mayChange={mayChange} />;
  const one = organizations.data.find((each) => each.id === id);
  return one ? <OneOrganization key={one.id} organization={one} mayChange={mayChange} /> : <NotFoundPage />;
}

function List({ rows, mayChange }: { rows: Organization[]; mayChange: boolean }) {
  return (
    <>
      {mayChange ? <NewOrganization /> : null}
      {rows.length === 0 ? (
        <EmptyState icon={<UserIcon size={32} />} title={<Trans>No organisations yet</Trans>}>
          <Trans>An organisation is a company whose directory creates and deactivates accounts here, with a key.</Trans>
        </EmptyState>
      ) : (
        <ul className="rounded-md border bg-panel">
          {rows.map((row) => (
            <li key={row.id} className="border-t first:border-t-0">
              <Link href={`/admin/organizations/${row.id}`} className="flex flex-wrap items-baseline gap-x-3 px-4 py-2.5 hover:bg-hover">
                <span dir="auto" className="min-w-0 font-medium break-words">
                  {row.name}
                </span>
                <span className="min-w-0 text-sm break-words text-muted">{row.allowed_provisioning_domains.join(", ") || <Trans>no domains</Trans>}</span>
              </Link>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

const domainsOf = (text: string) => text.split(/[\s,;]+/).filter(Boolean);

function NewOrganization() {
  const { t } = useLingui();
  const create = useCreateOrganization();
  const [name, setName] = useState("");
  const [domains, setDomains] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (create.isPending) return;
    const onSuccess = () => {
      setName("");
      setDomains("");
    };
    create.mutate({ name: name.trim(), allowed_provisioning_domains: domainsOf(domains) }, { onSuccess });
  };
  return (
    <form onSubmit={submit} className="flex flex-wrap items-end gap-2">
      <TextField className="min-w-[min(12rem,100%)] flex-1" label={t`Name of a new organisation`} required maxLength={200} dir="auto" value={name} onChange={(event) => setName(event.target.value)} />
      <TextField className="min-w-[min(14rem,100%)] flex-1" label={t`Domains of its addresses`} placeholder="example.org, example.com" value={domains} onChange={(event) => setDomains(event.target.value)} />
      <Button type="submit" look="primary" disabled={!name.trim() || create.isPending}>
        <Trans>Create</Trans>
      </Button>
      {create.isError ? <ErrorNote className="w-full" error={create.error} /> : null}
    </form>
  );
}

function OneOrganization({ organization, mayChange }: { organization: Organization; mayChange: boolean }) {
  return (
    <>
      <div className="flex items-center gap-2">
        <AllOrganizations />
        <h2 dir="auto" className="min-w-0 text-xl font-semibold break-words">
          {organization.name}
        </h2>
      </div>
      <Domains organization={organization} mayChange={mayChange} />
      <OrganizationMembers organization={organization.id} mayChange={mayChange} />
      <OrganizationKeys organization={organization.id} mayChange={mayChange} />
      <GroupPermissions organization={organization} mayChange={mayChange} />
    </>
  );
}

function AllOrganizations() {
  const { t } = useLingui();
  return (
    <Link href="/admin/organizations" aria-label={t`All organisations`} className="-ms-2 flex size-9 items-center justify-center rounded-md text-muted hover:bg-hover">
      <LeftIcon />
    </Link>
  );
}

function Domains({ organization, mayChange }: { organization: Organization; mayChange: boolean }) {
  const { t } = useLingui();
  const update = useUpdateOrganization(organization.id);
  const before = organization.allowed_provisioning_domains.join(", ");
  const [text, setText] = useState(before);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!update.isPending) update.mutate({ allowed_provisioning_domains: domainsOf(text) }, { onSuccess: (saved) => setText(saved.allowed_provisioning_domains.join(", ")) });
  };
  return (
    <Section title={<Trans>Domains</Trans>} hint={<Trans>The directory may create accounts only for addresses in these domains.</Trans>}>
      {mayChange ? (
        <form onSubmit={submit} className="flex flex-wrap items-end gap-2">
          <TextField className="min-w-[min(14rem,100%)] flex-1" label={t`Domains, with commas between them`} value={text} onChange={(event) => setText(event.target.value)} />
          <Button type="submit" disabled={text === before || update.isPending}>
            <Trans>Save</Trans>
          </Button>
          {update.isError ? <ErrorNote className="w-full" error={update.error} /> : null}
        </form>
      ) : (
        <p className="break-words">{before || <Trans>None yet</Trans>}</p>
      )}
    </Section>
  );
}
