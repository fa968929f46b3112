import { Trans, useLingui } from "@lingui/react/macro";
import { useState, type FormEvent } from "react";
import { useLocation } from "wouter";
import { ApiError } from "../api/client";
import { Button } from "../kit/button";
import { Dialog } from "../kit/dialog";
import { CheckField, TextArea, TextField } from "../kit/field";
import { ErrorNote, Note } from "../kit/notes";
import { Section } from "../kit/page";
import { useToast } from "../kit/toasts";
import { useProject } from "../projects/use-projects";
import { useDeleteProject, useUpdateProject } from "./use-settings";

export function ProjectForm({ isAdmin }: { isAdmin: boolean }) {
  const { t } = useLingui();
  const say = useToast();
  const project = useProject();
  const update = useUpdateProject();
  const [value, setValue] = useState({
    name: project.name,
    business_brief: project.business_brief,
    default_llm_model: String(project.default_llm_model ?? ""),
    default_chunking_maximum_chunk_size: Number(project.default_chunking_maximum_chunk_size ?? 10_000),
    default_chunking_minimum_chunk_size: Number(project.default_chunking_minimum_chunk_size ?? 200),
    default_chunking_page_as_separator: Boolean(project.default_chunking_page_as_separator),
  });
  const set = (part: Partial<typeof value>) => setValue({ ...value, ...part });
  const fields = update.error instanceof ApiError ? update.error.fields : {};
  const submit = (event: FormEvent) => {
    event.preventDefault();
    update.mutate(value, { onSuccess: () => say(t`Saved`) });
  };
  return (
    <>
      <form onSubmit={submit} className="flex flex-col gap-4">
        {isAdmin ? null : (
          <Note tone="plain">
            <Trans>Only an admin of the project can change this.</Trans>
          </Note>
        )}
        {update.isError && Object.keys(fields).length === 0 ? <ErrorNote error={update.error} /> : null}
        <fieldset disabled={!isAdmin} className="contents">
          <Section title={<Trans>Project</Trans>}>
            <TextField label={t`Name`} required maxLength={200} dir="auto" error={fields.name} value={value.name} onChange={(event) => set({ name: event.target.value })} />
            <TextArea label={t`What the documents are about`} hint={t`Agents read it before they search: names, abbreviations, what matters.`} error={fields.business_brief} value={value.business_brief} onChange={(event) => set({ business_brief: event.target.value })} />
            <TextField label={t`Model of the project`} hint={t`Empty: the server's.`} error={fields.default_llm_model} value={value.default_llm_model} onChange={(event) => set({ default_llm_model: event.target.value })} />
          </Section>
          <Section title={<Trans>Chunks</Trans>} hint={<Trans>How texts are cut. This applies to new documents, and to others after “Process again” in the library.</Trans>}>
            <div className="grid gap-3 sm:grid-cols-2">
              <TextField label={t`Largest chunk (characters)`} type="number" min={200} max={100_000} error={fields.default_chunking_maximum_chunk_size} value={value.default_chunking_maximum_chunk_size} onChange={(event) => set({ default_chunking_maximum_chunk_size: event.target.valueAsNumber })} />
              <TextField label={t`Smallest chunk (characters)`} type="number" min={0} max={100_000} error={fields.default_chunking_minimum_chunk_size} value={value.default_chunking_minimum_chunk_size} onChange={(event) => set({ default_chunking_minimum_chunk_size: event.target.valueAsNumber })} />
            </div>
            <CheckField label={t`A page ends a chunk`} checked={value.default_chunking_page_as_separator} onChange={(event) => set({ default_chunking_page_as_separator: event.target.checked })} />
          </Section>
          {isAdmin ? (
            <div>
              <Button type="submit" look="primary" disabled={update.isPending}>
                <Trans>Save</Trans>
              </Button>
            </div>
          ) : null}
        </fieldset>
      </form>
      {isAdmin ? <Deletion name={project.name} /> : null}
    </>
  );
}

function Deletion({ name }: { name: string }) {
  const { t } = useLingui();
  const [isOpen, setOpen] = useState(false);
  const [typed, setTyped] = useState("");
  const [, navigate] = useLocation();
  const remove = useDeleteProject();
  return (
    <Section title={<Trans>Delete the project</Trans>} hint={<Trans>This deletes its documents, its conversations and everything else in it.</Trans>}>
      <div>
        <Button look="danger" onClick={() => setOpen(true)}>
          <Trans>Delete the project</Trans>
        </Button>
      </div>
      <Dialog
        open={isOpen}
        onClose={() => setOpen(false)}
        title={t`Delete “${name}”?`}
        footer={
          <Button look="danger" disabled={typed !== name || remove.isPending} onClick={() => remove.mutate(undefined, { onSuccess: () => navigate("~/") })}>
            <Trans>Delete it for good</Trans>
          </Button>
        }
      >
        {remove.isError ? <ErrorNote error={remove.error} className="mb-2" /> : null}
        <TextField label={t`Type the name of the project`} value={typed} onChange={(event) => setTyped(event.target.value)} />
      </Dialog>
    </Section>
  );
}
