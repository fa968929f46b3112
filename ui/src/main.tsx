import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app/app";
import { beginLoading } from "./app/first-load";
import { preloadPage } from "./app/parts";
import { loadLocale } from "./kit/locale";

const LONGEST_MS = 1500; // the frame does not wait longer for its page

export async function start(): Promise<void> {
  beginLoading(location.pathname);
  const soon = new Promise((resolve) => setTimeout(resolve, LONGEST_MS));
  await Promise.all([loadLocale(), Promise.race([preloadPage(location.pathname), soon])]);
  const root = document.getElementById("root");
  if (!root) return;
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}
