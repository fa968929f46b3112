import type { PageMarks } from "./pdf-page";

const AIR = 1.5; // points around a box

/** The quoted words' boxes over a page, as a marker pen would leave them. */
export function PageMarksLayer({ marks, rotation }: { marks: PageMarks; rotation: number }) {
  return (
    <div className="absolute inset-0 mix-blend-multiply" aria-hidden="true">
      {marks.boxes.map((box, index) => {
        const [left, top, right, bottom] = turn(box, marks, rotation);
        return (
          <div
            key={index}
            data-mark=""
            className="absolute rounded-[2px] bg-[#ffe066]"
            style={{ left: `${left * 100}%`, top: `${top * 100}%`, width: `${(right - left) * 100}%`, height: `${(bottom - top) * 100}%` }}
          />
        );
      })}
    </div>
  );
}

type Fractions = [number, number, number, number];

/** A box as fractions of the page, turned with it (clockwise). */
function turn(box: readonly number[], { width, height }: PageMarks, rotation: number): Fractions {
  const [l = 0, t = 0, r = 0, b = 0] = box;
  const [left, top, right, bottom]: Fractions = [(l - AIR) / width, (t - AIR) / height, (r + AIR) / width, (b + AIR) / height];
  switch (((rotation % 360) + 360) % 360) {
    case 90:
      return [1 - bottom, left, 1 - top, right];
    case 180:
      return [1 - right, 1 - bottom, 1 - left, 1 - top];
    case 270:
      return [top, 1 - right, bottom, 1 - left];
    default:
      return [left, top, right, bottom];
  }
}
