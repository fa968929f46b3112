import { Trans, useLingui } from "@lingui/react/macro";
import { useRef, useState, type FormEvent } from "react";
import { Button, IconButton } from "../kit/button";
import { TextField } from "../kit/field";
import { CheckIcon, CloseIcon } from "../kit/icons";
import { EmptyState, ErrorNote } from "../kit/notes";
import { useEscape } from "../kit/use-escape";
import { useSheetFocus } from "../kit/use-sheet";
import { SourceContent } from "../source/source-content";
import { titleOf, type Column } from "./columns";
import { useStateWords } from "./grid-table";
import { useChangeCell, type Evidence, type Grid } from "./use-grid";
import { editable, evidenceOf, parse, stateOf, textOf, valueOf, type Line } from "./values";

type Props = { grid: Grid; line: Line; column: Column; mayChange: boolean; onRun: (() => void) | null; onClose: () => void };

/** A cell beside the page that its value was read from. */
export function CellPane({ grid, line, column, mayChange, onRun, onClose }: Props) {
  const { t, i18n } = useLingui();
  const box = useRef<HTMLElement>(null);
  useSheetFocus(box);
  const words = useStateWords();
  const evidence = evidenceOf(line, column.name);
  const places = placesOf(evidence);
  const [place, setPlace] = useState(0);
  const shown = places[place];
  const state = stateOf(line, column.name, String(grid.default_version?.version ?? 1), false);
  useEscape(onClose);
  return (
    <aside ref={box} tabIndex={-1} aria-label={t`Source of the cell`} className="flex min-h-0 flex-col bg-panel outline-none animate-appear max-md:fixed max-md:inset-x-0 max-md:top-13 max-md:bottom-0 max-md:z-30 max-md:border-t md:w-[clamp(22rem,44vw,60rem)] md:shrink-0 md:border-s">
      <header className="flex shrink-0 items-start gap-2 border-b py-2 ps-4 pe-1.5">
        <div className="min-w-0 flex-1">
          <h2 dir="auto" className="text-sm font-semibold break-words">
            {titleOf(column.name)}
          </h2>
          <p dir="auto" className="truncate text-sm text-muted" title={line.documentName}>
            {line.documentName}
          </p>
        </div>
        <IconButton label={t`Close the source`} onClick={onClose}>
          <CloseIcon />
        </IconButton>
      </header>
      <div className="flex max-h-[45%] shrink-0 flex-col gap-2 overflow-y-auto border-b px-4 py-2 text-sm">
        {column.question ? (
          <p dir="auto" className="text-muted">
            {column.question}
          </p>
        ) : null}
        {words(state) ? (
          <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
            <p className={state === "flagged" || state === "changed" ? "text-warn" : "text-muted"}>{words(state)}</p>
            {state === "changed" && onRun ? (
              <Button small onClick={onRun}>
                <Trans>Read it again</Trans>
              </Button>
            ) : null}
          </div>
        ) : null}
        {mayChange ? <ValueForm grid={grid} line={line} column={column} /> : <p className="font-medium">{textOf(valueOf(line, column.name), i18n.locale)}</p>}
        {places.length > 1 ? (
          <ul aria-label={t`Places that were read`} className="flex flex-wrap gap-1">
            {places.map((each, index) => (
              <li key={index}>
                <Button small aria-pressed={index === place} className="max-w-64 aria-pressed:border-accent aria-pressed:text-accent" onClick={() => setPlace(index)}>
                  <span className="truncate">{each.label}</span>
                </Button>
              </li>
            ))}
          </ul>
        ) : null}
      </div>
      {shown?.evidence.chunk_id ? (
        <SourceContent key={shown.evidence.chunk_id + (shown.evidence.verbatim ?? "")} chunkId={shown.evidence.chunk_id} verbatim={shown.evidence.verbatim ?? null} />
      ) : (
        <EmptyState title={<Trans>No words to show</Trans>}>
          {state === "corrected" ? <Trans>A person wrote this value.</Trans> : <Trans>Nothing in the document gives this value, so the cell is empty rather than guessed.</Trans>}
        </EmptyState>
      )}
    </aside>
  );
}

function ValueForm({ grid, line, column }: { grid: Grid; line: Line; column: Column }) {
  const { t, i18n } = useLingui();
  const change = useChangeCell(grid.extracted_objects_table);
  const value = valueOf(line, column.name);
  const before = editable(value, i18n.locale);
  const [text, setText] = useState(before);
  const parsed = parse(text, column.kind, i18n.locale);
  const isReviewed = evidenceOf(line, column.name)?.reviewed ?? false;
  const row = line.row;
  if (!row || (typeof value === "object" && value !== null)) return <p className="break-words">{before}</p>;
  const save = (event: FormEvent) => {
    event.preventDefault();
    if (parsed !== undefined && text !== before) change.mutate({ row, name: column.name, value: parsed });
  };
  return (
    <form onSubmit={save} className="flex flex-wrap items-end gap-2">
      {change.isError ? <ErrorNote error={change.error} className="w-full" /> : null}
      <TextField className="min-w-32 flex-1" label={t`Value`} dir="auto" value={text} error={parsed === undefined ? t`This is not a value of the column's kind.` : undefined} onChange={(event) => setText(event.target.value)} />
      {text !== before ? (
        <Button type="submit" look="primary" disabled={parsed === undefined || change.isPending}>
          <Trans>Save</Trans>
        </Button>
      ) : (
        <Button aria-pressed={isReviewed} disabled={change.isPending} className="aria-pressed:border-accent aria-pressed:text-accent" onClick={() => change.mutate({ row, name: column.name, reviewed: !isReviewed })}>
          <CheckIcon size={16} />
          {isReviewed ? <Trans>Reviewed</Trans> : <Trans>Mark as reviewed</Trans>}
        </Button>
      )}
    </form>
  );
}

type Place = { label: string; evidence: Evidence };

/** Where the value stands, what it was worked out from, and what else the document says. */
function placesOf(evidence: Evidence | null): Place[] {
  if (!evidence) return [];
  const own = evidence.corrected ? (evidence.extracted ?? evidence) : evidence;
  const label = (one: Evidence, value?: unknown) => [value === undefined ? one.verbatim : String(value), one.place].filter(Boolean).join(", ");
  const found: Place[] = own.chunk_id ? [{ label: label(own), evidence: own }] : [];
  for (const input of own.inputs ?? []) if (input.chunk_id !== own.chunk_id || input.verbatim !== own.verbatim) found.push({ label: label(input), evidence: input });
  for (const other of own.conflicts ?? []) found.push({ label: label(other.evidence, other.value), evidence: other.evidence });
  return found;
}
