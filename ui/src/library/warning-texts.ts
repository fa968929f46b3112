// What could not be read of a document, by code (WarningCode of the server; a test compares them).
import type { I18n, MessageDescriptor } from "@lingui/core";
import { msg } from "@lingui/core/macro";
import type { Schema } from "../api/client";

export const WARNING_TEXTS: Readonly<Record<string, MessageDescriptor>> = {
  attachment_not_read: msg({ message: "The attachment {name} was not read." }),
  attachments_cut: msg({ message: "Only the first {most} of {count} attachments were read." }),
  columns_cut: msg({ message: "Columns behind {column} were left out of the sheet {sheet}." }),
  encrypted_message: msg`The message is encrypted. Only those it was sent to can read its text.`,
  fonts_unmapped: msg({ message: "The fonts do not tell their characters, so the text may be wrong there. Pages: {pages}. Export the PDF again as PDF/A." }),
  formulas_without_values: msg({ message: "{count, plural, one {# formula has} other {# formulas have}} no values in the file. Save it in its program, or install LibreOffice on the server." }),
  hidden_cells: msg({ message: "Hidden rows or columns were left out of the sheet {sheet}." }),
  hidden_sheets: msg({ message: "Hidden sheets were left out: {names}" }),
  illegible: msg({ message: "{share} of the text cannot be read, because of the file's encoding or its fonts." }),
  invalid_json: msg`This is no valid JSON, so it is taken as plain text.`,
  named_otherwise: msg({ message: "The name says {suffix}, but the content is of another kind. It was read by its content." }),
  nested_too_deeply: msg`The text is nested too deeply, so it is taken as plain text.`,
  object_not_read: msg({ message: "An embedded object ({program}) was not read. Place: {place}." }),
  pages_not_recognised: msg({ message: "{count} of {total} pages have no text, and none was recognised." }),
  pages_without_text: msg({ message: "{count} of {total} pages have no text. They are blank or broken." }),
  part_not_read: msg`A part of the document was not read.`,
  parts_cut: msg({ message: "Only the first {most} parts of the message were read." }),
  picture_doubtful: msg({ message: "Text in a picture was recognised with low confidence ({confidence}). Pages: {pages}. Compare what is quoted with the page." }),
  picture_left_out: msg({ message: "Text in a picture could not be recognised ({confidence}) and is left out. Pages: {pages}. Scan it again, straight and with a higher resolution." }),
  picture_without_text: msg({ message: "No text was recognised in a picture. Pages: {pages}." }),
  pictures_not_read: msg({ message: "Pictures were not read. Pages: {pages}." }),
  salvaged: msg`The file is damaged. The list of its objects was missing and was made anew.`,
  sealed_part_damaged: msg`A part of the message that is signed or encrypted (S/MIME) is damaged.`,
  sealed_too_deeply: msg`There are too many signed messages in signed messages.`,
};

/** The server's sentence, which also says why, to its English readers. */
export function warningWords(i18n: I18n, row: Schema<"WarningDetail">): string {
  const words = WARNING_TEXTS[row.code ?? ""];
  if (!words || i18n.locale === "en") return row.text;
  const said = i18n._(words.id, row.values, words);
  return row.values.within ? `${row.values.within}: ${said}` : said;
}
