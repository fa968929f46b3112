import { Plural, Trans, useLingui } from "@lingui/react/macro";
import { useState } from "react";
import { cx } from "../kit/cx";
import { CheckIcon, RightIcon, SearchIcon, BulbIcon } from "../kit/icons";
import { formatNumber } from "../kit/time";
import { usePlaceText } from "./place-text";
import type { Hit, Step, TurnView } from "./types";

type ToolStep = Extract<Step, { kind: "tool" }>;

/** One line that says what is being done; it goes when the text comes. */
export function WorkingLine({ turn, isStopping }: { turn: TurnView; isStopping: boolean }) {
  const { t } = useLingui();
  const last = turn.steps.at(-1);
  const text = isStopping
    ? t`Stopping`
    : last?.kind === "tool" && last.results === null
      ? t`Searching: ${describe(last)}`
      : last?.kind === "tool"
        ? t`Reading what was found`
        : last?.kind === "reasoning"
          ? t`Thinking`
          : t`Starting`;
  return (
    <p className="flex items-center gap-2 text-muted">
      <span className="size-3 shrink-0 rounded-full border-2 border-line-strong border-t-accent animate-turn" aria-hidden="true" />
      <span dir="auto" className="min-w-0 truncate">
        {text}
      </span>
    </p>
  );
}

/** What was searched, found and cited: one line that opens. */
export function Steps({ turn, citedChunks, isOpenAtFirst }: { turn: TurnView; citedChunks: ReadonlySet<string>; isOpenAtFirst: boolean }) {
  const [choice, setChoice] = useState<boolean | null>(null);
  const isOpen = choice ?? isOpenAtFirst;
  const tools = turn.steps.filter((step): step is ToolStep => step.kind === "tool");
  const isSearching = tools.some((step) => step.results === null);
  const passages = new Set(tools.flatMap((step) => hitsOf(step).map((hit) => hit.uuid))).size;
  // Until something has been found, the line above says what is being done.
  if (!turn.steps.some((step) => step.kind === "reasoning" || step.results !== null)) return null;
  return (
    <div>
      <button type="button" aria-expanded={isOpen} onClick={() => setChoice(!isOpen)} className="-ms-1 inline-flex items-center gap-1 rounded-md px-1 py-0.5 text-sm text-muted hover:bg-hover hover:text-text">
        <RightIcon size={14} className={cx("transition-transform duration-100", isOpen && "rotate-90")} />
        {isSearching ? (
          <Trans>Searching</Trans>
        ) : tools.length > 0 ? (
          <span>
            <Plural value={tools.length} one="Searched once" other="Searched # times" />, <Plural value={passages} one="# passage" other="# passages" />
          </span>
        ) : (
          <Trans>Thought about it</Trans>
        )}
      </button>
      {isOpen ? (
        <ol className="mt-1 mb-2 flex flex-col gap-3 border-s-2 ps-3 text-sm">
          {turn.steps.map((step, index) => (
            <li key={index}>{step.kind === "tool" ? <ToolCall step={step} citedChunks={citedChunks} /> : <Reasoning content={step.content} />}</li>
          ))}
        </ol>
      ) : null}
    </div>
  );
}

function Reasoning({ content }: { content: string }) {
  return (
    <div className="flex gap-2 text-muted">
      <BulbIcon size={16} className="mt-0.5 shrink-0" />
      <p dir="auto" className="whitespace-pre-wrap">
        {content}
      </p>
    </div>
  );
}

function ToolCall({ step, citedChunks }: { step: ToolStep; citedChunks: ReadonlySet<string> }) {
  const hits = hitsOf(step);
  const fault = step.results?.find((hit) => !hit.uuid && (hit.error ?? hit.message));
  return (
    <div className="flex flex-col gap-1">
      <div className="flex gap-2">
        <SearchIcon size={16} className="mt-0.5 shrink-0 text-muted" />
        <div className="min-w-0">
          <span dir="auto" className="font-medium">
            {describe(step)}
          </span>{" "}
          <span className="text-muted">{step.name}</span>
          <Parameters parameters={step.parameters} />
        </div>
      </div>
      {fault ? <p className="ms-6 text-warn">{String(fault.error ?? fault.message)}</p> : null}
      {step.results !== null && hits.length === 0 && !fault ? (
        <p className="ms-6 text-muted">
          <Trans>Nothing found</Trans>
        </p>
      ) : null}
      {hits.length > 0 ? (
        <ul className="ms-6 flex flex-col">
          {hits.map((hit, index) => (
            <HitRow key={`${hit.uuid}-${index}`} hit={hit} isCited={citedChunks.has(hit.uuid ?? "")} />
          ))}
        </ul>
      ) : null}
    </div>
  );
}

function Parameters({ parameters }: { parameters: Record<string, unknown> }) {
  const rest = Object.entries(parameters).filter(([name, value]) => name !== "query" && name !== "question" && value !== null && value !== "" && !(Array.isArray(value) && value.length === 0));
  if (rest.length === 0) return null;
  return (
    <ul className="mt-0.5 flex flex-wrap gap-1">
      {rest.map(([name, value]) => (
        <li key={name} className="rounded-sm border px-1 text-xs text-muted">
          {name}: {typeof value === "string" ? value : JSON.stringify(value)}
        </li>
      ))}
    </ul>
  );
}

function HitRow({ hit, isCited }: { hit: Hit; isCited: boolean }) {
  const { t, i18n } = useLingui();
  const placeText = usePlaceText();
  const score = hit.similarity ?? hit.score;
  return (
    <li className="grid grid-cols-[1fr_auto] gap-x-3 border-t py-1 first:border-t-0">
      <span dir="auto" className="truncate">
        {hit.name} <span className="text-muted">{placeText({ place: hit.place ?? null, page: hit.min_page ?? null })}</span>
      </span>
      <span className="flex items-center gap-2 text-muted">
        {isCited ? (
          <span className="flex items-center gap-0.5 text-accent">
            <CheckIcon size={14} />
            <Trans>cited</Trans>
          </span>
        ) : null}
        {typeof score === "number" ? <span title={t`Score`}>{formatNumber(i18n.locale, score, 3)}</span> : null}
      </span>
      <span dir="auto" className="col-span-2 truncate text-muted">
        {(hit.passage ?? hit.content ?? "").replace(/\s+/g, " ").slice(0, 240)}
      </span>
    </li>
  );
}

function hitsOf(step: ToolStep): Hit[] {
  return (step.results ?? []).filter((hit) => typeof hit.uuid === "string");
}

function describe(step: ToolStep): string {
  const query = step.parameters.query ?? step.parameters.question ?? Object.values(step.parameters).find((value) => typeof value === "string");
  return typeof query === "string" && query ? query : step.name;
}
