// The few texts of the widget, in the language of the page that shows it.
const ENGLISH = {
  open: "Ask a question",
  close: "Close",
  ask: "Ask",
  field: "Your question",
  placeholder: "Ask a question",
  stop: "Stop the answer",
  working: "Searching the documents",
  lost: "The connection is lost. The answer comes back by itself.",
  stopped: "You stopped this answer here.",
  failed: "The answer could not be made. Ask again.",
  refused: "This page may not use the widget.",
  busy: "There were too many questions. Try again later.",
  over: "The last conversation has expired. This is a new one.",
  source: "Source",
  back: "Back to the answer",
  gone: "This source cannot be shown: the document may have been deleted.",
  old: "The document has changed since.",
};
const GERMAN: typeof ENGLISH = {
  open: "Frage stellen",
  close: "Schließen",
  ask: "Fragen",
  field: "Ihre Frage",
  placeholder: "Stellen Sie eine Frage",
  stop: "Antwort anhalten",
  working: "Die Dokumente werden durchsucht",
  lost: "Die Verbindung ist unterbrochen. Die Antwort kommt von selbst wieder.",
  stopped: "Hier haben Sie die Antwort angehalten.",
  failed: "Die Antwort ist nicht gelungen. Fragen Sie noch einmal.",
  refused: "Diese Seite darf das Widget nicht verwenden.",
  busy: "Es waren zu viele Fragen. Versuchen Sie es später noch einmal.",
  over: "Das letzte Gespräch ist abgelaufen. Dies ist ein neues.",
  source: "Quelle",
  back: "Zurück zur Antwort",
  gone: "Diese Quelle kann nicht gezeigt werden: Das Dokument wurde vielleicht gelöscht.",
  old: "Das Dokument hat sich seitdem geändert.",
};

export type Texts = typeof ENGLISH;

export function textsOf(language: string): Texts {
  return language.toLowerCase().startsWith("de") ? GERMAN : ENGLISH;
}
