// The steps of reading a document, in words, by the names of src/citewell/ingestion/pipeline.py; a test compares them.
import type { I18n, MessageDescriptor } from "@lingui/core";
import { msg } from "@lingui/core/macro";

export const STEP_TEXTS: Readonly<Record<string, MessageDescriptor>> = {
  parse: msg`Read`,
  chunk: msg`Cut into passages`,
  embed: msg`Analyse and embed`,
  publish: msg`Publish`,
};

export const stepWords = (i18n: I18n, step: string): string => (STEP_TEXTS[step] ? i18n._(STEP_TEXTS[step]) : step);
