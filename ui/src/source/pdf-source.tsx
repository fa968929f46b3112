import { useLingui } from "@lingui/react/macro";
import PdfViewer from "./pdf-viewer";
import { pdfOf, useExactPages, type SourceData } from "./use-source";

/** A PDF at the page of the quoted words, with their boxes marked. */
export default function PdfSource({ project, data }: { project: string; data: SourceData }) {
  const { t } = useLingui();
  const exact = useExactPages(data);
  const { name, url, page } = pdfOf(project, data);
  return (
    <PdfViewer
      name={name}
      url={url}
      pictures={`/${project}/reference/${data.chunk_id}/page/`}
      pageCount={data.page_count ?? 1}
      target={{ page, key: `${data.chunk_id}.${data.start}` }}
      marks={exact.data?.pages ?? data.pages}
      label={t`Pages of ${data.document_name}`}
    />
  );
}
