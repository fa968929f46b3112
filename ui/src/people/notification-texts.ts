// What notifications say, by their kind and the code of their message (notifications/codes.py of the server; a test compares them).
import type { I18n, MessageDescriptor } from "@lingui/core";
import { msg } from "@lingui/core/macro";
import type { Schema } from "../api/client";

type Notification = Pick<Schema<"NotificationOut">, "notification_type" | "title" | "message" | "message_code" | "message_values">;
type Words = Readonly<Record<string, MessageDescriptor>>;

export const TITLES: Words = {
  conversation_shared: msg`A conversation was shared with you`,
  evaluation_worse: msg`Answers got worse`,
  feedback_to_review: msg`Feedback to review`,
  interview_assigned: msg`You are asked for an interview`,
  interview_completed: msg`An interview is completed`,
  pipeline_run_completed: msg`Documents are ready`,
  pipeline_run_failed: msg`Documents could not be read`,
  project_invite: msg`You have a new project`,
  webhook_disabled: msg`A webhook was switched off`,
};

export const MESSAGES: Words = {
  conversation_shared: msg({ message: "{by} shared “{name}” with the members of this project." }),
  documents_failed: msg({ message: "{documents, plural, one {The document could not be processed. Its page says why.} other {{failed, plural, one {1 of {documents} documents could not be processed. Its page says why.} other {# of {documents} documents could not be processed. Their pages say why.}}}}" }),
  documents_ready: msg({ message: "{documents, plural, one {# document is ready.} other {# documents are ready.}}" }),
  documents_to_publish: msg({ message: "{documents, plural, one {# document is ready to be published.} other {# documents are ready to be published.}}" }),
  evaluation_worse: msg({ message: "{name}, {agent}: of {pairs, plural, one {# answer} other {# answers}}, {worse} got worse than in the run before and {better} got better." }),
  feedback_to_review: msg({ message: "{by}: {feedback}" }),
  interview_assigned: msg({ message: "{by} would like to hear what you know about “{topic}”." }),
  interview_completed: msg({ message: "{by} completed the interview about “{topic}”. {changes, plural, =0 {No change is proposed.} one {# change is proposed.} other {# changes are proposed.}}" }),
  project_invite: msg({ message: "{by} gave you access to the project “{project}”." }),
  webhook_gone: msg({ message: "{url}: the address answered that it is gone (410)." }),
  webhook_silent: msg({ message: "{url}: no delivery has arrived for {days, plural, one {# day} other {# days}}." }),
};

/** What is said where people wrote nothing: by the code, the value that may be empty, and the words without it. */
const UNSAID: Readonly<Record<string, readonly [name: string, words: MessageDescriptor]>> = {
  feedback_to_review: ["feedback", msg({ message: "{by} rated an answer." })],
  interview_assigned: ["topic", msg({ message: "{by} would like to hear what you know." })],
  interview_completed: ["topic", msg({ message: "{by} completed the interview. {changes, plural, =0 {No change is proposed.} one {# change is proposed.} other {# changes are proposed.}}" })],
};

export function titleWords(i18n: I18n, row: Notification): string {
  const words = TITLES[row.notification_type];
  return words ? i18n._(words) : row.title;
}

/** The server's own sentence where the notification is older than its code. */
export function messageWords(i18n: I18n, row: Notification): string {
  const [name, without] = UNSAID[row.message_code ?? ""] ?? [];
  const words = name && row.message_values[name] === "" ? without : MESSAGES[row.message_code ?? ""];
  return words ? i18n._(words.id, row.message_values, words) : row.message;
}
