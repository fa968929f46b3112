import { Trans, useLingui } from "@lingui/react/macro";
import { useState, type FormEvent } from "react";
import { Button } from "../kit/button";
import { SelectField, TextField } from "../kit/field";
import { ErrorNote } from "../kit/notes";
import { Section } from "../kit/page";
import { useProjects } from "../projects/use-projects";
import { RoleField, roleOf, ROLES, useRoleWords, type Role } from "../settings/roles";
import { useUpdateOrganization, type Organization } from "./use-organizations";

type Groups = Organization["group_permissions"];

/** What the members of the directory's groups may do in which project. */
export function GroupPermissions({ organization, mayChange }: { organization: Organization; mayChange: boolean }) {
  const { t } = useLingui();
  const projects = useProjects();
  const words = useRoleWords();
  const update = useUpdateOrganization(organization.id);
  const groups = organization.group_permissions;
  const rows = Object.entries(groups).flatMap(([group, permissions]) => Object.entries(permissions).map(([project, granted]) => ({ group, project, granted })));
  const nameOf = (id: string) => projects.data?.find((each) => each.id === id)?.name ?? id;
  return (
    <Section title={<Trans>Groups</Trans>} hint={<Trans>The members of a group of the directory get its rights in a project, and lose them with the group.</Trans>}>
      {update.isError ? <ErrorNote error={update.error} /> : null}
      {rows.length === 0 ? (
        <p className="text-muted">
          <Trans>None yet</Trans>
        </p>
      ) : null}
      <ul>
        {rows.map(({ group, project, granted }) => (
          <li key={`${group} ${project}`} className="flex flex-wrap items-center gap-x-3 gap-y-1 border-t py-2 first:border-t-0">
            <span className="min-w-0 flex-1 break-words">
              <span dir="auto" className="font-medium">
                {group}
              </span>{" "}
              <span className="text-muted">{words[roleOf(granted)]}:</span> <span dir="auto">{nameOf(project)}</span>
            </span>
            {mayChange ? (
              <Button small look="danger" disabled={update.isPending} aria-label={t`Remove ${group}: ${nameOf(project)}`} onClick={() => update.mutate({ group_permissions: without(groups, group, project) as never })}>
                <Trans>Remove</Trans>
              </Button>
            ) : null}
          </li>
        ))}
      </ul>
      {mayChange ? <AddGroup groups={groups} projects={projects.data ?? []} isPending={update.isPending} onAdd={(changed) => update.mutate({ group_permissions: changed as never })} /> : null}
    </Section>
  );
}

type AddProps = { groups: Groups; projects: ReadonlyArray<{ id: string; name: string }>; isPending: boolean; onAdd: (groups: Groups) => void };

function AddGroup({ groups, projects, isPending, onAdd }: AddProps) {
  const { t } = useLingui();
  const [group, setGroup] = useState("");
  const [project, setProject] = useState("");
  const [role, setRole] = useState<Role>("reader");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const name = group.trim();
    if (isPending || !name || !project) return;
    onAdd({ ...groups, [name]: { ...groups[name], [project]: ROLES[role] } });
    setGroup("");
  };
  return (
    <form onSubmit={submit} className="flex flex-wrap items-end gap-2">
      <TextField className="min-w-40 flex-1" label={t`Name of the group`} required maxLength={200} dir="auto" value={group} onChange={(event) => setGroup(event.target.value)} />
      <SelectField className="min-w-40 flex-1" label={t`Project`} required value={project} onChange={(event) => setProject(event.target.value)}>
        <option value="">{t`Choose a project`}</option>
        {projects.map((each) => (
          <option key={each.id} value={each.id}>
            {each.name}
          </option>
        ))}
      </SelectField>
      <RoleField label={t`What they may do`} value={role} onChange={setRole} />
      <Button type="submit" disabled={!group.trim() || !project || isPending}>
        <Trans>Add</Trans>
      </Button>
    </form>
  );
}

/** Without what a group may do in a project; a group that may do nothing is gone. */
function without(groups: Groups, group: string, project: string): Groups {
  const rest = omit(groups[group] ?? {}, project);
  const others = omit(groups, group);
  return Object.keys(rest).length > 0 ? { ...others, [group]: rest } : others;
}

function omit<Value>(all: Record<string, Value>, name: string): Record<string, Value> {
  return Object.fromEntries(Object.entries(all).filter(([each]) => each !== name));
}
