import type { PDFDocumentProxy } from "pdfjs-dist";

/** Calls `tell` with the pages that hold the text, as they are found, and at the end with `isWhole`; no more once `signal`
 * is aborted. */
export async function searchPages(pdf: PDFDocumentProxy, text: string, signal: AbortSignal, tell: (pages: number[], isWhole: boolean) => void): Promise<void> {
  const wanted = normal(text);
  const pages: number[] = [];
  if (!wanted) return tell([], true);
  for (let number = 1; number <= pdf.numPages; number++) {
    const content = await (await pdf.getPage(number)).getTextContent();
    if (signal.aborted) return;
    const said = content.items.map((item) => ("str" in item ? item.str + (item.hasEOL ? " " : "") : "")).join("");
    if (!normal(said).includes(wanted)) continue;
    pages.push(number);
    tell([...pages], false);
  }
  tell(pages, true);
}

function normal(text: string): string {
  return text.normalize("NFKC").toLowerCase().replace(/\s+/g, " ").trim();
}
