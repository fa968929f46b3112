// What the server says when it refuses, in the reader's language. Its sentences are English, each with a code for programs.
import { i18n, type MessageDescriptor } from "@lingui/core";
import { msg } from "@lingui/core/macro";
import { SENTENCES } from "./sentences";

export type Said = { text: string; /** The server's own sentence, where `text` says less. */ detail: string | null };

/** By the code of an error (ErrorCode of the API). */
export const ERROR_TEXTS: Readonly<Record<string, MessageDescriptor>> = {
  bad_request: msg`The server cannot do that as things stand.`,
  cell_unavailable: msg`The database that holds this project does not answer. Try again shortly.`,
  commit_unconfirmed: msg`What you sent is stored, but not confirmed by the standby. Look whether it is there before you send it again.`,
  conflict: msg`This does not fit what is stored now.`,
  database_unavailable: msg`The database does not answer. Try again in a moment.`,
  file_missing: msg`The file is no longer in the store. Upload it again.`,
  files_held: msg`A backup is being taken, so no files are removed at the moment. Try again later.`,
  forbidden: msg`You do not have the permission for this.`,
  internal: msg`Something went wrong on the server. Its log says what.`,
  not_authenticated: msg`You are not signed in, or no longer. Sign in again.`,
  not_found: msg`It does not exist, or you have no access to it.`,
  overloaded: msg`The server has too much to do. Try again in a moment.`,
  project_moving: msg`The project is moving to another database. Try again in a moment.`,
  storage_denied: msg`The server may not write its own files. Whoever runs it must give it the permission.`,
  storage_full: msg`The server's disk is full, and nothing was stored. Whoever runs it must free some space.`,
  storage_unavailable: msg`The file store does not answer. Try again in a moment.`,
  timeout: msg`It took too long. Ask for less, or try again in a moment.`,
  too_large: msg`It is larger than the server takes.`,
  too_many_requests: msg`Too many requests in a short time. Wait a moment.`,
  unavailable: msg`This is not possible at the moment. Try again later.`,
  unsupported_media_type: msg`The server does not take this kind of file.`,
};

/** The server's sentence as it is to its English readers. To others the same sentence, else what its code says. */
export function inWords(sentence: string, code?: unknown): Said {
  if (!i18n.locale || i18n.locale === "en") return { text: sentence, detail: null };
  const same = SENTENCES[sentence];
  if (same) return { text: i18n._(same), detail: null };
  const kind = typeof code === "string" ? ERROR_TEXTS[code] : undefined;
  return kind ? { text: i18n._(kind), detail: sentence } : { text: sentence, detail: null };
}
