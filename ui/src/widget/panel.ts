// The conversation in its panel: what is asked, the answer as it grows, and the source of a citation over it.
import { Refused, type Answer, type Citation, type Client, type Message } from "./client";
import { element, renderMarkdown } from "./markdown";
import type { Texts } from "./texts";

const CLOSE = "M6 6l12 12M18 6L6 18";
const BACK = "M15 5l-7 7 7 7";

export class Panel {
  readonly root: HTMLElement;
  private readonly title = element("h2");
  private readonly log = element("div", { className: "log", tabIndex: 0 });
  private readonly sheet = element("div", { className: "log", tabIndex: 0, hidden: true });
  private readonly field = element("textarea", { rows: 1, maxLength: 4000 });
  private readonly button = element("button", { className: "send", type: "submit" });
  private readonly back: HTMLButtonElement;
  private readonly client: Client;
  private readonly texts: Texts;
  private running: number | null = null;
  /** Of several sources that were clicked, the last one is shown. */
  private wanted = 0;
  private hasEntered = false;
  private name = "";

  constructor(client: Client, texts: Texts, close: () => void) {
    this.client = client;
    this.texts = texts;
    this.back = iconButton(texts.back, BACK, () => this.showAnswer());
    this.back.hidden = true;
    this.log.setAttribute("role", "log");
    this.field.setAttribute("aria-label", texts.field);
    this.field.placeholder = texts.placeholder;
    this.button.textContent = texts.ask;
    const form = element("form", {}, [this.field, this.button]);
    this.root = element("section", { className: "panel", hidden: true }, [element("header", {}, [this.back, this.title, iconButton(texts.close, CLOSE, close)]), this.log, this.sheet, form]);
    this.root.setAttribute("role", "dialog");
    this.root.setAttribute("aria-label", texts.open);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    this.field.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.submit();
    });
    this.root.addEventListener("keydown", (event) => (event.key === "Escape" ? close() : undefined));
  }

  async open(): Promise<void> {
    this.root.hidden = false;
    this.field.focus();
    if (this.hasEntered) return;
    this.hasEntered = true;
    try {
      const hadToken = this.client.hasToken;
      const { name, starters, isNew } = await this.client.enter();
      this.name = this.title.textContent = name;
      this.root.setAttribute("aria-label", name);
      if (!isNew) await this.restore();
      else if (hadToken) this.note(this.texts.over);
      if (this.log.childElementCount <= (isNew && hadToken ? 1 : 0)) this.offer(starters);
    } catch (error) {
      this.hasEntered = false;
      this.fault(error);
    }
  }

  private async restore(): Promise<void> {
    const messages = await this.client.history();
    for (const message of messages) {
      if (message.role === "user") this.question(message.content);
      else this.draw(element("div"), asAnswer(message), true);
    }
    const last = messages.at(-1);
    if (last?.role === "user") await this.follow((tell) => this.client.resume(last.query_id, tell));
  }

  private offer(starters: string[]): void {
    for (const starter of starters) {
      const button = element("button", { className: "starter", type: "button", dir: "auto" }, [starter]);
      button.addEventListener("click", () => void this.ask(starter));
      this.log.append(button);
    }
  }

  private submit(): void {
    if (this.running !== null) {
      void this.client.stop(this.running).catch(() => undefined);
      return;
    }
    const question = this.field.value.trim();
    if (!question || this.button.disabled) return;
    this.field.value = "";
    void this.ask(question);
  }

  private async ask(question: string): Promise<void> {
    this.showAnswer();
    for (const starter of this.log.querySelectorAll(".starter")) starter.remove();
    this.question(question);
    const isTaken = await this.follow((tell) => this.client.ask(question, tell));
    if (!isTaken && !this.field.value) this.field.value = question;
  }

  /** Draws an answer as it comes; whether it could be asked for. */
  private async follow(begin: (tell: (answer: Answer) => void) => Promise<void>): Promise<boolean> {
    const place = element("div");
    place.append(element("p", { className: "note" }, [this.texts.working]));
    this.log.append(place);
    place.scrollIntoView({ block: "nearest" });
    this.button.disabled = true;
    let latest: Answer | null = null;
    let isScheduled = false;
    try {
      await begin((answer) => {
        latest = { ...answer };
        this.running = answer.queryId;
        this.button.disabled = false;
        this.button.textContent = this.texts.stop;
        if (isScheduled) return;
        isScheduled = true;
        requestAnimationFrame(() => {
          isScheduled = false;
          if (latest) this.draw(place, latest, false);
        });
      });
      if (latest) this.draw(place, latest, true);
      return true;
    } catch (error) {
      if (latest) this.draw(place, latest, true);
      else place.remove();
      this.fault(error);
      return false;
    } finally {
      this.running = null;
      this.button.disabled = false;
      this.button.textContent = this.texts.ask;
    }
  }

  private draw(place: HTMLElement, answer: Answer, isWhole: boolean): void {
    const box = this.log;
    const isAtEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 80;
    const cite = (number: number, chunk: string) => this.citation(number, chunk, answer.citations);
    place.replaceChildren(renderMarkdown(answer.content, cite, !isWhole));
    const notes: Partial<Record<Answer["state"], string>> = { stopped: this.texts.stopped, lost: this.texts.lost, failed: answer.error || this.texts.failed, ...(answer.content ? {} : { running: this.texts.working }) };
    const note = notes[answer.state];
    if (note) place.append(element("p", { className: answer.state === "failed" ? "note warn" : "note" }, [note]));
    if (!place.isConnected) box.append(place);
    if (isAtEnd) box.scrollTop = box.scrollHeight;
  }

  private citation(number: number, chunk: string, citations: Citation[]): HTMLElement {
    const known = citations.find((each) => each.number === number);
    const button = element("button", { className: known?.status === "unverified" ? "cite unsure" : "cite", type: "button" }, [String(number)]);
    button.setAttribute("aria-label", [this.texts.source, number, known?.document_name].filter(Boolean).join(" "));
    button.addEventListener("click", () => void this.showSource(known?.chunk_id ?? chunk, known?.verbatim ?? null));
    return button;
  }

  private async showSource(chunk: string, verbatim: string | null): Promise<void> {
    const mine = ++this.wanted;
    try {
      const source = await this.client.source(chunk, verbatim);
      if (mine !== this.wanted) return;
      const { content, start, end } = source;
      const words = start === null || end === null ? [content] : [content.slice(0, start), element("mark", {}, [content.slice(start, end)]), content.slice(end)];
      this.title.textContent = source.document_name;
      this.sheet.replaceChildren(
        element("p", { className: "note" }, [[source.place, ...source.heading_path].filter(Boolean).join(" · ")]),
        ...(source.is_current ? [] : [element("p", { className: "note warn" }, [this.texts.old])]),
        element("p", { className: "passage", dir: "auto" }, words),
      );
    } catch {
      if (mine !== this.wanted) return;
      this.sheet.replaceChildren(element("p", { className: "note warn" }, [this.texts.gone]));
    }
    this.sheet.hidden = this.back.hidden = false;
    this.log.hidden = true;
    this.back.focus();
    this.sheet.querySelector("mark")?.scrollIntoView({ block: "center" });
  }

  private showAnswer(): void {
    this.wanted += 1;
    if (this.sheet.hidden) return;
    this.sheet.hidden = this.back.hidden = true;
    this.log.hidden = false;
    this.title.textContent = this.name;
    this.field.focus();
  }

  private question(text: string): void {
    this.log.append(element("p", { className: "question", dir: "auto" }, [text]));
  }

  private note(text: string, isWarning = false): void {
    this.log.append(element("p", { className: isWarning ? "note warn" : "note" }, [text]));
  }

  private fault(error: unknown): void {
    const status = error instanceof Refused ? error.status : 0;
    this.note(status === 403 || status === 404 ? this.texts.refused : status === 429 ? this.texts.busy : this.texts.failed, true);
  }
}

function asAnswer(message: Message): Answer {
  return { queryId: message.query_id, content: message.content, citations: message.citations ?? [], state: message.state === "stopped" ? "stopped" : "done", error: "" };
}

function iconButton(label: string, path: string, act: () => void): HTMLButtonElement {
  const picture = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  picture.setAttribute("viewBox", "0 0 24 24");
  picture.setAttribute("aria-hidden", "true");
  const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
  line.setAttribute("d", path);
  picture.append(line);
  const button = element("button", { className: "icon", type: "button", title: label }, [picture]);
  button.setAttribute("aria-label", label);
  button.addEventListener("click", act);
  return button;
}
