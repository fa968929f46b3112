import { QueryClient } from "@tanstack/react-query";
import { ApiError } from "../api/client";

/** What the server has said, for all pages. */
export const cache = new QueryClient({
  defaultOptions: {
    // A server on the same machine answers also where the browser says that there is no network.
    mutations: { networkMode: "always" },
    queries: {
      networkMode: "always",
      staleTime: 10_000,
      // What the server refuses stays refused; what did not arrive may arrive yet.
      retry: (failures, error) => failures < 3 && !(error instanceof ApiError && error.status < 500),
    },
  },
});
