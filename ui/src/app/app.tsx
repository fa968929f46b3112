import { i18n } from "@lingui/core";
import { I18nProvider } from "@lingui/react";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { ApiError } from "../api/client";
import { ExpiredSession } from "../session/expired-session";
import { Toasts } from "../kit/toasts";
import { ErrorBoundary } from "./error-boundary";
import { Routes } from "./routes";

const cache = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      // What the server refuses stays refused; what did not arrive may arrive yet.
      retry: (failures, error) => failures < 3 && !(error instanceof ApiError && error.status < 500),
    },
  },
});

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
