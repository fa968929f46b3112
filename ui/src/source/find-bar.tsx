import { useLingui } from "@lingui/react/macro";
import type { FormEvent, ReactNode } from "react";
import { IconButton } from "../kit/button";
import { CloseIcon } from "../kit/icons";

type Props = { text: string; onText: (text: string) => void; onFind: () => void; onClose: () => void; children: ReactNode };

/** The row in which words to find in a document are typed; `children` stand between the field and the way out. */
export function FindBar({ text, onText, onFind, onClose, children }: Props) {
  const { t } = useLingui();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onFind();
  };
  return (
    <form onSubmit={submit} role="search" className="flex shrink-0 items-center gap-1 px-2 py-1 text-sm">
      <input autoFocus type="search" dir="auto" value={text} onChange={(event) => onText(event.target.value)} aria-label={t`Words to find in this document`} placeholder={t`Find in this document`} className="h-7 min-w-0 flex-1 rounded-sm border bg-panel px-2" />
      {children}
      <IconButton label={t`Close the search`} small onClick={onClose}>
        <CloseIcon size={16} />
      </IconButton>
    </form>
  );
}
