// Why a document waits, by the code of the reason (WaitCode of the server; a test compares them).
import type { I18n, MessageDescriptor } from "@lingui/core";
import { msg } from "@lingui/core/macro";
import type { Indexing } from "./use-indexing";

export const WAIT_TEXTS: Readonly<Record<string, MessageDescriptor>> = {
  attempt_follows: msg({ message: "attempt {attempt} follows" }),
  database_away: msg`the database does not answer`,
  database_contended: msg`other requests are changing the same data`,
  disk_full: msg`the server's disk is full`,
  earlier_documents: msg`documents of the project that came before it`,
  no_worker: msg`no worker is running`,
  not_queued: msg`nothing is queued for it: try it again`,
  not_started: msg`its reading was not started`,
  project_moving: msg`the project moves to another database`,
  publication: msg`somebody has to publish it`,
  store_away: msg`the file store does not answer`,
  worker_busy: msg`until a worker is free`,
};

/** The server's sentence, which also says what the last attempt met, to its English readers. */
export function waitWords(i18n: I18n, row: Pick<Indexing, "waits_for" | "waits_code" | "waits_values">): string | null {
  const words = WAIT_TEXTS[row.waits_code ?? ""];
  return words && i18n.locale !== "en" ? i18n._(words.id, row.waits_values, words) : row.waits_for;
}
