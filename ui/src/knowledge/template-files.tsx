import { Trans, useLingui } from "@lingui/react/macro";
import { useRef, type ChangeEvent } from "react";
import { Button } from "../kit/button";
import { ConfirmButton } from "../kit/confirm-button";
import { CloseIcon, FileIcon, UploadIcon } from "../kit/icons";
import { ErrorNote } from "../kit/notes";
import { formatBytes } from "../kit/time";
import { useAccess } from "../projects/use-access";
import { useChangeTemplateFiles, type TemplateFile } from "./use-template-files";

/** The files of a design template; admins add and remove them. */
export function TemplateFiles({ template, files }: { template: string; files: readonly TemplateFile[] }) {
  const { t, i18n } = useLingui();
  const { isAdmin } = useAccess();
  const field = useRef<HTMLInputElement>(null);
  const change = useChangeTemplateFiles();
  const take = (event: ChangeEvent<HTMLInputElement>) => {
    if (event.target.files?.length) change.mutate({ kind: "add", template, files: [...event.target.files] });
    event.target.value = "";
  };
  return (
    <div className="flex flex-col gap-2">
      {change.isError ? <ErrorNote error={change.error} /> : null}
      <ul className="flex flex-col">
        {files.map((file) => (
          <li key={file.id} className="flex min-h-9 items-center gap-2 border-t text-sm first:border-t-0">
            <FileIcon size={16} className="shrink-0 text-muted" />
            <a href={file.signed_url} download={file.name} dir="auto" className="min-w-0 truncate text-accent underline underline-offset-2">
              {file.name}
            </a>
            <span className="me-auto shrink-0 text-muted">{formatBytes(i18n.locale, file.file_size)}</span>
            {isAdmin ? (
              <ConfirmButton small look="quiet" aria-label={t`Remove ${file.name}`} question={t`Really remove?`} disabled={change.isPending} onConfirm={() => change.mutate({ kind: "remove", file: file.id })}>
                <CloseIcon size={14} className="text-muted" />
              </ConfirmButton>
            ) : null}
          </li>
        ))}
      </ul>
      {isAdmin ? (
        <div>
          <input ref={field} type="file" multiple hidden onChange={take} aria-label={t`Files of the template`} />
          <Button small disabled={change.isPending} onClick={() => field.current?.click()}>
            <UploadIcon size={14} />
            {change.isPending ? <Trans>Sending</Trans> : <Trans>Add files</Trans>}
          </Button>
        </div>
      ) : null}
    </div>
  );
}
