// Server-sent events out of a fetch, which unlike EventSource can send a body and headers.

export type ServerEvent = { id: number; data: string };

/** The events as they come. One whose data begins with `last` is the last: the rest of it is not waited for. */
export async function* readEvents(body: ReadableStream<Uint8Array>, last?: string): AsyncGenerator<ServerEvent> {
  const reader = body.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>).getReader();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      rest += value;
      let end = rest.indexOf("\n\n");
      while (end >= 0) {
        const event = parseEvent(rest.slice(0, end));
        if (event) yield event;
        rest = rest.slice(end + 2);
        end = rest.indexOf("\n\n");
      }
      if (last && rest.length > last.length) {
        const begun = parseEvent(rest);
        if (begun?.data.startsWith(last)) return yield begun;
      }
    }
  } finally {
    void reader.cancel().catch(() => undefined);
  }
}

/** One event; null for a heartbeat. */
export function parseEvent(text: string): ServerEvent | null {
  let id = 0;
  const data: string[] = [];
  for (const line of text.split("\n")) {
    if (line.startsWith("id:")) id = Number(line.slice(3).trim());
    else if (line.startsWith("data:")) data.push(line.slice(line.startsWith("data: ") ? 6 : 5));
  }
  return data.length > 0 ? { id, data: data.join("\n") } : null;
}
