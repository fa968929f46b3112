import { useLingui } from "@lingui/react/macro";
import type { Source } from "./types";

/** Where in its document a source stands: "page 3", "slide 2", "Prices!A1:C4". */
export function usePlaceText(): (source: Pick<Source, "place" | "page">) => string {
  const { t } = useLingui();
  return ({ place, page }) => {
    if (place) {
      const pages = /^(page|pages|slide|slides) (\d+)(?: to (\d+))?$/.exec(place);
      if (!pages) return place;
      const [, word, first, last] = pages;
      if (word?.startsWith("slide")) return last ? t`slides ${first} to ${last}` : t`slide ${first}`;
      return last ? t`pages ${first} to ${last}` : t`page ${first}`;
    }
    return page === null ? "" : t`page ${page}`;
  };
}
