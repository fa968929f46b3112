// What the server finds of itself, in words, by the code of a finding (HealthCode in src/citewell/kit/finding.py; a test compares them).
import type { I18n, MessageDescriptor } from "@lingui/core";
import { msg } from "@lingui/core/macro";
import type { Schema } from "../api/client";
import { formatBytes, formatNumber } from "../kit/time";
import { FAILURE_TEXTS } from "../library/failure-texts";
import { stepWords } from "../library/step-texts";

type Finding = Schema<"FindingOut">;
type Words = Readonly<Record<string, MessageDescriptor>>;

/** By what stands before the dot of a code. */
const SUBJECTS: Words = {
  allowed_hosts: msg`allowed hosts`,
  backup: msg`backup`,
  cell: msg({ message: "cell {name}" }),
  connections: msg`connections`,
  database: msg`database`,
  disk: msg`disk`,
  documents: msg`documents`,
  isolation: msg`isolation of parsers`,
  jobs: msg`jobs`,
  log_archive: msg`log archive`,
  loop: msg({ message: "loop {name}" }),
  office: msg`old Office formats`,
  public_address: msg`public address`,
  read_replica: msg`read replica`,
  recognition: msg`text recognition`,
  schema: msg`schema`,
  secret_key: msg`secret key`,
  standby: msg({ message: "standby {name}" }),
  synchronous_standby: msg`synchronous standby`,
};

export const FINDING_TEXTS: Words = {
  "allowed_hosts.any": msg({ message: "The server answers to any host name: set CITEWELL_ALLOWED_HOSTS to [\"{host}\"]." }),
  "backup.none": msg`There is none yet: citewell backup takes one, also while the server runs.`,
  "backup.old": msg({ message: "The last one ended {days, plural, one {# day} other {# days}} ago: take one, and check why no newer one was taken." }),
  "backup.recent": msg({ message: "The last one ended {hours} h ago." }),
  "cell.answers": msg`It answers.`,
  "cell.unreachable": msg({ message: "It does not answer, so its projects are unavailable: {reason}" }),
  "connections.few_left": msg({ message: "{used} of {most} are in use, and a process takes up to 20: raise max_connections, or use pgbouncer." }),
  "connections.enough": msg({ message: "{used} of {most} are in use." }),
  "database.unreadable": msg({ message: "It cannot be examined: {reason}" }),
  "disk.enough": msg({ message: "{free_bytes} of {total_bytes} are free for {folder}." }),
  "disk.low": msg({ message: "Only {free_bytes} of {total_bytes} are free for {folder}: a full disk stores nothing new. Free some space or enlarge it." }),
  "documents.failed": msg`Some could not be processed. Their pages in the library say why; citewell retry tries again.`,
  "documents.fine": msg`None has failed.`,
  "isolation.filter": msg`They reach no network, by a filter of system calls (seccomp).`,
  "isolation.namespace": msg`They reach no network, by a network namespace.`,
  "isolation.none": msg`Not possible here: a converter may fetch what a document links to. Use a firewall, or Linux.`,
  "jobs.flowing": msg({ message: "{jobs, plural, =0 {Nothing waits.} one {# job waits, not for long.} other {# jobs wait, none for long.}} Workers alive: {workers}." }),
  "jobs.late": msg({ message: "Some wait for long: {queues}. Is there a worker for these queues? Start more, or look for one that hangs." }),
  "jobs.no_worker": msg({ message: "{jobs, plural, one {# job waits} other {# jobs wait}} and no worker is alive: citewell serve has one, citewell worker is one." }),
  "log_archive.failing": msg({ message: "{file} cannot be copied to the archive: the disk fills until it can. Look at PostgreSQL's log." }),
  "log_archive.working": msg`The database's log is archived.`,
  "loop.failing": msg({ message: "It fails again and again: {reason}" }),
  "office.missing": msg`DOC, XLS and PPT are refused: install LibreOffice.`,
  "office.ready": msg`LibreOffice reads them.`,
  "public_address.no_tls": msg`CITEWELL_PUBLIC_URL has no TLS, so others can read passwords and tokens: put a proxy in front.`,
  "read_replica.behind": msg({ message: "It is {seconds} s behind, so the primary serves everything: look at its log and network." }),
  "read_replica.disconnected": msg`It receives nothing from its primary, so the primary serves everything: look at its log and network.`,
  "read_replica.following": msg({ message: "It answers, {seconds} s behind." }),
  "read_replica.no_standby": msg`The URL names no standby, so it is not used: name a streaming standby.`,
  "read_replica.no_word_search": msg({ message: "pg_textsearch {version} does not replicate its index, so the primary serves word searches: use 1.2 or later." }),
  "read_replica.unreachable": msg({ message: "It does not answer, so the primary serves everything: {reason}" }),
  "recognition.missing": msg`Missing; scanned pages and pictures fail: install tesseract (apt-get install tesseract-ocr).`,
  "recognition.no_language": msg({ message: "tesseract lacks {missing}: install it, or name others in CITEWELL_RECOGNITION_LANGUAGES. Present: {present}." }),
  "recognition.ready": msg({ message: "tesseract with {languages}." }),
  "schema.outdated": msg({ message: "{current}, and this version needs {newest}: see citewell upgrade --check, then citewell upgrade." }),
  "secret_key.own": msg`Each machine makes one of its own in its data folder: set CITEWELL_SECRET_KEY, the same on all.`,
  "standby.behind": msg({ message: "It is {seconds} s behind: look at its disk and network; long queries there hold replay back." }),
  "standby.following": msg({ message: "{seconds} s behind." }),
  "synchronous_standby.missing": msg({ message: "No standby of synchronous_standby_names ({wanted}) is connected, so each write waits: start one, or empty that setting." }),
};

const IN_CELL = msg({ message: "cell {cell}, {about}" });

type Said = { subject: string; text: string; /** What the sentence is about, one by one. */ lines: string[] };

/** Subject and sentences in the reader's language; in the server's words where the code is unknown. */
export function findingWords(i18n: I18n, finding: Finding): Said {
  const text = FINDING_TEXTS[finding.code ?? ""];
  const subject = SUBJECTS[finding.code?.split(".")[0] ?? ""];
  if (!text || !subject) return { ...finding, lines: [] };
  const values = Object.fromEntries(Object.entries(finding.values).map(([name, value]) => [name, shown(i18n.locale, name, value)]));
  const about = i18n._(subject.id, values, subject);
  return { subject: values.cell ? i18n._(IN_CELL.id, { ...values, about }, IN_CELL) : about, text: i18n._(text.id, values, text), lines: failedSteps(i18n, finding.values.steps) };
}

const FAILED = /(\w+) \((\w+)\): (\d+)/g;

/** Of "parse (damaged): 2, parse (timeout): 1" a line for each, with the reason in words. */
function failedSteps(i18n: I18n, steps: unknown): string[] {
  return [...String(steps ?? "").matchAll(FAILED)].map(([, step = "", code = "", count]) => `${stepWords(i18n, step)}, ${count}\u202f×: ${FAILURE_TEXTS[code] ? i18n._(FAILURE_TEXTS[code]) : code}`);
}

const COUNTED: ReadonlySet<string> = new Set(["jobs", "days"]);

function shown(locale: string, name: string, value: string | number): string | number {
  if (typeof value === "string") return value;
  // What a plural counts; it writes the number itself.
  if (COUNTED.has(name)) return value;
  return name.endsWith("_bytes") ? formatBytes(locale, value) : formatNumber(locale, value, 1);
}
