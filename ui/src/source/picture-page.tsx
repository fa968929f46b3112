import { useLingui } from "@lingui/react/macro";
import { memo, useState } from "react";
import { PageMarksLayer } from "./page-marks-layer";
import type { PageMarks } from "./pdf-page";

export type Size = { width: number; height: number };

type Props = {
  url: string;
  number: number;
  /** In pixels of the picture, in which marks are given too; null until it is known. */
  size: Size | null;
  /** How many pixels of the screen it may take in width, unless it is zoomed. */
  room: number;
  zoom: number;
  rotation: number;
  marks: PageMarks["boxes"] | null;
  label: string;
  onSize: (page: number, size: Size) => void;
};

const UNKNOWN = { width: 1000, height: 1400 };

/** A picture of a file with marks over it. */
export const PicturePage = memo(function PicturePage({ url, number, size, room, zoom, rotation, marks, label, onSize }: Props) {
  const { t } = useLingui();
  const [hasFailed, setFailed] = useState(false);
  const { width, height } = size ?? UNKNOWN;
  const isTurned = rotation % 180 !== 0;
  const scale = Math.min(room / (isTurned ? height : width), 1) * zoom;
  const shown = { width: width * scale, height: height * scale };
  if (hasFailed) return <p className="p-4 text-muted">{t`The picture cannot be shown. Its file can be downloaded below.`}</p>;
  return (
    <div data-page={number} data-scale={scale} className="relative shrink-0 border bg-paper" style={isTurned ? { width: shown.height, height: shown.width } : shown}>
      <img
        src={url}
        alt={label}
        loading="lazy"
        className="absolute top-1/2 left-1/2 max-w-none"
        style={{ ...shown, transform: `translate(-50%, -50%) rotate(${rotation}deg)` }}
        onError={() => setFailed(true)}
        onLoad={(event) => (size ? undefined : onSize(number, { width: event.currentTarget.naturalWidth, height: event.currentTarget.naturalHeight }))}
      />
      {marks && size ? <PageMarksLayer marks={{ page: number, width, height, boxes: marks }} rotation={rotation} /> : null}
    </div>
  );
});
