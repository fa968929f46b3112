import { Trans, useLingui } from "@lingui/react/macro";
import { useRef, useState } from "react";
import { useLocation } from "wouter";
import { Button, IconButton } from "../kit/button";
import { Dialog } from "../kit/dialog";
import { DownloadIcon, MoreIcon, RetryIcon, TrashIcon, UploadIcon } from "../kit/icons";
import { Menu, MenuItem, MenuLine } from "../kit/menu";
import { ErrorNote } from "../kit/notes";
import { useToast } from "../kit/toasts";
import { useAccess } from "../projects/use-access";
import { useProject } from "../projects/use-projects";
import { useChangeDocument, type DocumentData } from "./use-document";
import type { Indexing } from "./use-indexing";

export function DocumentActions({ document, indexing }: { document: DocumentData; indexing: Indexing | null }) {
  const { t } = useLingui();
  const say = useToast();
  const project = useProject();
  const access = useAccess();
  const change = useChangeDocument(document.id);
  const [, navigate] = useLocation();
  const [isDeleting, setDeleting] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const file = `/api/v1/projects/${project.id}/documents/${document.id}/file/`;
  return (
    <div className="flex items-center gap-1">
      {indexing?.stage === "failed" && access.mayRun ? (
        <Button small onClick={() => change.mutate({ kind: "retry" })}>
          <RetryIcon size={15} />
          <Trans>Try again</Trans>
        </Button>
      ) : null}
      <input
        ref={input}
        type="file"
        hidden
        aria-label={t`The new version`}
        onChange={(event) => {
          const [chosen] = event.target.files ?? [];
          if (chosen) change.mutate({ kind: "replace", file: chosen }, { onSuccess: () => say(t`The new version is being read. Until it is whole, the old one is found.`) });
          event.target.value = "";
        }}
      />
      <Menu
        trigger={
          <IconButton label={t`More about this document`}>
            <MoreIcon />
          </IconButton>
        }
      >
        <MenuItem icon={<DownloadIcon size={16} />} onSelect={() => location.assign(file)}>
          <Trans>Download the file</Trans>
        </MenuItem>
        {access.mayRun ? (
          <>
            <MenuItem icon={<UploadIcon size={16} />} onSelect={() => input.current?.click()}>
              <Trans>Replace by a new version</Trans>
            </MenuItem>
            <MenuLine />
            <MenuItem icon={<TrashIcon size={16} />} danger onSelect={() => setDeleting(true)}>
              <Trans>Delete</Trans>
            </MenuItem>
          </>
        ) : null}
      </Menu>
      <Dialog
        open={isDeleting}
        onClose={() => setDeleting(false)}
        title={t`Delete this document?`}
        description={t`It is no longer found. Answers that cite it keep what they quote, and say that the document is gone.`}
        footer={
          <Button look="danger" disabled={change.isPending} onClick={() => change.mutate({ kind: "delete" }, { onSuccess: () => navigate("/library") })}>
            <Trans>Delete</Trans>
          </Button>
        }
      >
        {change.isError ? <ErrorNote error={change.error} /> : null}
      </Dialog>
      <Dialog open={change.isError && !isDeleting} onClose={() => change.reset()} title={t`That did not work`}>
        <ErrorNote error={change.error} />
      </Dialog>
    </div>
  );
}
