import { Trans, useLingui } from "@lingui/react/macro";
import { useRef, type ChangeEvent } from "react";
import { Button } from "../kit/button";
import { FolderIcon, UploadIcon } from "../kit/icons";
import { filesOfInput, type Found } from "./dropped";

/** Two buttons: files, or a folder with all that is in it. */
export function UploadButtons({ onFiles, look = "primary" }: { onFiles: (files: Found[]) => void; look?: "primary" | "plain" }) {
  const { t } = useLingui();
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const take = (event: ChangeEvent<HTMLInputElement>) => {
    if (event.target.files) onFiles(filesOfInput(event.target.files));
    event.target.value = "";
  };
  return (
    <div className="flex flex-wrap gap-2">
      <input ref={files} type="file" multiple hidden onChange={take} aria-label={t`Files to upload`} data-upload="files" />
      <input ref={folder} type="file" multiple hidden onChange={take} aria-label={t`Folder to upload`} data-upload="folder" {...{ webkitdirectory: "" }} />
      <Button look={look} onClick={() => files.current?.click()}>
        <UploadIcon size={16} />
        <Trans>Upload files</Trans>
      </Button>
      {/* Phones have no folders to choose. */}
      <Button className="pointer-coarse:hidden" onClick={() => folder.current?.click()}>
        <FolderIcon size={16} />
        <Trans>A folder</Trans>
      </Button>
    </div>
  );
}
