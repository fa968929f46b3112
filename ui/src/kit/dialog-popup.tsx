import { Dialog as Base } from "@base-ui/react/dialog";
import { useLingui } from "@lingui/react/macro";
import { useRef } from "react";
import { IconButton } from "./button";
import { cx } from "./cx";
import type { DialogProps } from "./dialog";
import { CloseIcon } from "./icons";

/** Where who opens a dialog begins to type; a finger would call up a keyboard that covers it. */
const FIELD = "input:not([type=checkbox], [type=radio], [type=file], :disabled), textarea:not(:disabled)";

export default function DialogPopup({ open, onClose, title, description, children, footer, wide = false }: DialogProps) {
  const { t } = useLingui();
  const body = useRef<HTMLDivElement>(null);
  return (
    <Base.Root open={open} onOpenChange={(next) => (next ? undefined : onClose?.())}>
      <Base.Portal>
        <Base.Backdrop className="fixed inset-0 z-40 bg-scrim animate-appear" />
        <Base.Popup
          initialFocus={() => (matchMedia("(pointer: coarse)").matches ? true : (body.current?.querySelector<HTMLElement>(FIELD) ?? true))}
          className={cx(
            "fixed top-1/2 left-1/2 z-40 flex max-h-[90dvh] w-[calc(100vw-2rem)] -translate-x-1/2 -translate-y-1/2 flex-col rounded-lg border bg-panel animate-appear",
            wide ? "max-w-3xl" : "max-w-md",
          )}
        >
          <header className="flex items-start gap-2 px-5 pt-4 pb-2">
            <div className="min-w-0 flex-1">
              <Base.Title className="text-lg font-semibold">{title}</Base.Title>
              {description ? <Base.Description className="mt-1 text-sm text-muted">{description}</Base.Description> : null}
            </div>
            {onClose ? (
              <Base.Close
                render={
                  <IconButton label={t`Close`} small>
                    <CloseIcon />
                  </IconButton>
                }
              />
            ) : null}
          </header>
          <div ref={body} className="min-h-0 flex-1 overflow-y-auto px-5 py-2">{children}</div>
          {footer ? <footer className="flex flex-wrap justify-end gap-2 border-t px-5 py-3">{footer}</footer> : <div className="h-3" />}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}
