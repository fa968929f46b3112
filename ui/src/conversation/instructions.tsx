import { Popover } from "@base-ui/react/popover";
import { Trans, useLingui } from "@lingui/react/macro";
import { TextArea } from "../kit/field";
import { EditIcon } from "../kit/icons";

/** What the answers of this conversation are to observe: given once, when it begins. */
export function Instructions({ value, onChange }: { value: string; onChange: (text: string) => void }) {
  const { t } = useLingui();
  return (
    <Popover.Root>
      <Popover.Trigger className="flex items-center gap-1.5 rounded-md px-2 py-1 hover:bg-hover hover:text-text">
        <EditIcon size={15} />
        {value ? <Trans>Instructions given</Trans> : <Trans>Instructions</Trans>}
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Positioner sideOffset={6} align="start" className="z-50">
          <Popover.Popup className="w-96 max-w-[calc(100vw-2rem)] rounded-md border bg-panel p-3 outline-none animate-appear">
            <TextArea label={t`Instructions for this conversation`} hint={t`For example: answer in French, in a table. They stay as they are once it has begun.`} value={value} maxLength={50_000} onChange={(event) => onChange(event.target.value)} />
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
}
