// From the messages of a conversation to its turns.
import { unitsIn } from "../kit/offsets";
import type { Citation, Message, Source, Step, TurnState, TurnView } from "./types";

export function emptyTurn(queryId: number, question: string, askedAt: string | null): TurnView {
  return { queryId, question, askedAt, steps: [], content: "", citations: [], isFinal: false, state: "completed", error: null, tokens: null };
}

type Known = { messages: Message[]; state: string; turn: TurnView };

/** As `toTurns`, but a turn of which nothing has changed stays the same object, so that it need not be drawn anew. */
export function turnKeeper(): typeof toTurns {
  let known = new Map<number, Known>();
  return (history, states) => {
    const messages = new Map<number, Message[]>();
    for (const message of history) {
      const own = messages.get(message.query_id);
      if (own) own.push(message);
      else messages.set(message.query_id, [message]);
    }
    const next = new Map<number, Known>();
    const turns = toTurns(history, states).map((turn) => {
      const own = messages.get(turn.queryId) ?? [];
      const state = `${turn.state} ${turn.error?.code ?? ""}`;
      const before = known.get(turn.queryId);
      const isSame = before?.state === state && before.messages.length === own.length && before.messages.every((each, at) => each === own[at]);
      next.set(turn.queryId, isSame ? before : { messages: own, state, turn });
      return isSame ? before.turn : turn;
    });
    known = next;
    return turns;
  };
}

/** The turns of a history. `states` says how those ended that left no answer. */
export function toTurns(history: Message[], states: ReadonlyMap<number, { state: TurnState; error: string | null }>): TurnView[] {
  const turns = new Map<number, TurnView>();
  for (const message of history) {
    if (message.role === "user") {
      turns.set(message.query_id, emptyTurn(message.query_id, message.content, message.timestamp ?? null));
      continue;
    }
    const turn = turns.get(message.query_id);
    if (turn) addMessage(turn, message);
  }
  for (const turn of turns.values()) {
    const known = states.get(turn.queryId);
    if (!known) continue;
    if (known.state !== "completed") turn.state = known.state;
    if (known.state === "failed") turn.error = { code: known.error ?? "internal", message: "" };
  }
  return [...turns.values()].sort((a, b) => a.queryId - b.queryId);
}

export function addMessage(turn: TurnView, message: Message): void {
  const step = toStep(message);
  if (step) {
    const place = step.kind === "tool" ? turn.steps.findIndex((other) => other.kind === "tool" && other.id === step.id) : -1;
    if (place >= 0) turn.steps[place] = step;
    else turn.steps.push(step);
  } else if (message.type === "message") {
    turn.content = relative(message.content);
    turn.citations = message.citations ?? [];
    turn.isFinal = true;
    turn.tokens = { input: message.used_tokens_input ?? 0, output: message.used_tokens_output ?? 0 };
    if (message.state) turn.state = message.state;
  }
}

const ORIGIN = /\]\([^)\s]*?(?=\/[0-9a-fA-F-]{36}\/reference\/)/g;

/** The text with the addresses of its sources as they are stored, without a host: places of claims count in that. */
function relative(content: string): string {
  return content.replace(ORIGIN, "](");
}

function toStep(message: Message): Step | null {
  if (message.type === "tool_call" || message.type === "tool_call_request") {
    return {
      kind: "tool",
      id: message.tool_call_id ?? "",
      name: message.tool_name ?? "",
      type: message.tool_type ?? "",
      parameters: message.input_parameters ?? {},
      results: message.type === "tool_call" ? (message.results ?? []) : null,
    };
  }
  if (message.type === "reasoning" || message.type === "reasoning_flow") return { kind: "reasoning", content: message.content };
  return null;
}

const LINK = /\[(\d+)\]\(([^)\s]*\/reference\/([0-9a-fA-F-]{36})(?:\?verbatim=([^)\s]*))?)\)/g;

/** The sources of an answer by their numbers, known from its text while it streams, and from its citations after that. */
export function sourcesOf(turn: TurnView): Source[] {
  const found = new Map<number, Source>();
  for (const [, number, , chunkId, verbatim] of turn.content.matchAll(LINK)) {
    const n = Number(number);
    if (!found.has(n)) found.set(n, fromLink(turn, n, chunkId as string, verbatim));
  }
  for (const citation of turn.citations) if (citation.number > 0) found.set(citation.number, fromCitation(citation));
  return [...found.values()].sort((a, b) => a.number - b.number);
}

export function hasSameSources(before: readonly Source[], after: readonly Source[]): boolean {
  return before.length === after.length && before.every((one, at) => isSameSource(one, after[at] as Source));
}

function isSameSource(one: Source, other: Source): boolean {
  return one.number === other.number && one.chunkId === other.chunkId && one.verbatim === other.verbatim && one.status === other.status && one.reason === other.reason && one.documentName === other.documentName && one.place === other.place && one.page === other.page;
}

function fromLink(turn: TurnView, number: number, chunkId: string, verbatim: string | undefined): Source {
  const hits = turn.steps.flatMap((step) => (step.kind === "tool" ? (step.results ?? []) : []));
  const hit = hits.find((each) => each.uuid === chunkId);
  return {
    number,
    chunkId,
    verbatim: verbatim ? decode(verbatim) : null,
    documentId: hit?.document_id ?? null,
    documentName: hit?.name ?? "",
    place: hit?.place ?? null,
    page: hit?.min_page ?? null,
    status: "checking",
    reason: null,
  };
}

function fromCitation(citation: Citation): Source {
  return {
    number: citation.number,
    chunkId: citation.chunk_id,
    verbatim: citation.verbatim,
    documentId: citation.document_id,
    documentName: citation.document_name,
    place: citation.place ?? null,
    page: citation.min_page,
    status: citation.status,
    reason: citation.reason,
    warning: citation.warning ?? null,
  };
}

// What the server writes behind an answer that reached the model's limit.
const CUT = /\n\n\*The answer was cut here[^*]*\*\s*$/;

/** The text without the note that it was cut, and whether there was one: the page says that in its own language. */
export function withoutCut(content: string): { text: string; isCut: boolean } {
  const text = content.replace(CUT, "");
  return { text, isCut: text !== content };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The claims that no citation backs, with their places in the answer's text. */
export function unsupportedClaims(content: string, citations: readonly Citation[]): Array<{ start: number; end: number; reason: string }> {
  const bare = citations.filter((each) => each.number === 0 && each.claim);
  if (bare.length === 0) return [];
  const units = unitsIn(content);
  return bare.flatMap(({ start, end, reason }) => (start !== null && end !== null ? [{ start: units(start), end: units(end), reason: reason ?? "no_citation" }] : []));
}
