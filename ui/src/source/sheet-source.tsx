import { Trans, useLingui } from "@lingui/react/macro";
import { useState } from "react";
import { cx } from "../kit/cx";
import { QueryError } from "../kit/notes";
import { SkeletonLines } from "../kit/skeleton";
import { SheetGrid } from "./sheet-grid";
import { quoteOf, useSheet, type Sheet } from "./use-office";
import type { SourceData } from "./use-source";

/** A workbook as its cells, with those marked that hold the quoted words. */
export function SheetSource({ data }: { data: SourceData }) {
  const { t } = useLingui();
  const [chosen, setChosen] = useState<number | null>(null);
  const number = chosen ?? data.min_page ?? 1;
  const quote = quoteOf(data);
  const sheet = useSheet(data.chunk_id, number, quote);
  if (sheet.isLoadingError) return <QueryError className="m-4" query={sheet} />;
  if (!sheet.data) return <div className="min-h-0 flex-1 p-4">{<SkeletonLines count={8} />}</div>;
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <SheetGrid key={number} chunkId={data.chunk_id} quote={quote} sheet={sheet.data} label={t`Cells of ${sheet.data.name || data.document_name}`} />
      <Notes sheet={sheet.data} />
      {sheet.data.sheets.length > 1 ? (
        <nav aria-label={t`Sheets`} className="flex shrink-0 gap-1 overflow-x-auto border-t bg-sunken px-2 py-1">
          {sheet.data.sheets.map((each) => (
            <button
              key={each.number}
              type="button"
              dir="auto"
              aria-current={each.number === number ? "true" : undefined}
              onClick={() => setChosen(each.number)}
              className={cx("shrink-0 rounded-sm border px-2.5 py-0.5 text-sm", each.number === number ? "bg-panel font-medium" : "border-transparent text-muted hover:text-text")}
            >
              {each.name}
            </button>
          ))}
        </nav>
      ) : null}
    </div>
  );
}

function Notes({ sheet }: { sheet: Sheet }) {
  if (sheet.notes.length === 0) return null;
  return (
    <section className="max-h-40 shrink-0 overflow-y-auto border-t px-4 py-2 text-sm">
      <h3 className="font-medium">
        <Trans>Beside the cells</Trans>
      </h3>
      <ul>
        {sheet.notes.map((note, index) => (
          <li key={index} dir="auto" className="py-0.5">
            {note.place ? <span className="me-2 text-muted">{note.place.slice(note.place.lastIndexOf("!") + 1)}</span> : null}
            {note.is_marked ? <mark className="mark whitespace-pre-wrap">{note.text}</mark> : <span className="whitespace-pre-wrap">{note.text}</span>}
          </li>
        ))}
      </ul>
    </section>
  );
}
