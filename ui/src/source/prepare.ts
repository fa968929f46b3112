import type { QueryClient } from "@tanstack/react-query";
import { openPdf, warmUp } from "./pdf";
import { pdfOf, sourceQuery } from "./use-source";

/** Before the first click: the viewer of PDFs is loaded and its worker runs. */
export const prepareViewer = warmUp;

/** Before the click on a citation: what it points at is known, and of a PDF the first parts are here. */
export async function prepareSource(cache: QueryClient, project: string, chunkId: string, verbatim: string | null): Promise<void> {
  const data = await cache.ensureQueryData({ ...sourceQuery(project, chunkId, verbatim), retry: false });
  if (data.kind !== "pdf" || !data.page_count) return;
  const { name, url, page } = pdfOf(project, data);
  const pdf = await openPdf(name, url);
  await pdf.getPage(Math.min(page, pdf.numPages));
}
