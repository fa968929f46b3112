import { Trans, useLingui } from "@lingui/react/macro";
import { useState } from "react";
import { Button } from "../kit/button";
import { ConfirmButton } from "../kit/confirm-button";
import { Dialog } from "../kit/dialog";
import { CheckField, TextArea, TextField } from "../kit/field";
import { PlusIcon } from "../kit/icons";
import { ErrorNote, QueryError } from "../kit/notes";
import { Section } from "../kit/page";
import { useAccess } from "../projects/use-access";
import { useChangeTagFinders, useRunTagFinder, useTagFinders, type TagDefinition, type TagFinder } from "./use-tag-finders";

/** Tags that the server finds by reading the documents: which, and a button that reads them again. */
export function TagFinders() {
  const finders = useTagFinders();
  const { make, remove } = useChangeTagFinders();
  const run = useRunTagFinder();
  const { mayRun } = useAccess();
  const [isAdding, setAdding] = useState(false);
  const add = (tag: TagDefinition) =>
    make.mutate(tag, {
      onSuccess: (made) => {
        setAdding(false);
        run.start.mutate(made.id);
      },
    });
  const { t } = useLingui();
  const fault = remove.error ?? run.start.error ?? (run.hasFailed ? new Error(t`The run has failed. Its log says why.`) : null);
  if (!mayRun) return null;
  return (
    <Section title={<Trans>Found by reading</Trans>} hint={<Trans>The server reads each document and gives it the tags that its words say. Tags by hand are given in the library, to the documents that are chosen there.</Trans>}>
      <QueryError query={finders} />
      {fault ? <ErrorNote error={fault} /> : null}
      <ul>
        {(finders.data ?? []).map((finder) => (
          <FinderRow key={finder.id} finder={finder} isRunning={run.isRunning} onRun={() => run.start.mutate(finder.id)} onRemove={() => remove.mutate(finder.id)} />
        ))}
      </ul>
      <div>
        <Button onClick={() => setAdding(true)}>
          <PlusIcon size={16} />
          <Trans>New tag</Trans>
        </Button>
      </div>
      {isAdding ? <TagDialog onClose={() => setAdding(false)} onAdd={add} error={make.error} isPending={make.isPending} /> : null}
    </Section>
  );
}

function FinderRow({ finder, isRunning, onRun, onRemove }: { finder: TagFinder; isRunning: boolean; onRun: () => void; onRemove: () => void }) {
  const { t } = useLingui();
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-1 border-t py-2 first:border-t-0">
      <span className="min-w-40 flex-1 break-words">
        <span dir="auto" className="font-medium">
          {finder.name}
        </span>{" "}
        <span dir="auto" className="text-muted">
          {finder.tags.flatMap((tag) => tag.possible_values).join(", ")}
        </span>
      </span>
      <Button small aria-label={t`Read all documents for ${finder.name}`} disabled={isRunning} onClick={onRun}>
        {isRunning ? <Trans>Reading</Trans> : <Trans>Read all documents</Trans>}
      </Button>
      <ConfirmButton small aria-label={t`Delete ${finder.name}`} question={t`Really delete?`} onConfirm={onRemove}>
        <Trans>Delete</Trans>
      </ConfirmButton>
    </li>
  );
}

type DialogProps = { onClose: () => void; onAdd: (tag: TagDefinition) => void; error: unknown; isPending: boolean };

function TagDialog({ onClose, onAdd, error, isPending }: DialogProps) {
  const { t } = useLingui();
  const [name, setName] = useState("");
  const [description, setDescription] = useState("");
  const [values, setValues] = useState("");
  const [hasSeveral, setSeveral] = useState(false);
  const list = values
    .split(",")
    .map((value) => value.trim())
    .filter(Boolean);
  return (
    <Dialog
      open
      onClose={onClose}
      title={t`New tag`}
      footer={
        <Button look="primary" disabled={!name.trim() || list.length === 0 || isPending} onClick={() => onAdd({ name: name.trim(), description, possible_values: list, allow_multiple_values: hasSeveral })}>
          <Trans>Add and read all documents</Trans>
        </Button>
      }
    >
      <div className="flex flex-col gap-3">
        {error ? <ErrorNote error={error} /> : null}
        <TextField label={t`Name`} placeholder={t`Country`} dir="auto" maxLength={200} value={name} onChange={(event) => setName(event.target.value)} />
        <TextField label={t`Values, with commas between them`} placeholder={t`Norway, Sweden, Denmark`} dir="auto" value={values} onChange={(event) => setValues(event.target.value)} />
        <TextArea label={t`When a document has it`} maxLength={4000} value={description} onChange={(event) => setDescription(event.target.value)} />
        <CheckField label={t`A document may have several values`} checked={hasSeveral} onChange={(event) => setSeveral(event.target.checked)} />
      </div>
    </Dialog>
  );
}
