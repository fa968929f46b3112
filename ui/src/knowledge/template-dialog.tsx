import { Trans, useLingui } from "@lingui/react/macro";
import { useState } from "react";
import { Dialog } from "../kit/dialog";
import { EditFooter } from "../kit/edit-footer";
import { SelectField, TextArea, TextField } from "../kit/field";
import { ErrorNote } from "../kit/notes";
import { useEditTemplate, type DesignTemplate } from "./use-knowledge";

type Format = NonNullable<DesignTemplate["output_format"]>;
export type TemplateDraft = Omit<Required<DesignTemplate>, "id"> & { id?: string };

const FORMATS: Record<Format, string> = { docx: "Word (DOCX)", pdf: "PDF", pptx: "PowerPoint (PPTX)", xlsx: "Excel (XLSX)" };

export function TemplateDialog({ before, version, onClose }: { before: TemplateDraft; version: number; onClose: () => void }) {
  const { t } = useLingui();
  const edit = useEditTemplate();
  const [base] = useState(version);
  const [draft, setDraft] = useState(before);
  const set = (part: Partial<TemplateDraft>) => setDraft({ ...draft, ...part });
  const template = { ...draft, name: draft.name.trim() } as DesignTemplate;
  return (
    <Dialog
      open
      onClose={onClose}
      title={before.id ? t`Edit the template` : t`New template`}
      footer={
        <EditFooter
          onDelete={before.id ? () => edit.mutate({ remove: before.name, base }, { onSuccess: onClose }) : null}
          deleteLabel={<Trans>Delete, with its files</Trans>}
          onSave={() => edit.mutate({ template, base }, { onSuccess: onClose })}
          isReady={draft.name.trim() !== ""}
          isBusy={edit.isPending}
        />
      }
    >
      <div className="flex flex-col gap-3">
        {edit.isError ? <ErrorNote error={edit.error} /> : null}
        <TextField label={t`Name`} dir="auto" maxLength={200} value={draft.name} onChange={(event) => set({ name: event.target.value })} />
        <SelectField label={t`Kind of document`} value={draft.output_format} onChange={(event) => set({ output_format: event.target.value as Format })}>
          {Object.entries(FORMATS).map(([format, name]) => (
            <option key={format} value={format}>
              {name}
            </option>
          ))}
        </SelectField>
        <TextArea label={t`When to use it`} maxLength={4000} value={draft.when_to_use} onChange={(event) => set({ when_to_use: event.target.value })} />
        <TextArea label={t`Notes: fonts, colours, sections, tone`} rows={5} maxLength={50_000} value={draft.notes} onChange={(event) => set({ notes: event.target.value })} />
      </div>
    </Dialog>
  );
}
