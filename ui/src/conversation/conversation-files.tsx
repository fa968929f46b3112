import { Trans, useLingui } from "@lingui/react/macro";
import { useCallback, useRef } from "react";
import { IconButton } from "../kit/button";
import { cx } from "../kit/cx";
import { ClipIcon, CloseIcon, FileIcon } from "../kit/icons";
import { ErrorNote } from "../kit/notes";
import { DropZone } from "../library/drop-zone";
import type { Found } from "../library/dropped";
import { failureWords } from "../library/failure-texts";
import { isBusy, useFiles, useRemoveFile, type ConversationFile } from "./use-files";

/** Chooses files for a conversation. */
export function AddFiles({ onFiles, isPending = false }: { onFiles: (files: File[]) => void; isPending?: boolean }) {
  const { t } = useLingui();
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        aria-label={t`Files for this conversation`}
        data-upload="conversation"
        onChange={(event) => {
          onFiles([...(event.target.files ?? [])]);
          event.target.value = "";
        }}
      />
      <IconButton label={t`Add files that only this conversation reads`} small disabled={isPending} onClick={() => input.current?.click()}>
        <ClipIcon size={16} />
      </IconButton>
    </>
  );
}

/** Takes files that are dropped on a conversation, or pasted into it. */
export function DropFiles({ onFiles }: { onFiles: (files: File[]) => void }) {
  const take = useCallback((found: Found[]) => (found.length > 0 ? onFiles(found.map(({ file }) => file)) : undefined), [onFiles]);
  return (
    <DropZone onFiles={take}>
      <Trans>Drop the files: only this conversation reads them</Trans>
    </DropZone>
  );
}

/** The files of a conversation, each with its state; nothing where there are none. `fault`: why some could not be added. */
export function ConversationFiles({ conversation, canChange, fault }: { conversation: string; canChange: boolean; fault: unknown }) {
  const { t } = useLingui();
  const files = useFiles(conversation);
  const remove = useRemoveFile(conversation);
  const rows = files.data?.results ?? [];
  const error = fault ?? remove.error;
  if (rows.length === 0 && !error) return null;
  return (
    <div className="mb-2 flex flex-col gap-2">
      {error ? <ErrorNote error={error} /> : null}
      <ul aria-label={t`Files of this conversation`} className="flex flex-wrap gap-1.5">
        {rows.map((file) => (
          <FileChip key={file.id} file={file} onRemove={canChange ? () => remove.mutate(file.id) : null} />
        ))}
      </ul>
    </div>
  );
}

function FileChip({ file, onRemove }: { file: ConversationFile; onRemove: (() => void) | null }) {
  const { t, i18n } = useLingui();
  const hasFailed = file.indexing_status === "failed";
  const reason = file.error ? failureWords(i18n, file.error) : "";
  return (
    <li className={cx("flex max-w-full items-center gap-1.5 rounded-md border bg-panel ps-2 text-sm", hasFailed && "border-danger/40 text-danger", !onRemove && "pe-2")} title={reason || undefined}>
      <FileIcon size={14} className="shrink-0 text-muted" />
      <span dir="auto" className="min-w-0 truncate">
        {file.name}
      </span>
      <span className="shrink-0 text-muted" role="status">
        {hasFailed ? reason || <Trans>could not be read</Trans> : isBusy(file) ? <Trans>being read</Trans> : null}
      </span>
      {onRemove ? (
        <IconButton label={t`Remove ${file.name}`} small onClick={onRemove}>
          <CloseIcon size={14} />
        </IconButton>
      ) : null}
    </li>
  );
}
