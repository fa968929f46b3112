import { expect, it } from "vitest";
import { sourcesOf, toTurns, turnKeeper, unsupportedClaims, withoutCut } from "./history";
import { parseEvent, readEvents } from "./sse";
import type { Message } from "./types";

const CHUNK = "24828b88-4439-559b-a16e-90ad9d2b9076";
const LINK = `http://h/p/reference/${CHUNK}?verbatim=26%20months`;
const HISTORY: Message[] = [
  { role: "user", type: "message", content: "How long?", query_id: 0 },
  { role: "assistant", type: "tool_call", content: "", query_id: 0, tool_call_id: "c", tool_name: "search", results: [{ uuid: CHUNK, name: "manual.pdf", min_page: 2 }] },
  { role: "assistant", type: "message", content: `26 months [1](${LINK}).`, query_id: 0, citations: [] },
  { role: "user", type: "message", content: "And then?", query_id: 1 },
];

it("knows the sources of an answer from its text, before its citations are checked", () => {
  const [turn] = toTurns(HISTORY, new Map());
  expect(sourcesOf(turn!)).toEqual([expect.objectContaining({ number: 1, chunkId: CHUNK, verbatim: "26 months", documentName: "manual.pdf", page: 2, status: "checking" })]);
});

it("says how a turn ended that left no answer", () => {
  const turns = toTurns(HISTORY, new Map([[1, { state: "failed" as const, error: "model_timeout" }]]));
  expect(turns[1]).toMatchObject({ question: "And then?", state: "failed", error: { code: "model_timeout" } });
});

it("keeps the turns of which nothing has changed", () => {
  const keep = turnKeeper();
  const [first, second] = keep(HISTORY, new Map());
  const answer: Message = { role: "assistant", type: "message", content: "Then it is replaced.", query_id: 1 };
  const [again, answered] = keep([...HISTORY, answer], new Map());
  expect(again).toBe(first);
  expect(answered).not.toBe(second);
  expect(answered?.content).toBe("Then it is replaced.");
  const [stopped] = keep([...HISTORY, answer], new Map([[0, { state: "stopped" as const, error: null }]]));
  expect(stopped?.state).toBe("stopped");
});

it("tells claims without a source from citations", () => {
  const claim = { number: 0, claim: "x", start: 0, end: 3, reason: "no_citation" };
  const [turn] = toTurns([HISTORY[0]!, { ...HISTORY[2]!, citations: [claim as never] }], new Map());
  expect(unsupportedClaims(turn!.content, turn!.citations)).toEqual([{ start: 0, end: 3, reason: "no_citation" }]);
});

it("reads events that arrive in pieces, and passes over heartbeats", async () => {
  const bytes = new TextEncoder().encode('id: 7\ndata: {"a":"ü"}\n\n: ping\n\nid: 8\ndata: x\n\n');
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (let at = 0; at < bytes.length; at += 5) controller.enqueue(bytes.slice(at, at + 5));
      controller.close();
    },
  });
  const found = [];
  for await (const event of readEvents(body)) found.push(event);
  expect(found).toEqual([
    { id: 7, data: '{"a":"ü"}' },
    { id: 8, data: "x" },
  ]);
  expect(parseEvent(": ping")).toBeNull();
});

it("finds a claim behind a citation, whatever name the server is known by", () => {
  const id = "01990c5e-8d5f-7c1e-b5c8-3f2a9d0e4b71";
  const stored = `A [1](/${id}/reference/${CHUNK}). The moon is near.`;
  const start = stored.indexOf("The moon");
  const claim = { number: 0, claim: "The moon is near.", start, end: stored.length, reason: "no_citation" };
  const message = { ...HISTORY[2]!, content: stored.replace("(/", "(https://kb.example.org/store/"), citations: [claim as never] };
  const [turn] = toTurns([HISTORY[0]!, message], new Map());
  const [found] = unsupportedClaims(turn!.content, turn!.citations);
  expect(turn!.content.slice(found!.start, found!.end)).toBe("The moon is near.");
});

it("does not wait for the rest of the last event", async () => {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(new TextEncoder().encode('id: 1\ndata: {"a":1}\n\nid: 2\ndata: {"end":[1, 2'));
    },
  });
  const found = [];
  for await (const event of readEvents(body, '{"end"')) found.push(event.id);
  expect(found).toEqual([1, 2]);
});

it("takes the note of a cut answer away, and no other emphasis", () => {
  const note = "*The answer was cut here, at the longest that the model writes. Ask it to go on.*";
  expect(withoutCut(`Net sales were\n\n${note}`)).toEqual({ text: "Net sales were", isCut: true });
  expect(withoutCut(`${note} is what it says.`)).toMatchObject({ isCut: false });
});
