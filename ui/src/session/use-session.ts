import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, ApiError, unwrap, type Schema } from "../api/client";
import { setCsrfToken } from "../api/fetch";
import { sessionBegan, sessionEnded } from "./expiry";

export type Session = Schema<"SessionOut">;

const KEY = ["session"] as const;

function begin(session: Session): Session {
  setCsrfToken(session.csrf_token ?? null);
  sessionBegan();
  return session;
}

export const sessionQuery = queryOptions({
  queryKey: KEY,
  staleTime: 5 * 60_000,
  queryFn: async (): Promise<Session | null> => {
    const { data, response } = await api.GET("/api/v1/auth/session/");
    if (response.ok && data) return begin(data);
    // A server that is being started again says nothing about who is signed in.
    if (response.status >= 500 || response.status === 429) throw new ApiError(response.status, `${response.status}`);
    return null;
  },
});

/** Who is signed in; null for nobody. */
export function useSession() {
  return useQuery(sessionQuery);
}

export function useSignIn() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (body: Schema<"SignIn">) => unwrap(api.POST("/api/v1/auth/login/", { body })),
    onSuccess: (session) => {
      const before = cache.getQueryData<Session | null>(KEY);
      // Somebody else's data must not be seen, not even for a moment.
      if (before && before.user.id !== session.user.id) cache.clear();
      cache.setQueryData(KEY, begin(session));
    },
  });
}

export function useRegister() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (body: Schema<"Register">) => unwrap(api.POST("/api/v1/auth/register/", { body })),
    onSuccess: (session) => cache.setQueryData(KEY, begin(session)),
  });
}

export function useSignOut() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: () => unwrap(api.POST("/api/v1/auth/logout/")),
    onSuccess: () => {
      sessionEnded();
      setCsrfToken(null);
      cache.clear();
      cache.setQueryData(KEY, null);
    },
  });
}

/** Take over a session that another request has begun (setting up, registering). */
export function useAdoptSession() {
  const cache = useQueryClient();
  return (session: Session) => cache.setQueryData(KEY, begin(session));
}
