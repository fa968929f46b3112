import { useLingui } from "@lingui/react/macro";
import { CountShown } from "../kit/count-shown";
import { SelectField, TextField } from "../kit/field";
import { titleOf, type Column } from "./columns";
import { stateOf, textOf, valueOf, type CellState, type Line } from "./values";

/** Which lines are shown: those with this text, and a cell in this state, in one column or any. */
export type Shown = { text: string; column: string; state: CellState | "" };

export function passes(line: Line, columns: readonly Column[], { text, column, state }: Shown, version: string, locale: string): boolean {
  const names = column ? [column] : columns.map((each) => each.name);
  const wanted = text.trim().toLowerCase();
  const said = () => [...(column ? [] : [line.documentName]), ...names.map((name) => textOf(valueOf(line, name), locale) + " " + String(valueOf(line, name) ?? ""))].join("\n").toLowerCase();
  return (!wanted || said().includes(wanted)) && (!state || names.some((name) => stateOf(line, name, version, false) === state));
}

type Props = { shown: Shown; onChange: (shown: Shown) => void; columns: readonly Column[]; count: number; total: number };

export function GridFilter({ shown, onChange, columns, count, total }: Props) {
  const { t } = useLingui();
  const set = (part: Partial<Shown>) => onChange({ ...shown, ...part });
  return (
    <div role="search" className="flex flex-wrap items-end gap-2">
      <TextField className="min-w-[min(12rem,100%)] flex-1" label={t`Filter`} hideLabel type="search" dir="auto" placeholder={t`Filter by document or value`} value={shown.text} onChange={(event) => set({ text: event.target.value })} />
      <SelectField className="w-44 max-sm:grow" label={t`Column`} hideLabel value={shown.column} onChange={(event) => set({ column: event.target.value })}>
        <option value="">{t`Every column`}</option>
        {columns.map((column) => (
          <option key={column.name} value={column.name}>
            {titleOf(column.name)}
          </option>
        ))}
      </SelectField>
      <SelectField className="w-56 max-sm:grow" label={t`State`} hideLabel value={shown.state} onChange={(event) => set({ state: event.target.value as CellState | "" })}>
        <option value="">{t`Every state`}</option>
        <option value="missing">{t`Not in the document`}</option>
        <option value="flagged">{t`To be checked`}</option>
        <option value="changed">{t`Document has changed`}</option>
        <option value="corrected">{t`Corrected`}</option>
        <option value="reviewed">{t`Reviewed`}</option>
        <option value="waiting">{t`Not read yet`}</option>
        <option value="unreadable">{t`Could not be read`}</option>
      </SelectField>
      <CountShown shown={count} total={total} />
    </div>
  );
}
