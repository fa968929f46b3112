import { QueryClient } from "@tanstack/react-query";
import { ApiError } from "../api/client";

/** What the server has said, for all pages. */
export const cache = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      // What the server refuses stays refused; what did not arrive may arrive yet.
      retry: (failures, error) => failures < 3 && !(error instanceof ApiError && error.status < 500),
    },
  },
});
