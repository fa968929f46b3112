import { Trans } from "@lingui/react/macro";
import { useEffect, useState } from "react";
import { UploadIcon } from "../kit/icons";
import { filesOf, type Found } from "./dropped";

/** Takes files that are dropped anywhere on the page, or pasted. */
export function DropZone({ onFiles }: { onFiles: (files: Found[]) => void }) {
  const [isOver, setOver] = useState(false);
  useEffect(() => {
    const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") ?? false;
    const over = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      setOver(true);
    };
    const leave = (event: DragEvent) => (event.relatedTarget === null ? setOver(false) : undefined);
    const drop = (event: DragEvent) => {
      setOver(false);
      if (!hasFiles(event) || !event.dataTransfer) return;
      event.preventDefault();
      void filesOf(event.dataTransfer).then(onFiles);
    };
    const paste = (event: ClipboardEvent) => {
      if (event.clipboardData && event.clipboardData.files.length > 0) void filesOf(event.clipboardData).then(onFiles);
    };
    addEventListener("dragover", over);
    addEventListener("dragleave", leave);
    addEventListener("drop", drop);
    addEventListener("paste", paste);
    return () => {
      removeEventListener("dragover", over);
      removeEventListener("dragleave", leave);
      removeEventListener("drop", drop);
      removeEventListener("paste", paste);
    };
  }, [onFiles]);
  if (!isOver) return null;
  return (
    <div className="pointer-events-none fixed inset-0 z-40 flex items-center justify-center bg-scrim p-6">
      <p className="flex items-center gap-3 rounded-lg border-2 border-dashed border-accent bg-panel px-8 py-10 text-lg font-medium">
        <UploadIcon size={24} />
        <Trans>Drop the files: they go into this project</Trans>
      </p>
    </div>
  );
}
