// The answer that is being made. It is read from the server's log, so a reader that lost its connection, or a page that
// was loaded again, goes on behind the last event that it has seen. What was read so far stands in the query cache.
import type { QueryClient } from "@tanstack/react-query";
import { authorizedFetch, csrfHeader } from "../api/fetch";
import { ApiError, toError } from "../api/client";
import { addMessage, emptyTurn } from "./history";
import { readEvents } from "./sse";
import type { Message, TurnView } from "./types";

export type Live = {
  turn: TurnView;
  /** `lost`: the connection broke; it heals by itself. */
  connection: "opening" | "open" | "lost";
  isStopping: boolean;
};

export type Place = { project: string; conversation: string };
/** `messages`: those that the history will hold, as far as they have come. */
type Progress = { lastId: number; ended: boolean; messages: Message[] };

const readers = new Map<string, AbortController>();
const FIRST_WAIT_MS = 400;
const LONGEST_WAIT_MS = 8000;

export const liveKey = (conversation: string) => ["live", conversation] as const;
export const conversationKey = (conversation: string) => ["conversation", conversation] as const;
export const turnsKey = (conversation: string) => ["turns", conversation] as const;

/** Ask, and read the answer. Rejects with what the server said when it did not take the question. */
export async function ask(cache: QueryClient, place: Place, question: string, nextQueryId: number): Promise<void> {
  const started = start(cache, place, emptyTurn(nextQueryId, question, new Date().toISOString()));
  if (!started) return;
  const { signal, turn } = started;
  try {
    const response = await authorizedFetch(`${base(place)}/send_message_stream/?stream_mode=delta`, {
      method: "POST",
      headers: { "Content-Type": "application/json", ...csrfHeader() },
      body: JSON.stringify({ message: question }),
      signal,
    });
    await demandStream(response);
    void read(cache, place, turn, signal, response);
  } catch (error) {
    // The question may have arrived although its answer did not: then that is what there is to read.
    if (!(error instanceof ApiError) && !signal.aborted && (await isRunning(place, nextQueryId))) {
      void read(cache, place, turn, signal, null);
      return;
    }
    finish(cache, place, signal);
    throw error;
  }
}

/** Read an answer that is running already, from its beginning. */
export function resume(cache: QueryClient, place: Place, queryId: number, question: string, askedAt: string | null): void {
  const started = start(cache, place, emptyTurn(queryId, question, askedAt));
  if (started) void read(cache, place, started.turn, started.signal, null);
}

/** Stop reading; the answer goes on without this page. */
export function leave(cache: QueryClient, conversation: string): void {
  readers.get(conversation)?.abort();
  readers.delete(conversation);
  cache.setQueryData(liveKey(conversation), null);
}

export function markStopping(cache: QueryClient, conversation: string, isStopping: boolean): void {
  cache.setQueryData<Live | null>(liveKey(conversation), (live) => (live ? { ...live, isStopping } : live));
}

function start(cache: QueryClient, { conversation }: Place, turn: TurnView): { signal: AbortSignal; turn: TurnView } | null {
  if (readers.has(conversation)) return null;
  const controller = new AbortController();
  readers.set(conversation, controller);
  turn.state = "running";
  cache.setQueryData<Live>(liveKey(conversation), { turn, connection: "opening", isStopping: false });
  return { signal: controller.signal, turn };
}

async function read(cache: QueryClient, place: Place, turn: TurnView, signal: AbortSignal, first: Response | null): Promise<void> {
  const progress: Progress = { lastId: 0, ended: false, messages: [] };
  const shown = { ...turn };
  const publish = publisher(cache, place.conversation, shown, signal);
  let response = first;
  let wait = FIRST_WAIT_MS;
  while (!progress.ended && !signal.aborted) {
    try {
      response ??= await follow(place, shown.queryId, progress.lastId, signal);
      publish("open");
      for await (const event of readEvents(response.body as ReadableStream<Uint8Array>, COMPLETED)) {
        if (event.id <= progress.lastId) continue;
        progress.lastId = event.id;
        progress.ended = apply(cache, place, shown, event.data, progress.messages);
        wait = FIRST_WAIT_MS;
        publish("open");
        if (progress.ended) break;
      }
    } catch (error) {
      if (error instanceof ApiError && error.status < 500 && error.status !== 429) break;
    }
    response = null;
    if (progress.ended || signal.aborted) break;
    publish("lost");
    await pause(wait, signal);
    wait = Math.min(wait * 2, LONGEST_WAIT_MS);
  }
  if (!signal.aborted) {
    const isWhole = addToHistory(cache, place.conversation, shown, progress.messages);
    await refresh(cache, place, isWhole);
  }
  finish(cache, place, signal);
}

async function follow(place: Place, queryId: number, after: number, signal: AbortSignal): Promise<Response> {
  const response = await authorizedFetch(`${base(place)}/turns/${queryId}/events/?stream_mode=delta`, {
    headers: { "Last-Event-ID": String(after) },
    signal,
  });
  await demandStream(response);
  return response;
}

async function demandStream(response: Response): Promise<void> {
  if (!response.ok) throw toError(response.status, await response.json().catch(() => null));
}

async function isRunning(place: Place, queryId: number): Promise<boolean> {
  try {
    const response = await authorizedFetch(`${base(place)}/turns/?limit=1`);
    const page = (await response.json()) as { results: Array<{ query_id: number }> };
    return page.results[0]?.query_id === queryId;
  } catch {
    return false;
  }
}

type StreamEvent =
  | { type_streaming: "streaming_in_progress"; payload: Message & { delta?: string } }
  | { type_streaming: "streaming_error"; payload: { error: string; error_code: string } };

const COMPLETED = '{"type_streaming":"streaming_completed"';

/** Adds an event to the turn, and its message to `messages`; whether it was the last one. */
function apply(cache: QueryClient, place: Place, turn: TurnView, data: string, messages: Message[]): boolean {
  // It has the whole history in it, which is here already: reading it would hold the page up.
  if (data.startsWith(COMPLETED)) return true;
  const event = JSON.parse(data) as StreamEvent;
  if (event.type_streaming === "streaming_error") {
    turn.state = "failed";
    turn.error = { code: event.payload.error_code, message: event.payload.error };
    cache.setQueryData(["turn-error", place.conversation, turn.queryId], turn.error);
    return true;
  }
  const payload = event.payload;
  turn.queryId = payload.query_id;
  if (payload.type === "start_token_streaming") {
    turn.content = "";
    turn.isFinal = false;
  } else if (payload.type === "token_streaming") {
    turn.content = payload.delta === undefined ? payload.content : turn.content + payload.delta;
  } else {
    turn.steps = [...turn.steps];
    addMessage(turn, payload);
    messages.push(payload);
  }
  return false;
}

/** Puts an answer that is whole behind the history that is here. Returns whether that was possible: else it must be asked
 * for again. */
function addToHistory(cache: QueryClient, conversation: string, turn: TurnView, messages: Message[]): boolean {
  const key = conversationKey(conversation);
  const known = cache.getQueryData<{ chat_history?: unknown[] }>(key);
  const history = known?.chat_history as Message[] | undefined;
  if (!history || !turn.isFinal || turn.state !== "completed" || turn.question === "") return false;
  const others = history.filter((each) => each.query_id !== turn.queryId);
  const asked = history.find((each) => each.query_id === turn.queryId && each.role === "user");
  const question: Message = asked ?? { role: "user", type: "message", content: turn.question, query_id: turn.queryId, timestamp: turn.askedAt ?? new Date().toISOString() };
  cache.setQueryData(key, { ...known, chat_history: [...others, question, ...messages] });
  return true;
}

/** Writes the turn into the cache at most once a frame. */
function publisher(cache: QueryClient, conversation: string, turn: TurnView, signal: AbortSignal) {
  let scheduled = false;
  let connection: Live["connection"] = "opening";
  const write = () => {
    scheduled = false;
    if (signal.aborted) return;
    cache.setQueryData<Live | null>(liveKey(conversation), (live) => (live ? { ...live, turn: { ...turn }, connection } : live));
  };
  return (next: Live["connection"]) => {
    connection = next;
    if (scheduled) return;
    scheduled = true;
    if (document.hidden) setTimeout(write, 250);
    else requestAnimationFrame(write);
  };
}

/** `isWhole`: the conversation that is here holds the answer, and is asked for again only when it is opened anew. */
async function refresh(cache: QueryClient, { conversation }: Place, isWhole: boolean): Promise<void> {
  await Promise.all([
    cache.invalidateQueries({ queryKey: conversationKey(conversation), refetchType: isWhole ? "none" : "active" }),
    cache.invalidateQueries({ queryKey: turnsKey(conversation) }),
    cache.invalidateQueries({ queryKey: ["conversations"] }),
  ]).catch(() => undefined);
}

function finish(cache: QueryClient, { conversation }: Place, signal: AbortSignal): void {
  if (readers.get(conversation)?.signal !== signal) return;
  readers.delete(conversation);
  cache.setQueryData(liveKey(conversation), null);
}

/** Waits, or until the network is there again. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      removeEventListener("online", done);
      document.removeEventListener("visibilitychange", done);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    addEventListener("online", done);
    document.addEventListener("visibilitychange", done);
    signal.addEventListener("abort", done);
  });
}

const base = ({ project, conversation }: Place) => `/api/v1/projects/${project}/playground-conversations/${conversation}`;
