import { i18n } from "@lingui/core";
import { I18nProvider } from "@lingui/react";
import { QueryClientProvider } from "@tanstack/react-query";
import { ExpiredSession } from "../session/expired-session";
import { Toasts } from "../kit/toasts";
import { cache } from "./cache";
import { ErrorBoundary } from "./error-boundary";
import { Routes } from "./routes";

export function App() {
  return (
    <I18nProvider i18n={i18n}>
      <QueryClientProvider client={cache}>
          <ErrorBoundary>
            <Toasts>
              <Routes />
              <ExpiredSession />
            </Toasts>
          </ErrorBoundary>
      </QueryClientProvider>
    </I18nProvider>
  );
}
