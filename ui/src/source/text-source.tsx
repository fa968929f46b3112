import { Trans } from "@lingui/react/macro";
import { useEffect, useRef, useState, type ReactNode } from "react";
import { Button } from "../kit/button";
import { DownIcon, UpIcon } from "../kit/icons";
import { useSourceData, type SourceData } from "./use-source";

const CELL = " | ";

/** A passage as text: headings, paragraphs and tables, with the span marked; what stands around it comes on demand. */
export function TextSource({ data }: { data: SourceData }) {
  const box = useRef<HTMLDivElement>(null);
  const [before, setBefore] = useState(false);
  const [after, setAfter] = useState(false);
  useEffect(() => {
    box.current?.querySelector(".mark")?.scrollIntoView({ block: "center" });
  }, [data.chunk_id, data.start]);
  return (
    <div ref={box} tabIndex={0} className="min-h-0 flex-1 overflow-y-auto px-5 py-4 outline-offset-[-2px]">
      {data.heading_path.length > 0 ? (
        <p dir="auto" className="mb-3 text-sm text-muted">
          {data.heading_path.join(" › ")}
        </p>
      ) : null}
      {data.previous_chunk_id ? before ? <Neighbour chunkId={data.previous_chunk_id} /> : <More icon={<UpIcon size={14} />} onClick={() => setBefore(true)} label={<Trans>The text before it</Trans>} /> : null}
      <Passage data={data} />
      {data.next_chunk_id ? after ? <Neighbour chunkId={data.next_chunk_id} /> : <More icon={<DownIcon size={14} />} onClick={() => setAfter(true)} label={<Trans>The text after it</Trans>} /> : null}
    </div>
  );
}

function More({ icon, label, onClick }: { icon: ReactNode; label: ReactNode; onClick: () => void }) {
  return (
    <Button small look="quiet" className="my-2 -ms-2 text-muted" onClick={onClick}>
      {icon}
      {label}
    </Button>
  );
}

function Neighbour({ chunkId }: { chunkId: string }) {
  const { data } = useSourceData(chunkId, null);
  return data && data.chunk_id === chunkId ? (
    <div className="text-muted">
      <Passage data={data} />
    </div>
  ) : null;
}

type Range = { start: number; end: number };

type PassageProps = { data: Pick<SourceData, "content" | "blocks" | "start" | "end">; /** Puts something around a block, given its place among all. */ wrap?: (block: number, drawn: ReactNode) => ReactNode };

export function Passage({ data, wrap }: PassageProps) {
  const span = data.start != null && data.end != null ? { start: data.start, end: data.end } : null;
  const pieces: ReactNode[] = [];
  let place = 0;
  for (const [number, block] of data.blocks.entries()) {
    if (block.start < place || block.end > data.content.length) continue;
    if (data.content.slice(place, block.start).trim()) pieces.push(<Plain key={place} text={data.content} range={{ start: place, end: block.start }} span={span} />);
    const drawn = <Block key={`b${block.start}`} type={block.type} text={data.content} range={block} span={span} />;
    pieces.push(wrap ? wrap(number, drawn) : drawn);
    place = block.end;
  }
  if (data.content.slice(place).trim()) pieces.push(<Plain key={place} text={data.content} range={{ start: place, end: data.content.length }} span={span} />);
  return (
    <div className="prose" dir="auto">
      {pieces}
    </div>
  );
}

type PieceProps = { text: string; range: Range; span: Range | null };

function Plain(props: PieceProps) {
  return (
    <p className="whitespace-pre-wrap">
      <Marked {...props} />
    </p>
  );
}

/** A block of text, with the part of the span that is in it marked. */
export function Block({ type, ...props }: PieceProps & { type: string }) {
  if (type === "table") return <Table {...props} />;
  if (type === "title" || type === "section_heading") {
    return (
      <h3>
        <Marked {...props} />
      </h3>
    );
  }
  if (type === "code") {
    return (
      <pre dir="ltr">
        <Marked {...props} />
      </pre>
    );
  }
  return <Plain {...props} />;
}

/** The rows are lines, with ` | ` between their cells. */
function Table({ text, range, span }: PieceProps) {
  let place = range.start;
  const rows = text
    .slice(range.start, range.end)
    .split("\n")
    .map((line) => {
      let at = place;
      const cells = line.split(CELL).map((cell) => {
        const found = { start: at, end: at + cell.length };
        at += cell.length + CELL.length;
        return found;
      });
      place += line.length + 1;
      return cells;
    });
  return (
    <div className="table-box" tabIndex={0}>
      <table>
        <tbody>
          {rows.map((cells, index) => (
            <tr key={index}>
              {cells.map((cell) => (
                <td key={cell.start}>
                  <Marked text={text} range={cell} span={span} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Marked({ text, range, span }: PieceProps) {
  const start = span ? Math.max(range.start, span.start) : 0;
  const end = span ? Math.min(range.end, span.end) : 0;
  if (!span || start >= end || !text.slice(start, end).trim()) return text.slice(range.start, range.end);
  return (
    <>
      {text.slice(range.start, start)}
      <mark className="mark">{text.slice(start, end)}</mark>
      {text.slice(end, range.end)}
    </>
  );
}
