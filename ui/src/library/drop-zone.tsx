import { useEffect, useState, type ReactNode } from "react";
import { UploadIcon } from "../kit/icons";
import { filesOf, type Found } from "./dropped";

/** Takes files that are dropped anywhere on the page, or pasted; `children` says what becomes of them. */
export function DropZone({ onFiles, children }: { onFiles: (files: Found[]) => void; children: ReactNode }) {
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
      // Office programs put a picture beside the text that they copy.
      const hasText = event.clipboardData?.types.includes("text/plain");
      if (event.clipboardData && event.clipboardData.files.length > 0 && !hasText) void filesOf(event.clipboardData).then(onFiles);
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
        {children}
      </p>
    </div>
  );
}
