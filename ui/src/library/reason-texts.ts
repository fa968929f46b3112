// Why a document is not found, by code (ReasonCode of the server; a test compares them).
import type { I18n, MessageDescriptor } from "@lingui/core";
import { msg } from "@lingui/core/macro";
import type { Schema } from "../api/client";
import { failureWords } from "./failure-texts";
import { waitWords } from "./wait-texts";
import { warningWords } from "./warning-texts";

export const REASON_TEXTS: Readonly<Record<string, MessageDescriptor>> = {
  below_others: msg({ message: "Others fit this query better. It ranks below the first {first}." }),
  deleted: msg`The document was deleted, so searches leave it out. Upload it again.`,
  failed: msg({ message: "Its newest version failed: {failure}" }),
  failed_old_found: msg({ message: "Its newest version failed: {failure} The version before it is still found." }),
  no_model: msg`No embedding model is loaded, so it is found by its words alone.`,
  no_text: msg`It has no text that could be searched. All of its blocks may be of excluded types.`,
  no_words: msg`It contains none of the query's words, and other documents are closer to it in meaning.`,
  rank: msg({ message: "For this query it is result {rank}. Ask for at least that many, or narrow the search by a filter." }),
  underway: msg({ message: "It is still being processed. {waits}" }),
  underway_old_found: msg({ message: "It is still being processed. {waits} Until then its old version is found." }),
  unknown_language: msg({ message: "The embedding model does not know its language ({language}), so its words find it." }),
  vectors_missing: msg`Some of its passages have no vectors of the current model yet. They are found by their words.`,
};

const WAITS = msg({ message: "Waits: {waits}." });

/** A warning of the document is a reason too. */
export function reasonWords(i18n: I18n, reason: Schema<"WarningDetail">, { error, ...row }: Schema<"IndexingStatus">): string {
  const words = REASON_TEXTS[reason.code ?? ""];
  if (!words || i18n.locale === "en") return warningWords(i18n, reason);
  const waits = waitWords(i18n, row);
  return i18n._(words.id, { ...reason.values, failure: error ? failureWords(i18n, error) : "", waits: waits ? i18n._(WAITS.id, { waits }, WAITS) : "" }, words);
}
