// pdf.js, loaded when the first PDF is opened. It reads files in parts, and its worker runs from our own address.
import type { PDFDocumentLoadingTask, PDFDocumentProxy, PDFWorker } from "pdfjs-dist";
import workerUrl from "pdfjs-dist/build/pdf.worker.min.mjs?url";

const RANGE = 256 * 1024; // bytes
const KEPT = 4; // open documents

let library: Promise<typeof import("pdfjs-dist")> | null = null;
let worker: PDFWorker | null = null;
const opened = new Map<string, PDFDocumentLoadingTask>();
const shown = new Map<string, number>(); // how many viewers show a document

const policy = window.trustedTypes?.createPolicy("citewell", {
  // Only the one script is ever asked for.
  createScriptURL: (url) => {
    if (url !== workerUrl) throw new TypeError("not our script");
    return url;
  },
});

export function loadPdfjs(): Promise<typeof import("pdfjs-dist")> {
  library ??= import("pdfjs-dist");
  return library;
}

async function runningWorker(): Promise<PDFWorker> {
  const pdfjs = await loadPdfjs();
  worker ??= pdfjs.PDFWorker.create({ port: new Worker(policy ? policy.createScriptURL(workerUrl) : workerUrl, { type: "module" }) });
  return worker;
}

/** Before the first click: the library is loaded and its worker runs. */
export async function warmUp(): Promise<void> {
  await runningWorker();
}

/** Keeps a document open while it is shown. Returns what ends that. */
export function holdPdf(name: string): () => void {
  shown.set(name, (shown.get(name) ?? 0) + 1);
  return () => {
    const left = (shown.get(name) ?? 1) - 1;
    if (left > 0) shown.set(name, left);
    else shown.delete(name);
  };
}

/** An open document by a name for its content; the same name gives the same one. */
export async function openPdf(name: string, url: string): Promise<PDFDocumentProxy> {
  const pdfjs = await loadPdfjs();
  const task = opened.get(name) ?? open(pdfjs, await runningWorker(), url);
  opened.delete(name);
  opened.set(name, task);
  const oldest = [...opened.keys()].find((each) => each !== name && !shown.has(each));
  if (opened.size > KEPT && oldest) {
    void opened.get(oldest)?.destroy();
    opened.delete(oldest);
  }
  try {
    return await task.promise;
  } catch (error) {
    opened.delete(name);
    throw error;
  }
}

function open(pdfjs: typeof import("pdfjs-dist"), running: PDFWorker, url: string): PDFDocumentLoadingTask {
  const assets = new URL("/assets/pdfjs/", location.href).href;
  return pdfjs.getDocument({
    url: new URL(url, location.href).href,
    worker: running,
    rangeChunkSize: RANGE,
    disableAutoFetch: true,
    disableStream: true,
    useWasm: false,
    // Fonts come from the worker, as data: the policy lets no page load them.
    useSystemFonts: false,
    useWorkerFetch: true,
    wasmUrl: `${assets}wasm/`,
    cMapUrl: `${assets}cmaps/`,
    cMapPacked: true,
    standardFontDataUrl: `${assets}standard_fonts/`,
    enableXfa: false,
  });
}
