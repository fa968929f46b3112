import { Trans, useLingui } from "@lingui/react/macro";
import { useEffect, useRef, type KeyboardEvent, type ReactNode } from "react";
import { IconButton } from "../kit/button";
import { cx } from "../kit/cx";
import { SendIcon, StopIcon } from "../kit/icons";
import { useMedia } from "../kit/use-media";

type Props = {
  draft: string;
  onDraft: (text: string) => void;
  onSend: (text: string) => void;
  /** Present while an answer is being made. */
  onStop?: (() => void) | undefined;
  isStopping?: boolean;
  isSending?: boolean;
  autoFocus?: boolean;
  /** Before the text, where nothing stands below it. */
  lead?: ReactNode;
  /** Below the text: agent, files. */
  children?: ReactNode;
};

/** Where questions are written. Stop stands where send stood. */
export function Composer({ draft, onDraft, onSend, onStop, isStopping = false, isSending = false, autoFocus = false, lead, children }: Props) {
  const { t } = useLingui();
  const field = useRef<HTMLTextAreaElement>(null);
  // On a touch screen Enter begins a new line, as everywhere on it.
  const sendsByEnter = !useMedia("(pointer: coarse)");
  const isEmpty = draft.trim() === "";
  useEffect(() => {
    if (autoFocus) field.current?.focus({ preventScroll: true });
  }, [autoFocus]);
  const send = () => {
    if (!isEmpty && !onStop && !isSending) onSend(draft.trim());
  };
  const keyDown = (event: KeyboardEvent) => {
    if (event.key === "Enter" && !event.shiftKey && sendsByEnter && !event.nativeEvent.isComposing) {
      event.preventDefault();
      send();
    }
    if (event.key === "Escape" && onStop) onStop();
  };
  return (
    <form
      className={cx("rounded-lg border border-line-strong/60 bg-panel focus-within:border-accent focus-within:outline-1 focus-within:outline-accent", !children && "flex items-end")}
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      {lead ? <div className="flex py-2.5 ps-2">{lead}</div> : null}
      <textarea
        ref={field}
        dir="auto"
        rows={1}
        value={draft}
        onChange={(event) => onDraft(event.target.value)}
        onKeyDown={keyDown}
        aria-label={t`Your question`}
        placeholder={t`Ask your documents`}
        enterKeyHint={sendsByEnter ? "send" : "enter"}
        className={cx("field-sizing-content block max-h-52 w-full min-w-0 flex-1 resize-none bg-transparent pe-3.5 pt-2.5", lead ? "ps-1.5" : "ps-3.5", " outline-none", children ? "min-h-11 pb-1" : "min-h-12 pb-2.5")}
      />
      <div className={cx("flex items-center gap-2", children ? "px-2 pb-2" : "p-1.5")}>
        {children ? <div className="flex min-w-0 flex-1 flex-wrap items-center gap-1 text-sm text-muted">{children}</div> : null}
        {onStop ? (
          <IconButton label={t`Stop the answer`} onClick={onStop} disabled={isStopping} className="bg-text text-bg! hover:bg-text hover:text-bg!">
            <StopIcon />
          </IconButton>
        ) : (
          <IconButton label={t`Ask`} type="submit" disabled={isEmpty || isSending} className="bg-accent text-on-accent hover:bg-accent-strong hover:text-on-accent disabled:bg-hover disabled:text-muted aria-disabled:bg-hover aria-disabled:text-muted">
            <SendIcon />
          </IconButton>
        )}
      </div>
    </form>
  );
}

export function ComposerHint() {
  return (
    <p className="px-1 pt-1.5 text-xs text-muted max-sm:hidden">
      <Trans>
        Enter asks, Shift+Enter begins a new line. <kbd className="font-sans">[</kbd> and <kbd className="font-sans">]</kbd> walk through the sources.
      </Trans>
    </p>
  );
}
