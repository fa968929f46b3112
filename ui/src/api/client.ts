// The public API, typed from its own OpenAPI document. Errors are thrown, with what the server said.
import createClient from "openapi-fetch";
import type { components, paths } from "./schema.gen";
import { inWords } from "./error-texts";
import { authorizedFetch } from "./fetch";

export type Schema<Name extends keyof components["schemas"]> = components["schemas"][Name];

export const api = createClient<paths>({ baseUrl: "", fetch: authorizedFetch, querySerializer: { array: { style: "form", explode: false } } });

export class ApiError extends Error {
  readonly status: number;
  /** Messages by field, where the server names fields. */
  readonly fields: Readonly<Record<string, string>>;
  /** The server's own sentence, where the message says less than it. */
  readonly detail: string | null;

  constructor(status: number, message: string, fields: Record<string, string> = {}, detail: string | null = null) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.fields = fields;
    this.detail = detail;
  }
}

type Answer<Data> = { data?: Data; error?: unknown; response: Response };

/** The data of an answer; throws ApiError for any other. */
export async function unwrap<Data>(pending: Promise<Answer<Data>>): Promise<Data> {
  const { data, error, response } = await pending;
  if (!response.ok) throw toError(response.status, error);
  return data as Data;
}

export function toError(status: number, body: unknown): ApiError {
  if (body !== null && typeof body === "object") {
    const { error, ...others } = body as Record<string, unknown>;
    if (typeof error === "string") {
      const { text, detail } = inWords(error, others.code);
      return new ApiError(status, text, {}, detail);
    }
    const entries = Object.entries({ error, ...others });
    const fields: Record<string, string> = {};
    for (const [name, value] of entries) if (Array.isArray(value)) fields[name] = sentences(value);
    const said = entries.map(([, value]) => (Array.isArray(value) ? sentences(value) : typeof value === "string" ? value : ""));
    const text = said.filter(Boolean).join(" ");
    if (text) return new ApiError(status, text, fields);
  }
  return new ApiError(status, `${status}`);
}

const sentences = (value: unknown[]): string => value.map((one) => inWords(String(one)).text).join(" ");

/** Rows that the server sends at once; it takes a higher limit as this one. */
const MOST_AT_ONCE = 1000;

/** The first `wanted` rows of a list, in as many requests as that takes, and how many there are. */
export async function firstRows<Row>(load: (limit: number, offset: number) => Promise<{ results: Row[]; count?: unknown }>, wanted: number): Promise<{ results: Row[]; count: number }> {
  const results: Row[] = [];
  for (;;) {
    const page = await load(Math.min(MOST_AT_ONCE, wanted - results.length), results.length);
    results.push(...page.results);
    const count = Number(page.count ?? results.length);
    if (page.results.length === 0 || results.length >= Math.min(wanted, count)) return { results, count };
  }
}

/** Every page of a list, for lists that are short by nature. */
export async function allPages<Row>(load: (limit: number, offset: number) => Promise<{ results: Row[]; count?: unknown }>, most = 1000): Promise<Row[]> {
  const rows: Row[] = [];
  const size = 100;
  while (rows.length < most) {
    const page = await load(size, rows.length);
    rows.push(...page.results);
    if (page.results.length < size) break;
  }
  return rows;
}
