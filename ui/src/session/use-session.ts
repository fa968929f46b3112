import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, ApiError, unwrap, type Schema } from "../api/client";
import { setCsrfToken } from "../api/fetch";
import { forgetActing } from "../people/acting";
import { hasSession, sessionBegan, signedInAgain } from "./expiry";

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
    const found = await readSession();
    if (found || !hasSession()) return found;
    // It has ended under an open page, which stays as it is below the dialog that asks to sign in again.
    await signedInAgain();
    return readSession();
  },
});

async function readSession(): Promise<Session | null> {
  const { data, response } = await api.GET("/api/v1/auth/session/");
  if (response.ok && data) return begin(data);
  // A server that is being started again says nothing about who is signed in.
  if (response.status >= 500 || response.status === 429) throw new ApiError(response.status, `${response.status}`);
  return null;
}

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
      // Somebody else's data must not be seen, not even for a moment: the page is loaded anew.
      if (before && before.user.id !== session.user.id) location.reload();
      else cache.setQueryData(KEY, begin(session));
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
  return useMutation({
    mutationFn: () => unwrap(api.POST("/api/v1/auth/logout/")),
    // With a page that is loaded anew, nothing of this user stays in it.
    onSuccess: () => {
      forgetActing();
      location.assign("/sign-in");
    },
  });
}

/** Take over a session that another request has begun (setting up, registering). */
export function useAdoptSession() {
  const cache = useQueryClient();
  return (session: Session) => cache.setQueryData(KEY, begin(session));
}
