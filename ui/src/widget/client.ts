// What the widget asks the server: always with the token of this page's origin, never with a cookie.
import { readEvents } from "../conversation/sse";
import { inUnits, unitsIn } from "../kit/offsets";

export type Citation = { number: number; chunk_id: string | null; document_name: string; place: string | null; verbatim: string | null; status: string };
export type Message = { role: "user" | "assistant"; type: string; content: string; query_id: number; citations?: Citation[]; state?: string };
export type Source = { document_name: string; place: string | null; heading_path: string[]; content: string; start: number | null; end: number | null; is_current: boolean };
export type Welcome = { name: string; starters: string[] };
/** What an answer is, as far as it has come. */
export type Answer = { queryId: number; content: string; citations: Citation[]; state: "running" | "done" | "stopped" | "failed" | "lost"; error: string };

type Given = Welcome & { token: string; expires_in: number };
type Event =
  | { type_streaming: "streaming_in_progress"; payload: Message & { delta?: string } }
  | { type_streaming: "streaming_completed"; payload: { query_id: number } }
  | { type_streaming: "streaming_error"; payload: { error: string; query_id: number } };

const RENEW_AT = 0.8; // of a token's life
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 8000;

export class Refused extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export class Client {
  private token: string | null;
  private renewAt = 0;
  private readonly base: string;
  private readonly key: string;

  /** `server` is where the script came from; the token outlives a reload of the page, in this tab alone. */
  constructor(server: string, project: string, widget: string) {
    this.base = `${server}/widget/${encodeURIComponent(project)}/${encodeURIComponent(widget)}`;
    this.key = `citewell.widget.${widget}`;
    this.token = stored(this.key);
  }

  get hasToken(): boolean {
    return this.token !== null;
  }

  /** Gets a token. `isNew` in the answer: the conversation of a former one is over. */
  async enter(): Promise<Welcome & { isNew: boolean }> {
    const former = this.token;
    let given: Given | null = null;
    if (former) given = await this.given({ token: former }).catch((error: unknown) => (error instanceof Refused && error.status === 401 ? null : Promise.reject(error)));
    const isNew = given === null;
    given ??= await this.given({});
    this.token = given.token;
    this.renewAt = Date.now() + given.expires_in * 1000 * RENEW_AT;
    keep(this.key, given.token);
    return { name: given.name, starters: given.starters, isNew };
  }

  async history(): Promise<Message[]> {
    const answer = await this.post("history/", {});
    return ((await answer.json()) as { messages: Message[] }).messages;
  }

  async source(chunk: string, verbatim: string | null): Promise<Source> {
    const source = (await (await this.post("source/", { chunk_id: chunk, verbatim })).json()) as Source;
    return inUnits(source, unitsIn(source.content));
  }

  async stop(queryId: number): Promise<void> {
    await this.post("stop/", { query_id: queryId });
  }

  /** Asks, and calls `tell` each time that there is more of the answer. */
  async ask(question: string, tell: (answer: Answer) => void): Promise<void> {
    const response = await this.post("ask/", { message: question });
    await this.read(response, { queryId: -1, content: "", citations: [], state: "running", error: "" }, tell);
  }

  /** The answer to a question that was asked before the page was loaded anew. */
  async resume(queryId: number, tell: (answer: Answer) => void): Promise<void> {
    await this.read(null, { queryId, content: "", citations: [], state: "running", error: "" }, tell);
  }

  private async read(first: Response | null, answer: Answer, tell: (answer: Answer) => void): Promise<void> {
    let response = first;
    let last = 0;
    let wait = FIRST_WAIT_MS;
    while (answer.state === "running" || answer.state === "lost") {
      try {
        response ??= await this.post("events/", { query_id: answer.queryId, after: last });
        for await (const event of readEvents(response.body as ReadableStream<Uint8Array>)) {
          if (event.id <= last) continue;
          last = event.id;
          wait = FIRST_WAIT_MS;
          answer.state = "running";
          apply(answer, JSON.parse(event.data) as Event);
          tell(answer);
          if (answer.state !== "running") return;
        }
      } catch (error) {
        // A question whose first event never came cannot be followed.
        if (error instanceof Refused || answer.queryId < 0) throw error;
      }
      response = null;
      if (answer.queryId < 0) throw new TypeError("the connection was lost");
      answer.state = "lost";
      tell(answer);
      await new Promise((resolve) => setTimeout(resolve, wait));
      wait = Math.min(wait * 2, LONGEST_WAIT_MS);
    }
  }

  private async given(body: object): Promise<Given> {
    return (await (await this.send("token/", body, null)).json()) as Given;
  }

  private async post(path: string, body: object): Promise<Response> {
    if (!this.token || Date.now() > this.renewAt) await this.enter();
    return this.send(path, body, this.token);
  }

  private async send(path: string, body: object, token: string | null): Promise<Response> {
    const headers: Record<string, string> = { "Content-Type": "application/json" };
    if (token) headers["X-Widget-Token"] = token;
    const response = await fetch(`${this.base}/${path}`, { method: "POST", mode: "cors", credentials: "omit", referrerPolicy: "no-referrer", headers, body: JSON.stringify(body) });
    if (response.ok) return response;
    const said = (await response.json().catch(() => ({}))) as { error?: string };
    throw new Refused(response.status, said.error ?? "");
  }
}

function apply(answer: Answer, event: Event): void {
  answer.queryId = event.payload.query_id;
  if (event.type_streaming === "streaming_completed") answer.state = "done";
  else if (event.type_streaming === "streaming_error") {
    answer.state = "failed";
    answer.error = event.payload.error;
  } else if (event.payload.type === "start_token_streaming") answer.content = "";
  else if (event.payload.type === "token_streaming") answer.content += event.payload.delta ?? "";
  else if (event.payload.type === "message") {
    answer.content = event.payload.content;
    answer.citations = event.payload.citations ?? [];
    if (event.payload.state === "stopped") answer.state = "stopped";
  }
}

function stored(key: string): string | null {
  try {
    return sessionStorage.getItem(key);
  } catch {
    return null;
  }
}

function keep(key: string, value: string): void {
  try {
    sessionStorage.setItem(key, value);
  } catch {
    // Refused storage: the conversation lasts as long as the page.
  }
}
