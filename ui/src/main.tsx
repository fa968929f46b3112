import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import "./styles.css";
import { App } from "./app/app";
import { beginLoading } from "./app/first-load";
import { loadLocale } from "./kit/locale";
import { applyTheme } from "./kit/theme";

applyTheme();
beginLoading(location.pathname);
await loadLocale();
const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}
