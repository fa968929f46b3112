import { useLingui } from "@lingui/react/macro";
import { useCallback, type ReactNode } from "react";
import { useToast } from "./toasts";

/** Puts a text on the clipboard and says whether that was possible. */
export function useCopy(): (text: string, said?: ReactNode) => void {
  const { t } = useLingui();
  const say = useToast();
  return useCallback((text, said) => void write(text).then((isDone) => say(isDone ? (said ?? t`Copied`) : t`The browser does not let this page copy.`)), [say, t]);
}

async function write(text: string): Promise<boolean> {
  // Browsers offer the clipboard only to pages of https and of localhost; others must select the text to copy it.
  if (!("clipboard" in navigator)) return writeSelected(text);
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return writeSelected(text);
  }
}

function writeSelected(text: string): boolean {
  const focused = document.activeElement;
  const field = document.createElement("textarea");
  field.value = text;
  field.readOnly = true;
  field.className = "fixed top-0 opacity-0";
  // In an open dialog nothing outside it may have the focus.
  (focused?.closest('[role="dialog"]') ?? document.body).append(field);
  field.select();
  try {
    return document.execCommand("copy");
  } catch {
    return false;
  } finally {
    field.remove();
    if (focused instanceof HTMLElement) focused.focus({ preventScroll: true });
  }
}
