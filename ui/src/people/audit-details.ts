// What an entry of the audit log says beside its action, in words, by the server's names. A test compares them with the server.
import type { I18n, MessageDescriptor } from "@lingui/core";
import { msg } from "@lingui/core/macro";

export const AUDIT_DETAILS: Readonly<Record<string, MessageDescriptor>> = {
  agent_settings: msg`agent`,
  allow_empty: msg`may become empty`,
  artifact: msg`artifact`,
  before: msg`before`,
  by: msg`by`,
  dag: msg`steps`,
  deactivated: msg`deactivated`,
  description: msg`description`,
  documents: msg`with its documents`,
  domains: msg`domains`,
  email: msg`account`,
  enabled: msg`switched on`,
  events: msg`events`,
  family: msg`kind`,
  feedback: msg`feedback`,
  fields: msg`changed`,
  group_permissions: msg`groups`,
  is_admin: msg`admin`,
  is_superuser: msg`runs the server`,
  key: msg`key`,
  kind: msg`kind`,
  method: msg`method`,
  name: msg`name`,
  organization: msg`organisation`,
  origins: msg`websites`,
  path: msg`address`,
  peer: msg`from`,
  permissions: msg`rights`,
  profile: msg`profile`,
  publish_mode: msg`publish mode`,
  questions: msg`questions`,
  questions_per_hour: msg`questions an hour`,
  rows: msg`rows`,
  url: msg`address`,
  user_id: msg`account`,
  version: msg`version`,
};

/** The detail of an entry as "name: value" in the reader's language; what is empty is left out. */
export function detailWords(i18n: I18n, detail: Readonly<Record<string, unknown>>, words: { yes: string; no: string; commandLine: string; rights: (permissions: readonly string[]) => string }): string {
  const shown = (name: string, value: unknown): string => {
    if (typeof value === "boolean") return value ? words.yes : words.no;
    if (name === "by" && value === "command line") return words.commandLine;
    if (typeof value === "string" || typeof value === "number") return String(value);
    const isPlain = Array.isArray(value) && value.every((each) => typeof each === "string" || typeof each === "number");
    if (!isPlain) return JSON.stringify(value);
    return name === "permissions" ? words.rights(value as string[]) : value.join(" ");
  };
  return Object.entries(detail)
    .filter(([, value]) => value !== "" && value !== null)
    .map(([name, value]) => `${AUDIT_DETAILS[name] ? i18n._(AUDIT_DETAILS[name]) : name}: ${shown(name, value)}`)
    .join(", ");
}
