import { useLingui } from "@lingui/react/macro";
import type { Schema } from "../api/client";
import { usePlaceText } from "../conversation/place-text";
import { cx } from "../kit/cx";
import { formatNumber } from "../kit/time";
import { Words } from "./words";

export type Result = Schema<"RetrievalResult"> & { place?: string | null };

type Props = { result: Result; query: string; hasScore: boolean; isOpen: boolean; onOpen: () => void };

/** A passage with the words that were looked for; a click opens it on its page. */
export function SearchResult({ result, query, hasScore, isOpen, onOpen }: Props) {
  const { t, i18n } = useLingui();
  const placeText = usePlaceText();
  const where = placeText({ place: result.place ?? null, page: result.min_page });
  return (
    <li className={cx("relative rounded-md border border-transparent px-3 py-2.5 hover:bg-hover", isOpen && "border-accent/50 bg-accent-soft")}>
      <div className="flex items-baseline gap-2">
        <button type="button" dir="auto" onClick={onOpen} aria-pressed={isOpen} className="min-w-0 truncate text-start font-medium text-accent after:absolute after:inset-0">
          {result.name}
        </button>
        <span className="shrink-0 text-sm text-muted">{where}</span>
        {hasScore ? (
          <span className="ms-auto shrink-0 text-sm text-muted" title={t`Score`}>
            {formatNumber(i18n.locale, result.similarity ?? result.score, 3)}
          </span>
        ) : null}
      </div>
      {result.heading_path.length > 0 ? (
        <p dir="auto" className="truncate text-sm text-muted">
          {result.heading_path.join(" › ")}
        </p>
      ) : null}
      <p dir="auto" className="mt-0.5 line-clamp-4 leading-6 break-words">
        <Words text={result.passage.replace(/(?:\s*\|\s*)+/g, " · ").replace(/\s+/g, " ")} query={query} />
      </p>
    </li>
  );
}
