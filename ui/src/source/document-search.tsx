import { Trans, useLingui } from "@lingui/react/macro";
import { useState } from "react";
import { usePlaceText } from "../conversation/place-text";
import { IconButton } from "../kit/button";
import { SearchIcon } from "../kit/icons";
import { QueryError } from "../kit/notes";
import { SkeletonLines } from "../kit/skeleton";
import { Words } from "../search/words";
import { usePassages } from "../search/use-passages";
import { FindBar } from "./find-bar";

type Props = { document: string; onOpen: (chunkId: string, passage: string) => void; onClose: () => void };

/** Finds passages of one document, and opens them in its place. */
export function DocumentSearch({ document, onOpen, onClose }: Props) {
  const { t } = useLingui();
  const placeText = usePlaceText();
  const [text, setText] = useState("");
  const [query, setQuery] = useState("");
  const found = usePassages({ query, mode: "hybrid", document });
  const rows = found.data?.retrieval_results ?? [];
  return (
    <div className="flex max-h-[45%] shrink-0 flex-col border-b">
      <FindBar text={text} onText={setText} onFind={() => setQuery(text.trim())} onClose={onClose}>
        <IconButton label={t`Find`} type="submit" small>
          <SearchIcon size={16} />
        </IconButton>
      </FindBar>
      {query ? (
        <div className="min-h-0 overflow-y-auto border-t px-2 py-1 text-sm">
          <QueryError query={found} />
          {found.isPending ? <SkeletonLines count={3} /> : null}
          {found.isSuccess && rows.length === 0 ? (
            <p className="p-2 text-muted">
              <Trans>not in it</Trans>
            </p>
          ) : null}
          <ol aria-label={t`Passages`}>
            {rows.map((row) => (
              <li key={row.uuid}>
                <button type="button" onClick={() => onOpen(row.chunk_ids[0] ?? row.uuid, row.passage)} className="block w-full rounded-md px-2 py-1 text-start hover:bg-hover">
                  <span className="text-muted">{placeText({ place: row.place ?? null, page: row.min_page })}</span>{" "}
                  <span dir="auto" className="line-clamp-2">
                    <Words text={row.passage.replace(/\s+/g, " ")} query={query} />
                  </span>
                </button>
              </li>
            ))}
          </ol>
        </div>
      ) : null}
    </div>
  );
}
