// The first script: small, so that what the HTML holds is painted at once. Then it asks for all that the page needs
// together; the largest file is on its way already (`app-preload` in vite.config.ts).
import "./styles.css";
import { pages, placeOf } from "./app/pages";
import { catalogueOf, wantedLocale } from "./kit/locales";
import { applyTheme } from "./kit/theme";

applyTheme();
document.documentElement.lang = wantedLocale();

function begin(): void {
  const { page } = placeOf(location.pathname);
  // Whatever does not arrive is asked for again where it is shown.
  for (const each of [catalogueOf(wantedLocale()), page ? pages[page]() : null]) each?.catch(() => undefined);
  import("./main")
    .then(({ start }) => start())
    .catch((error: unknown) => {
      document.documentElement.classList.add("has-failed");
      throw error;
    });
}

// In a page that is not seen, nothing is painted.
if (document.hidden) begin();
else requestAnimationFrame(() => setTimeout(begin, 0));
