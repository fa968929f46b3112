// Why a document could not be read, in words, by the code of its error (FAILURE_CODES of the server; a test compares them).
import type { I18n, MessageDescriptor } from "@lingui/core";
import { msg } from "@lingui/core/macro";

export const FAILURE_TEXTS: Readonly<Record<string, MessageDescriptor>> = {
  content_mismatch: msg`The name of the file does not fit its content. Give it its right name, or export it again.`,
  crashed: msg`Reading the file stopped unexpectedly. Open it in its program, save it again and upload that.`,
  damaged: msg`The file is damaged or cut off. Open it in its program, save it again and upload that.`,
  empty: msg`No text was found in the file.`,
  empty_file: msg`The file is empty. Upload it again.`,
  encrypted: msg`The file is protected. Save it without its password and upload that.`,
  internal: msg`Something went wrong on the server. Its log says what.`,
  memory: msg`The file needs more memory than one file may use. Split it into smaller ones.`,
  no_converter: msg`This is an old format, for which the server needs LibreOffice. Save the file in the newer format.`,
  no_recognition: msg`Its text is only in pictures, and the server has no text recognition. Upload a file with text.`,
  old_office: msg`This is a damaged or a very old Office file. Save it as DOCX, XLSX or PPTX.`,
  storage_full: msg`The server's disk is full. Whoever runs it must free some space.`,
  timeout: msg`Reading the file took too long. Split it into smaller ones.`,
  too_large: msg`The file is too large to be read. Split it into smaller ones.`,
  unknown_type: msg`Files of this kind cannot be read here.`,
  unreadable: msg`Its text could not be recognised with certainty. Scan it again, straight and with a higher resolution.`,
};

type Failure = { code?: string | null; message?: string; error?: string };

/** The server's sentence, which has the numbers, to its English readers; to others what its code says. */
export function failureWords(i18n: I18n, failure: Failure): string {
  const said = failure.message ?? failure.error ?? failure.code ?? "";
  const kind = FAILURE_TEXTS[failure.code ?? ""];
  return kind && (i18n.locale !== "en" || !said) ? i18n._(kind) : said;
}
