import { Trans, useLingui } from "@lingui/react/macro";
import type { ReactNode } from "react";
import { Button } from "./button";
import { ConfirmButton } from "./confirm-button";

type Props = {
  onSave: () => void;
  isReady: boolean;
  /** While something is being saved or deleted. */
  isBusy: boolean;
  /** Null for what is new or must stay. */
  onDelete: (() => void) | null;
  /** Says what else is deleted. */
  deleteLabel?: ReactNode;
  onCancel?: () => void;
};

/** The buttons of a dialog that edits one thing: delete, cancel, save. */
export function EditFooter({ onSave, isReady, isBusy, onDelete, deleteLabel, onCancel }: Props) {
  const { t } = useLingui();
  return (
    <>
      {onDelete ? (
        <ConfirmButton question={t`Really delete?`} className="me-auto" disabled={isBusy} onConfirm={onDelete}>
          {deleteLabel ?? <Trans>Delete</Trans>}
        </ConfirmButton>
      ) : null}
      {onCancel ? (
        <Button look="quiet" onClick={onCancel}>
          <Trans>Cancel</Trans>
        </Button>
      ) : null}
      <Button look="primary" disabled={!isReady || isBusy} onClick={onSave}>
        <Trans>Save</Trans>
      </Button>
    </>
  );
}
