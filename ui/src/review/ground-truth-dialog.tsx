import { Trans, useLingui } from "@lingui/react/macro";
import { useState } from "react";
import { Button } from "../kit/button";
import { Dialog } from "../kit/dialog";
import { TextArea } from "../kit/field";
import { ErrorNote } from "../kit/notes";
import { useSaveGroundTruth, type Draft } from "./use-review";

export function GroundTruthDialog({ draft, onClose }: { draft: Draft; onClose: () => void }) {
  const { t } = useLingui();
  const [value, setValue] = useState(draft);
  const save = useSaveGroundTruth();
  const isGiven = draft.feedback?.isPositive ?? false;
  return (
    <Dialog
      open
      onClose={onClose}
      title={draft.id ? t`Edit a known answer` : t`A known answer`}
      description={t`An evaluation asks the question and compares.`}
      footer={
        <Button look="primary" disabled={!value.query.trim() || (!value.answer.trim() && !isGiven) || save.isPending} onClick={() => save.mutate(value, { onSuccess: onClose })}>
          <Trans>Save</Trans>
        </Button>
      }
    >
      <div className="flex flex-col gap-3">
        {save.isError ? <ErrorNote error={save.error} /> : null}
        <TextArea label={t`Question`} value={value.query} onChange={(event) => setValue({ ...value, query: event.target.value })} />
        <TextArea label={t`Right answer`} hint={isGiven ? t`Empty: the answer that was given, with its sources.` : undefined} value={value.answer} onChange={(event) => setValue({ ...value, answer: event.target.value })} />
        <TextArea label={t`Notes`} value={value.additional_notes} onChange={(event) => setValue({ ...value, additional_notes: event.target.value })} />
      </div>
    </Dialog>
  );
}
