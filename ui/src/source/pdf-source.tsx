import { useLingui } from "@lingui/react/macro";
import { warmUp } from "./pdf";
import { PdfViewer } from "./pdf-viewer";
import { sourceFile, useExactPages, type SourceData } from "./use-source";

export { warmUp };

/** A PDF at the page of the quoted words, with their boxes marked. */
export default function PdfSource({ project, data }: { project: string; data: SourceData }) {
  const { t } = useLingui();
  const exact = useExactPages(data);
  const page = data.pages[0]?.page ?? data.min_page ?? 1;
  return (
    <PdfViewer
      name={`${data.document_id}.${data.version}`}
      url={sourceFile(project, data.chunk_id)}
      pictures={`/${project}/reference/${data.chunk_id}/page/`}
      pageCount={data.page_count ?? 1}
      target={{ page, key: `${data.chunk_id}.${data.start}` }}
      marks={exact.data?.pages ?? data.pages}
      label={t`Pages of ${data.document_name}`}
    />
  );
}
