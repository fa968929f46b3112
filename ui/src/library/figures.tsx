import { Plural, Trans, useLingui } from "@lingui/react/macro";
import { useMemo, useState } from "react";
import { usePlaceText } from "../conversation/place-text";
import { Button } from "../kit/button";
import { EmptyState, QueryError } from "../kit/notes";
import { SkeletonLines } from "../kit/skeleton";
import { Block } from "../source/text-source";
import type { Pointed } from "./pointed";
import { useFigures, type Chunk } from "./use-document";

type Props = { document: string; chunks: readonly Chunk[]; onPoint: (pointed: Pointed) => void };

/** The pictures and the tables of a document; the button of a table leads to its place. */
export function Figures({ document, chunks, onPoint }: Props) {
  const figures = useFigures(document);
  const tables = useMemo(() => tablesOf(chunks), [chunks]);
  if (figures.isPending) return <div className="p-4">{<SkeletonLines />}</div>;
  if (figures.isLoadingError) return <QueryError className="m-4" query={figures} />;
  if (figures.data.results.length === 0 && tables.length === 0) {
    return (
      <EmptyState title={<Trans>No figures and no tables</Trans>}>
        <Trans>The pictures of a document and its tables appear here, with their captions.</Trans>
      </EmptyState>
    );
  }
  return (
    <div className="flex min-h-0 flex-1 flex-col gap-6 overflow-y-auto p-4">
      {figures.data.results.length > 0 ? <Pictures figures={figures.data.results} /> : null}
      {tables.length > 0 ? <Tables tables={tables} onPoint={onPoint} /> : null}
    </div>
  );
}

type Table = { chunk: Chunk; block: number };
const SHOWN = 20;

function tablesOf(chunks: readonly Chunk[]): Table[] {
  return chunks.flatMap((chunk) => chunk.blocks.flatMap(({ type }, block) => (type === "table" ? [{ chunk, block }] : [])));
}

function Tables({ tables, onPoint }: { tables: readonly Table[]; onPoint: Props["onPoint"] }) {
  const { t } = useLingui();
  const placeText = usePlaceText();
  const [count, setCount] = useState(SHOWN);
  return (
    <section className="flex flex-col gap-4">
      <h2 className="font-semibold">
        <Plural value={tables.length} one="# table" other="# tables" />
      </h2>
      {tables.slice(0, count).map(({ chunk, block }) => {
        const { start = 0, end = 0, page = null, place = null } = chunk.blocks[block] ?? {};
        return (
          <div key={`${chunk.id} ${block}`} className="flex flex-col items-start gap-1">
            <Button small look="quiet" className="-ms-2 max-w-full text-muted" onClick={() => onPoint({ chunk, block })}>
              <span className="truncate">{[placeText({ place, page: page ?? chunk.min_page }), chunk.heading_path.at(-1)].filter(Boolean).join(" · ") || t`Show its place`}</span>
            </Button>
            <div className="prose max-h-80 w-full overflow-auto" tabIndex={0} role="region" aria-label={t`Table`}>
              <Block type="table" text={chunk.content} range={{ start, end }} span={null} />
            </div>
          </div>
        );
      })}
      {tables.length > count ? (
        <Button className="self-start" onClick={() => setCount(count + SHOWN)}>
          <Trans>More</Trans>
        </Button>
      ) : null}
    </section>
  );
}

type Figure = NonNullable<ReturnType<typeof useFigures>["data"]>["results"][number];

function Pictures({ figures }: { figures: readonly Figure[] }) {
  return (
    <ul className="grid grid-cols-[repeat(auto-fill,minmax(14rem,1fr))] content-start gap-4">
      {figures.map((figure) => (
        <li key={figure.id} className="rounded-md border bg-panel">
          <img src={localPath(figure.figure)} alt={figure.caption} loading="lazy" className="max-h-64 w-full rounded-t-md bg-paper object-contain" />
          <p dir="auto" className="px-3 py-2 text-sm">
            {figure.caption} {figure.page ? <span className="text-muted">{<Trans>page {figure.page}</Trans>}</span> : null}
          </p>
        </li>
      ))}
    </ul>
  );
}

/** The address on this host, whatever name the server is known by. */
function localPath(address: string): string {
  const url = new URL(address, location.href);
  return url.pathname + url.search;
}
