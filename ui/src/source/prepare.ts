import type { QueryClient } from "@tanstack/react-query";
import type { PDFPageProxy } from "pdfjs-dist";
import { openPdf, warmUp } from "./pdf";
import { pdfOf, sourceQuery } from "./use-source";
import { PdfSource, SheetSource, SlideSource } from "./viewers";

/** Before the first click: the viewers are loaded, and the worker of that of PDFs runs. */
export async function prepareViewer(): Promise<void> {
  await Promise.all([PdfSource.preload(), SheetSource.preload(), SlideSource.preload(), warmUp()]);
}

/** Before the click on a citation: what it points at is known, and of a PDF the page is read. */
export async function prepareSource(cache: QueryClient, project: string, chunkId: string, verbatim: string | null): Promise<void> {
  const data = await cache.ensureQueryData({ ...sourceQuery(project, chunkId, verbatim), retry: false });
  if (data.view !== "pages" || !data.page_count) return;
  const { name, url, page } = pdfOf(project, data);
  const pdf = await openPdf(name, url);
  await read(await pdf.getPage(Math.min(page, pdf.numPages)));
}

const TINY = 0.1; // scale
const readPages = new WeakSet<PDFPageProxy>();

/** Has the worker read the page and its fonts: pdf.js keeps them for the drawing that is seen. */
async function read(page: PDFPageProxy): Promise<void> {
  if (readPages.has(page)) return;
  readPages.add(page);
  const viewport = page.getViewport({ scale: TINY });
  const canvas = document.createElement("canvas");
  canvas.width = viewport.width;
  canvas.height = viewport.height;
  await page.render({ canvas, viewport }).promise;
}
