import { Trans, useLingui } from "@lingui/react/macro";
import { useState, type FormEvent } from "react";
import { Button } from "../kit/button";
import { Dialog } from "../kit/dialog";
import { SelectField, TextArea, TextField } from "../kit/field";
import { ErrorNote } from "../kit/notes";
import { nameFor, type Column, type ColumnKind } from "./columns";

type Props = { title: string; hasName?: boolean; taken: readonly string[]; error: unknown; isPending: boolean; onSave: (column: Column, choices: string[], name: string) => void; onClose: () => void };

/** A column is a question that is asked of every document. */
export function ColumnDialog({ title, hasName = false, taken, error, isPending, onSave, onClose }: Props) {
  const { t } = useLingui();
  const [gridName, setGridName] = useState("");
  const [question, setQuestion] = useState("");
  const [kind, setKind] = useState<ColumnKind>("text");
  const [choices, setChoices] = useState("");
  const list = choices
    .split(",")
    .map((choice) => choice.trim())
    .filter(Boolean);
  const isReady = question.trim() !== "" && (!hasName || gridName.trim() !== "") && (kind !== "choice" || list.length > 1);
  const save = (event: FormEvent) => {
    event.preventDefault();
    if (isReady) onSave({ name: nameFor(question, taken), kind, question: question.trim() }, list, gridName.trim());
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={title}
      description={t`The question is asked of each document. A cell holds what the document says, with the words that say it; else it stays empty.`}
      footer={
        <Button look="primary" type="submit" form="column" disabled={!isReady || isPending}>
          <Trans>Add</Trans>
        </Button>
      }
    >
      <form id="column" onSubmit={save} className="flex flex-col gap-3">
        {error ? <ErrorNote error={error} /> : null}
        {hasName ? <TextField label={t`Name of the grid`} placeholder={t`Contracts`} dir="auto" maxLength={200} value={gridName} onChange={(event) => setGridName(event.target.value)} /> : null}
        <TextArea label={hasName ? t`The first question` : t`Question`} placeholder={t`Which law governs the contract?`} maxLength={1000} value={question} onChange={(event) => setQuestion(event.target.value)} />
        <SelectField label={t`The answer is`} value={kind} onChange={(event) => setKind(event.target.value as ColumnKind)}>
          <option value="text">{t`a text`}</option>
          <option value="number">{t`a number`}</option>
          <option value="integer">{t`a whole number`}</option>
          <option value="date">{t`a date`}</option>
          <option value="boolean">{t`yes or no`}</option>
          <option value="choice">{t`one of several`}</option>
        </SelectField>
        {kind === "choice" ? <TextField label={t`Which ones, with commas between them`} dir="auto" value={choices} onChange={(event) => setChoices(event.target.value)} /> : null}
      </form>
    </Dialog>
  );
}
