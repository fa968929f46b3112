import { useLingui } from "@lingui/react/macro";
import { useRef, useState } from "react";
import { PageMarksLayer } from "./page-marks-layer";
import { useExactPages, type SourceData } from "./use-source";

/** A picture whose words were read from it, with those that are quoted marked. */
export function PictureSource({ project, data }: { project: string; data: SourceData }) {
  const { t } = useLingui();
  const exact = useExactPages(data);
  const box = useRef<HTMLDivElement>(null);
  const [hasFailed, setFailed] = useState(false);
  const marks = exact.data?.pages[0];
  return (
    <div ref={box} tabIndex={0} role="region" aria-label={data.document_name} className="min-h-0 flex-1 overflow-auto bg-sunken p-3 outline-offset-[-2px]">
      {hasFailed ? (
        <p className="p-4 text-muted">{t`The picture cannot be shown. Its file can be downloaded below.`}</p>
      ) : (
        <div data-page={1} className="relative mx-auto w-fit border bg-paper">
          <img src={`/${project}/reference/${data.chunk_id}/page/1`} alt={data.document_name} className="block max-w-full" onError={() => setFailed(true)} onLoad={() => box.current?.querySelector("[data-mark]")?.scrollIntoView({ block: "center" })} />
          {marks ? <PageMarksLayer marks={marks} rotation={0} /> : null}
        </div>
      )}
    </div>
  );
}
