import { useCallback, useMemo } from "react";
import { useLingui } from "@lingui/react/macro";
import { LoadingPage } from "../kit/skeleton";
import { useProject } from "../projects/use-projects";
import PdfViewer from "../source/pdf-viewer";
import { PictureViewer } from "../source/picture-source";
import { View } from "../source/source-content";
import type { PagePoint } from "../source/use-pointer";
import { sourceFile, useSourceData } from "../source/use-source";
import { blockAt, boxesOf, type Pointed } from "./pointed";
import type { Chunk, Version } from "./use-document";

type Props = {
  id: string;
  name: string;
  version: Version;
  chunks: readonly Chunk[];
  page: number;
  onPage: (page: number) => void;
  pointed: Pointed;
  onPoint: (pointed: Pointed) => void;
  hovered: Pointed;
  onHover: (hovered: Pointed) => void;
};

/** The document as it looks: its pages, its slides, its sheets or its picture. */
export default function DocumentView(props: Props) {
  if (props.version.view === "pages") return <Pages {...props} />;
  if (props.version.view === "picture") return <Pictures {...props} />;
  return <Other pointed={props.hovered ?? props.pointed} first={props.chunks[0]} />;
}

function Pages({ id, name, version, chunks, page, onPage, pointed, onPoint, hovered, onHover }: Props) {
  const { t } = useLingui();
  const project = useProject();
  const boxes = boxesOf(pointed);
  const onPointer = useOnPointer(chunks, onPoint, onHover);
  return (
    <PdfViewer
      name={`${id}.${version.number}`}
      url={sourceFile(project.id, chunks[0]?.id ?? "")}
      pictures={`/${project.id}/reference/${chunks[0]?.id}/page/`}
      pageCount={version.page_count ?? 1}
      target={{ page: boxes[0]?.page ?? pointed?.chunk.min_page ?? page, key: pointed ? `${pointed.chunk.id}.${pointed.block}` : "" }}
      marks={hovered ? boxesOf(hovered) : boxes}
      label={t`Pages of ${name}`}
      onPage={onPage}
      onPointer={onPointer}
    />
  );
}

/** A scan or a photo, with the boxes of what is pointed at in the text. */
function Pictures({ chunks, page, pointed, onPoint, hovered, onHover }: Props) {
  const project = useProject();
  const shown = hovered ?? pointed;
  const source = useSourceData((shown?.chunk ?? chunks[0])?.id ?? null, null);
  const onPointer = useOnPointer(chunks, onPoint, onHover);
  const marks = useMemo(() => boxesOf(shown), [shown]);
  if (!source.data) return <LoadingPage />;
  const target = { page: boxesOf(pointed)[0]?.page ?? page, key: pointed ? `${pointed.chunk.id}.${pointed.block}` : "" };
  return <PictureViewer project={project.id} data={source.data} target={target} marks={marks} onPointer={onPointer} />;
}

/** Points at the block that the pointer is over, or that is clicked. */
function useOnPointer(chunks: readonly Chunk[], onPoint: Props["onPoint"], onHover: Props["onHover"]) {
  return useCallback(
    (point: PagePoint | null, isClick: boolean) => {
      const found = point ? blockAt(chunks, point.page, point.x, point.y) : null;
      if (isClick) onPoint(found);
      else onHover(found);
    },
    [chunks, onPoint, onHover],
  );
}

/** At the slide or the sheet of what is pointed at. */
function Other({ pointed, first }: { pointed: Pointed; first: Chunk | undefined }) {
  const project = useProject();
  const source = useSourceData((pointed?.chunk ?? first)?.id ?? null, null);
  if (!source.data) return <LoadingPage />;
  const page = (pointed?.block == null ? null : pointed.chunk.blocks[pointed.block]?.page) ?? source.data.min_page;
  return <View key={page} project={project.id} data={{ ...source.data, min_page: page }} />;
}
