import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app/app";
import { beginLoading } from "./app/first-load";
import { loadLocale } from "./kit/locale";

export async function start(): Promise<void> {
  beginLoading(location.pathname);
  await loadLocale();
  const root = document.getElementById("root");
  if (!root) return;
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}
