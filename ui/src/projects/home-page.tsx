import { Trans, useLingui } from "@lingui/react/macro";
import { useDeferredValue, useState, type FormEvent } from "react";
import { Link, useLocation } from "wouter";
import { Button } from "../kit/button";
import { TextField } from "../kit/field";
import { PlusIcon } from "../kit/icons";
import { QueryError } from "../kit/notes";
import { SkeletonLines } from "../kit/skeleton";
import { useReturnedFocus } from "../kit/use-returned-focus";
import { useTitle } from "../kit/use-title";
import { ProjectCard } from "./project-card";
import { useCreateProject, useProjects } from "./use-projects";

const MANY = 8; // projects; more have a filter

export default function HomePage() {
  const { t } = useLingui();
  const projects = useProjects();
  useTitle(t`Projects`);
  const isFirst = projects.data?.length === 0;
  const [text, setText] = useState("");
  const wanted = useDeferredValue(text.trim().toLowerCase());
  const shown = (projects.data ?? []).filter((project) => project.name.toLowerCase().includes(wanted));
  return (
    <main className="mx-auto w-full max-w-5xl px-4 py-8">
      <div className="mb-6 flex flex-wrap items-end gap-4">
        <h1 className="me-auto text-2xl font-semibold">{isFirst ? <Trans>Begin with a project</Trans> : <Trans>Projects</Trans>}</h1>
        {isFirst ? null : <NewProject />}
      </div>
      {projects.isPending ? <SkeletonLines /> : null}
      <QueryError query={projects} />
      {isFirst ? <FirstSteps /> : null}
      {(projects.data?.length ?? 0) > MANY ? <TextField className="mb-4 max-w-sm" label={t`Name of a project`} hideLabel type="search" dir="auto" placeholder={t`Filter by name`} value={text} onChange={(event) => setText(event.target.value)} /> : null}
      {wanted && shown.length === 0 ? (
        <p className="text-muted">
          <Trans>No project has this name.</Trans>
        </p>
      ) : null}
      <ul className="grid grid-cols-1 gap-4 md:grid-cols-2">
        {shown.map((project) => (
          <ProjectCard key={project.id} project={project} />
        ))}
      </ul>
    </main>
  );
}

function NewProject({ isOpen = false }: { isOpen?: boolean }) {
  const { t } = useLingui();
  const [open, setOpen] = useState(isOpen);
  const [name, setName] = useState("");
  const [, navigate] = useLocation();
  const create = useCreateProject();
  const button = useReturnedFocus(open);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    create.mutate(name.trim(), { onSuccess: (made) => navigate(`/p/${made.id}/library`) });
  };
  if (!open) {
    return (
      <Button ref={button} look="primary" onClick={() => setOpen(true)}>
        <PlusIcon size={16} />
        <Trans>New project</Trans>
      </Button>
    );
  }
  return (
    <form onSubmit={submit} className="flex flex-wrap items-end gap-2">
      <TextField label={t`Name of the project`} autoFocus required maxLength={200} dir="auto" value={name} onChange={(event) => setName(event.target.value)} onKeyDown={(event) => (event.key === "Escape" && !isOpen ? setOpen(false) : undefined)} error={create.isError ? create.error.message : undefined} />
      <Button type="submit" look="primary" disabled={!name.trim() || create.isPending}>
        <Trans>Create</Trans>
      </Button>
      {isOpen ? null : (
        <Button look="quiet" onClick={() => setOpen(false)}>
          <Trans>Cancel</Trans>
        </Button>
      )}
    </form>
  );
}

function FirstSteps() {
  const steps = [
    { key: 1, title: <Trans>Create a project</Trans>, text: <Trans>A project holds documents that belong together, and says who may read them.</Trans> },
    { key: 2, title: <Trans>Drop your files</Trans>, text: <Trans>PDF, Word, PowerPoint, Excel, mail, web pages, text. You see when each can be found.</Trans> },
    { key: 3, title: <Trans>Ask</Trans>, text: <Trans>Every claim in the answer opens the words that back it, on their page.</Trans> },
  ];
  return (
    <div className="flex flex-col gap-6">
      <ol className="grid gap-4 md:grid-cols-3">
        {steps.map((step) => (
          <li key={step.key} className="rounded-lg border bg-panel p-4">
            <div className="mb-2 flex size-7 items-center justify-center rounded-full bg-accent-soft font-semibold text-accent">{step.key}</div>
            <h2 className="font-semibold">{step.title}</h2>
            <p className="mt-1 text-sm text-muted">{step.text}</p>
          </li>
        ))}
      </ol>
      <NewProject isOpen />
      <p className="text-sm text-muted">
        <Trans>
          Programs can do all of this as well: <Link href="/settings" className="text-accent underline underline-offset-2">create a token</Link>.
        </Trans>
      </p>
    </div>
  );
}
