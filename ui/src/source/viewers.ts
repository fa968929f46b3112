import { lazily } from "../kit/lazily";

// Each kind of document has a viewer, loaded when the first of its kind is shown, or before (`prepare.ts`).
export const PdfSource = lazily(() => import("./pdf-source"));
export const SheetSource = lazily(() => import("./sheet-source").then((module) => ({ default: module.SheetSource })));
export const SlideSource = lazily(() => import("./slide-source").then((module) => ({ default: module.SlideSource })));
