// The columns of a grid are the fields of a class in Python source, as the API takes it. It is read and changed here as text.
export type ColumnKind = "text" | "number" | "integer" | "date" | "boolean" | "choice";
export type Column = { name: string; kind: ColumnKind; question: string };

const PYTHON: Record<Exclude<ColumnKind, "choice">, string> = { text: "str", number: "float", integer: "int", date: "date", boolean: "bool" };
const KINDS: Record<string, ColumnKind> = { str: "text", float: "number", Decimal: "number", int: "integer", date: "date", datetime: "date", bool: "boolean" };
const FIELD = /^[ \t]+([A-Za-z]\w*)[ \t]*:[ \t]*([^=\n]+?)[ \t]*(?:=[ \t]*(.*))?$/gm;
const QUESTION = /description\s*=\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')/;
const INDENT = /^([ \t]+)[A-Za-z]\w*[ \t]*:/m;
const MAX_NAME = 60;

/** The fields of the last class, which is the main one. */
export function columnsOf(source: string): Column[] {
  const main = source.slice(Math.max(source.lastIndexOf("class "), 0));
  return [...main.matchAll(FIELD)].map(([, name = "", annotation = "", rest = ""]) => ({ name, kind: kindOf(annotation), question: unquote(QUESTION.exec(rest)?.[1] ?? "") }));
}

export function newClass(title: string, columns: readonly (Column & { choices?: string[] })[]): string {
  const head = `class ${className(title)}(BaseModel):\n`;
  return columns.reduce((source, column) => withColumn(source, column, column.choices), head);
}

/** The source with one more field at the end of its main class. */
export function withColumn(source: string, column: Column, choices: readonly string[] = []): string {
  const indent = INDENT.exec(source)?.[1] ?? "    ";
  const type = column.kind === "choice" ? `Literal[${choices.map(quote).join(", ")}]` : PYTHON[column.kind];
  return `${source.trimEnd()}\n${indent}${column.name}: ${type} | None = Field(None, description=${quote(column.question)})\n`;
}

/** The source without a field, where that stands in a line of its own. */
export function withoutColumn(source: string, name: string): string {
  return source.replace(new RegExp(`^[ \\t]+${name}[ \\t]*:.*\\n?`, "m"), "");
}

/** A name for a field, made of a question's telling words. */
export function nameFor(question: string, taken: readonly string[]): string {
  const words = question
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .match(/[a-z0-9]+/g);
  const telling = (words ?? []).filter((word) => word.length > 1 && !STOP.has(word)).slice(0, 5);
  const base = ((telling.length > 0 ? telling : (words ?? [])).join("_").replace(/^\d+_?/, "") || "field").slice(0, MAX_NAME);
  let name = base;
  for (let number = 2; taken.includes(name); number++) name = `${base}_${number}`;
  return name;
}

const STOP = new Set("what which who whom when where why how many much long often far after before by from with as per any each must may can should shall will would has have had been not no if then than is are was were be does did do the an of in on at for to and or it its this that there der die das was wer wann wo wie ist sind war den dem des ein eine einer und oder im in am zu".split(" "));

/** As people read it: `total_net_sales` is "Total net sales". */
export function titleOf(name: string): string {
  const words = name.replaceAll("_", " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function kindOf(annotation: string): ColumnKind {
  if (annotation.includes("Literal") || annotation.includes("Enum")) return "choice";
  const word = annotation.match(/\b(str|float|Decimal|int|datetime|date|bool)\b/)?.[1];
  return word ? (KINDS[word] as ColumnKind) : "text";
}

function className(title: string): string {
  const words = title.normalize("NFKD").match(/[A-Za-z0-9]+/g) ?? [];
  const name = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("");
  return /^[A-Za-z]/.test(name) ? name.slice(0, MAX_NAME) : `Grid${name}`.slice(0, MAX_NAME);
}

/** A Python string of one line. JSON's escapes are Python's. */
function quote(text: string): string {
  return JSON.stringify(text.replace(/\s+/g, " ").trim());
}

function unquote(text: string): string {
  if (text.startsWith('"')) {
    try {
      return JSON.parse(text) as string;
    } catch {
      return text.slice(1, -1);
    }
  }
  return text.slice(1, -1);
}
