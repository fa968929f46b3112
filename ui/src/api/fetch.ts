// One fetch for all requests: it sends the CSRF token, and where the session has ended it waits until the user has signed
// in again (a dialog over the page, so nothing that was typed is lost) and sends the request once more.
import { hasSession, signedInAgain } from "../session/expiry";

const SAFE = new Set(["GET", "HEAD", "OPTIONS"]);
let csrfToken: string | null = null;
let actingAs: string | null = null;

export function setCsrfToken(token: string | null): void {
  csrfToken = token;
}

/** From now on requests act as this user, where the server lets them; null: as oneself. */
export function setActingAs(email: string | null): void {
  actingAs = email;
}

export async function authorizedFetch(input: Request | string | URL, init?: RequestInit): Promise<Response> {
  const request = new Request(input, init);
  const again = request.clone();
  const answer = await send(request);
  if (answer.status !== 401 || !hasSession() || request.url.includes("/auth/")) return answer;
  await signedInAgain();
  return send(again);
}

function send(request: Request): Promise<Response> {
  const headers = new Headers(request.headers);
  if (!SAFE.has(request.method) && csrfToken) headers.set("X-CSRF-Token", csrfToken);
  if (actingAs) headers.set("X-Impersonate-Email", actingAs);
  return fetch(new Request(request, { headers, credentials: "same-origin" }));
}

export function csrfHeader(): Record<string, string> {
  return { ...(csrfToken ? { "X-CSRF-Token": csrfToken } : {}), ...(actingAs ? { "X-Impersonate-Email": actingAs } : {}) };
}
