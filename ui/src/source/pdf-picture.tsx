import { PageMarksLayer } from "./page-marks-layer";
import type { PageMarks } from "./pdf-page";

type Props = { url: string; number: number; size: { width: number; height: number }; scale: number; marks: PageMarks | null; label: string };

/** A page as the server draws it, where the browser cannot. */
export function PdfPicture({ url, number, size, scale, marks, label }: Props) {
  return (
    <div data-page={number} className="relative shrink-0 border bg-paper" style={{ width: size.width * scale, minHeight: size.height * scale * 0.5 }}>
      <img src={url} alt={label} loading="lazy" className="block w-full" />
      {marks ? <PageMarksLayer marks={marks} rotation={0} /> : null}
    </div>
  );
}
