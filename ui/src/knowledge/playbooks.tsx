import { Trans, useLingui } from "@lingui/react/macro";
import { useState } from "react";
import { Button, IconButton } from "../kit/button";
import { Dialog } from "../kit/dialog";
import { EditFooter } from "../kit/edit-footer";
import { TextArea, TextField } from "../kit/field";
import { CloseIcon, PlusIcon, ReviewIcon } from "../kit/icons";
import { EmptyState, ErrorNote, QueryError } from "../kit/notes";
import { Section } from "../kit/page";
import { SkeletonLines } from "../kit/skeleton";
import { useAccess } from "../projects/use-access";
import { NotWritten } from "./not-written";
import { useArtifactWords } from "./use-artifact-words";
import { useArtifact, useEditPlaybook, type Playbook } from "./use-knowledge";
import { VersionsButton, type Content } from "./versions";

type Draft = { name: string; objective: string; steps: NonNullable<Playbook["steps"]>; id?: string | undefined };

/** How to go about a kind of question, step by step. */
export function Playbooks() {
  const artifact = useArtifact("playbooks");
  const wordsOf = useArtifactWords();
  const { isAdmin } = useAccess();
  const [edited, setEdited] = useState<Draft | null>(null);
  if (artifact.isPending) return <SkeletonLines />;
  if (artifact.isLoadingError) return <QueryError query={artifact} />;
  const playbooks = playbooksOf(artifact.data.content);
  const add = isAdmin ? (
    <>
      <Button look="primary" onClick={() => setEdited({ name: "", objective: "", steps: [{ name: "", instructions: "", next_steps: [] }] })}>
        <PlusIcon size={16} />
        <Trans>New playbook</Trans>
      </Button>
      <VersionsButton artifact={artifact.data}>
        {(content) =>
          playbooksOf(content).map((playbook) => (
            <div key={playbook.id}>
              <h3 dir="auto" className="font-semibold">
                {playbook.name}
              </h3>
              <p dir="auto" className="text-sm text-muted">
                {playbook.objective}
              </p>
              <Steps playbook={playbook} />
            </div>
          ))
        }
      </VersionsButton>
    </>
  ) : null;
  return (
    <>
      {playbooks.length === 0 ? (
        <EmptyState icon={<ReviewIcon size={32} />} title={wordsOf(artifact.data).title} action={add}>
          {wordsOf(artifact.data).purpose} <NotWritten />
        </EmptyState>
      ) : (
        <div className="flex flex-wrap gap-2">{add}</div>
      )}
      {playbooks.map((playbook) => (
        <Section key={playbook.id} title={<span dir="auto">{playbook.name}</span>} hint={playbook.objective}>
          <Steps playbook={playbook} />
          {isAdmin ? (
            <div>
              <Button small onClick={() => setEdited({ id: playbook.id, name: playbook.name, objective: playbook.objective ?? "", steps: playbook.steps ?? [] })}>
                <Trans>Edit</Trans>
              </Button>
            </div>
          ) : null}
        </Section>
      ))}
      {edited ? <PlaybookDialog before={edited} version={artifact.data.version} onClose={() => setEdited(null)} /> : null}
    </>
  );
}

const playbooksOf = (content: Content) => (content.playbooks ?? []) as Playbook[];

function Steps({ playbook }: { playbook: Playbook }) {
  return (
    <ol className="ms-5 list-decimal">
      {(playbook.steps ?? []).map((step) => (
        <li key={step.name} dir="auto" className="py-1">
          <span className="font-medium">{step.name}</span>
          {step.instructions ? <p className="whitespace-pre-wrap text-muted">{step.instructions}</p> : null}
          {(step.next_steps ?? []).map((next) => (
            <p key={next.to + next.condition} className="text-sm text-muted">
              → {next.to === "EXIT" ? <Trans>the end</Trans> : next.to}
              {next.condition ? ` (${next.condition})` : ""}
            </p>
          ))}
        </li>
      ))}
    </ol>
  );
}

function PlaybookDialog({ before, version, onClose }: { before: Draft; version: number; onClose: () => void }) {
  const { t } = useLingui();
  const edit = useEditPlaybook();
  // That was read when the dialog opened: the server refuses to write over a newer one.
  const [base] = useState(version);
  const [draft, setDraft] = useState(before);
  const setStep = (index: number, part: Partial<Draft["steps"][number]>) => setDraft({ ...draft, steps: draft.steps.map((step, at) => (at === index ? { ...step, ...part } : step)) });
  const isReady = draft.name.trim() !== "" && draft.steps.every((step) => step.name.trim() !== "");
  const playbook = { ...draft, name: draft.name.trim() } as Playbook;
  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title={before.id ? t`Edit the playbook` : t`New playbook`}
      footer={
        <EditFooter
          onDelete={before.id ? () => edit.mutate({ remove: before.name, base }, { onSuccess: onClose }) : null}
          onSave={() => edit.mutate({ playbook, base }, { onSuccess: onClose })}
          isReady={isReady}
          isBusy={edit.isPending}
        />
      }
    >
      <div className="flex flex-col gap-3">
        {edit.isError ? <ErrorNote error={edit.error} /> : null}
        <TextField label={t`Name`} dir="auto" maxLength={200} value={draft.name} onChange={(event) => setDraft({ ...draft, name: event.target.value })} />
        <TextArea label={t`What it is for`} maxLength={4000} value={draft.objective} onChange={(event) => setDraft({ ...draft, objective: event.target.value })} />
        {draft.steps.map((step, index) => (
          <fieldset key={index} className="flex flex-col gap-2 rounded-md border p-3">
            <legend className="px-1 text-sm font-medium">
              <Trans>Step {index + 1}</Trans>
            </legend>
            <div className="flex items-end gap-2">
              <TextField className="flex-1" label={t`Name of the step`} dir="auto" maxLength={200} value={step.name} onChange={(event) => setStep(index, { name: event.target.value })} />
              <IconButton label={t`Remove step ${index + 1}`} onClick={() => setDraft({ ...draft, steps: draft.steps.filter((_, at) => at !== index) })}>
                <CloseIcon size={16} />
              </IconButton>
            </div>
            <TextArea label={t`What to do`} maxLength={4000} value={step.instructions ?? ""} onChange={(event) => setStep(index, { instructions: event.target.value })} />
          </fieldset>
        ))}
        <div>
          <Button small onClick={() => setDraft({ ...draft, steps: [...draft.steps, { name: "", instructions: "", next_steps: [] }] })}>
            <PlusIcon size={14} />
            <Trans>Add a step</Trans>
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
