import { Menu as Base } from "@base-ui/react/menu";
import type { ReactElement, ReactNode } from "react";
import { cx } from "./cx";

type MenuProps = { trigger: ReactElement; children: ReactNode; align: "start" | "end"; isOpenAtFirst: boolean };

export function MenuRoot({ trigger, children, align, isOpenAtFirst }: MenuProps) {
  return (
    <Base.Root modal={false} defaultOpen={isOpenAtFirst}>
      <Base.Trigger render={trigger as ReactElement<Record<string, unknown>>} />
      <Base.Portal>
        <Base.Positioner sideOffset={4} align={align} className="z-50 outline-none">
          <Base.Popup className="max-h-[70dvh] min-w-44 max-w-[min(28rem,calc(100vw-1rem))] overflow-y-auto rounded-md border bg-panel py-1 outline-none animate-appear">{children}</Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}

const ITEM = "flex w-full cursor-pointer items-center gap-2 px-3 py-1.5 pointer-coarse:py-2.5 text-start outline-none data-highlighted:bg-hover data-disabled:opacity-50";

export function MenuItem({ icon, children, onSelect, danger = false, disabled }: { icon?: ReactNode; children: ReactNode; onSelect: () => void; danger?: boolean; disabled?: boolean }) {
  return (
    <Base.Item className={cx(ITEM, danger && "text-danger")} onClick={onSelect} disabled={disabled}>
      {icon ? <span className="text-muted">{icon}</span> : null}
      <span className="min-w-0 flex-1 break-words">{children}</span>
    </Base.Item>
  );
}

export type MenuRadioProps<Value extends string> = { label: ReactNode; value: Value; options: ReadonlyArray<{ value: Value; label: ReactNode }>; onChange: (value: Value) => void };

export function MenuRadio<Value extends string>({ label, value, options, onChange }: MenuRadioProps<Value>) {
  return (
    <Base.RadioGroup value={value} onValueChange={(next) => onChange(next as Value)}>
      <Base.Group>
        <Base.GroupLabel className="px-3 pt-1.5 pb-0.5 text-xs text-muted">{label}</Base.GroupLabel>
        {options.map((option) => (
          <Base.RadioItem key={option.value} value={option.value} className={ITEM} closeOnClick>
            <span className="flex size-4 shrink-0 items-center justify-center text-accent">
              <Base.RadioItemIndicator>
                <svg viewBox="0 0 8 8" width="8" height="8" aria-hidden="true">
                  <circle cx="4" cy="4" r="4" fill="currentColor" />
                </svg>
              </Base.RadioItemIndicator>
            </span>
            <span className="min-w-0 flex-1 break-words">{option.label}</span>
          </Base.RadioItem>
        ))}
      </Base.Group>
    </Base.RadioGroup>
  );
}

export function MenuLine() {
  return <Base.Separator className="my-1 h-px bg-line" />;
}
