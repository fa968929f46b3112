// Whether there was a session, and the wait for the next one when it has ended.
type Listener = () => void;

let present = false;
let expired = false;
let waiting: Array<() => void> = [];
const listeners = new Set<Listener>();

export const hasSession = (): boolean => present;
export const isExpired = (): boolean => expired;

export function sessionBegan(): void {
  present = true;
  expired = false;
  for (const go of waiting) go();
  waiting = [];
  tell();
}

/** Resolves once the user has signed in again. */
export function signedInAgain(): Promise<void> {
  expired = true;
  tell();
  return new Promise((resolve) => waiting.push(resolve));
}

export function subscribe(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function tell(): void {
  for (const listener of listeners) listener();
}
