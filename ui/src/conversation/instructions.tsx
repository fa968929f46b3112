import { Trans, useLingui } from "@lingui/react/macro";
import { useState } from "react";
import { Button } from "../kit/button";
import { Dialog } from "../kit/dialog";
import { TextArea } from "../kit/field";
import { EditIcon } from "../kit/icons";

/** What the answers of this conversation are to observe: given once, when it begins. */
export function Instructions({ value, onChange }: { value: string; onChange: (text: string) => void }) {
  const { t } = useLingui();
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <button type="button" onClick={() => setOpen(true)} className="flex items-center gap-1.5 rounded-md px-2 py-1 hover:bg-hover hover:text-text">
        <EditIcon size={15} />
        {value ? <Trans>Instructions given</Trans> : <Trans>Instructions</Trans>}
      </button>
      <Dialog
        open={isOpen}
        onClose={() => setOpen(false)}
        title={t`Instructions for this conversation`}
        description={t`For example: answer in French, in a table. They stay as they are once it has begun.`}
        footer={
          <Button look="primary" onClick={() => setOpen(false)}>
            <Trans>Done</Trans>
          </Button>
        }
      >
        <TextArea label={t`Instructions`} hideLabel value={value} maxLength={50_000} onChange={(event) => onChange(event.target.value)} />
      </Dialog>
    </>
  );
}
