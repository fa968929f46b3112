// The messages of a conversation as docs/streaming.md and docs/citations.md describe them.

export type Citation = {
  number: number;
  chunk_id: string | null;
  document_id: string | null;
  document_name: string;
  min_page: number | null;
  max_page: number | null;
  place?: string | null;
  heading_path?: string[];
  warning?: string | null;
  verbatim: string | null;
  start: number | null;
  end: number | null;
  verified: boolean;
  status: "verified" | "normalized" | "unverified";
  reason: string | null;
  reference_url: string | null;
  claim?: string;
};

export type Hit = {
  uuid?: string;
  label?: string;
  content?: string;
  passage?: string;
  name?: string;
  document_id?: string;
  score?: number;
  similarity?: number | null;
  min_page?: number | null;
  max_page?: number | null;
  place?: string | null;
  error?: string;
  message?: string;
  [more: string]: unknown;
};

export type Step =
  | { kind: "tool"; id: string; name: string; type: string; parameters: Record<string, unknown>; results: Hit[] | null }
  | { kind: "reasoning"; content: string };

export type Message = {
  role: "user" | "assistant";
  type: string;
  content: string;
  query_id: number;
  timestamp?: string;
  user_id?: string;
  tool_type?: string;
  tool_name?: string;
  tool_call_id?: string;
  input_parameters?: Record<string, unknown>;
  results?: Hit[];
  citations?: Citation[];
  state?: "stopped" | "failed";
  used_tokens_input?: number;
  used_tokens_output?: number;
};

export type TurnState = "running" | "completed" | "stopped" | "failed";

/** A question and what has been said to it so far. */
export type TurnView = {
  queryId: number;
  question: string;
  askedAt: string | null;
  steps: Step[];
  content: string;
  citations: Citation[];
  /** The answer's text is whole and its citations are checked. */
  isFinal: boolean;
  state: TurnState;
  error: { code: string; message: string } | null;
  tokens: { input: number; output: number } | null;
};

/** A citation of the text: what it names, and what is known of that. */
export type Source = {
  number: number;
  chunkId: string | null;
  verbatim: string | null;
  documentId: string | null;
  documentName: string;
  place: string | null;
  page: number | null;
  /** `checking`: the answer is being written; `found`: a passage of a search, which nobody has quoted. */
  status: Citation["status"] | "checking" | "found";
  reason: string | null;
  /** Why the quoted words may be wrong, like a scan that was hard to read. */
  warning?: string | null;
};
