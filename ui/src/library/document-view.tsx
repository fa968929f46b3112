import { useCallback } from "react";
import { useLingui } from "@lingui/react/macro";
import { LoadingPage } from "../kit/skeleton";
import { useProject } from "../projects/use-projects";
import PdfViewer from "../source/pdf-viewer";
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
  return props.version.kind === "pdf" ? <Pages {...props} /> : <Other chunk={(props.pointed?.chunk ?? props.chunks[0])?.id ?? null} />;
}

function Pages({ id, name, version, chunks, page, onPage, pointed, onPoint, hovered, onHover }: Props) {
  const { t } = useLingui();
  const project = useProject();
  const boxes = boxesOf(pointed);
  const onPointer = useCallback(
    (point: PagePoint | null, isClick: boolean) => {
      const found = point ? blockAt(chunks, point.page, point.x, point.y) : null;
      if (isClick) onPoint(found);
      else onHover(found);
    },
    [chunks, onPoint, onHover],
  );
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

function Other({ chunk }: { chunk: string | null }) {
  const project = useProject();
  const source = useSourceData(chunk, null);
  return source.data ? <View project={project.id} data={source.data} /> : <LoadingPage />;
}
