import { Trans, useLingui } from "@lingui/react/macro";
import { useState, type FormEvent } from "react";
import { Link, useLocation, useSearch } from "wouter";
import { Button, BUTTON_LINK } from "../kit/button";
import { CheckField, SelectField, TextField } from "../kit/field";
import { SearchIcon } from "../kit/icons";
import { EmptyState, QueryError } from "../kit/notes";
import { SkeletonLines } from "../kit/skeleton";
import { useEscape } from "../kit/use-escape";
import { usePane } from "../kit/use-pane";
import { useIsCovered } from "../kit/use-sheet";
import { useTitle } from "../kit/use-title";
import { useLibraryState } from "../library/use-indexing";
import { useAccess } from "../projects/use-access";
import { useProject } from "../projects/use-projects";
import SourcePane from "../source/source-pane";
import { SearchFilters } from "./search-filters";
import { SearchResult, type Result } from "./search-result";
import { usePassages, type Mode } from "./use-passages";

/** Passages without a conversation. What is searched for stands in the address. */
export default function SearchPage() {
  const { t } = useLingui();
  const project = useProject();
  const [path, navigate] = useLocation();
  const address = new URLSearchParams(useSearch());
  const query = address.get("q") ?? "";
  const mode = (address.get("by") ?? "hybrid") as Mode;
  const collection = address.get("in") ?? "";
  const number = Number(address.get("source") ?? Number.NaN);
  const [text, setText] = useState(query);
  const [asked, setAsked] = useState(query);
  if (asked !== query) {
    // The address has changed: by a link, or a step back.
    setAsked(query);
    setText(query);
  }
  const [hasScores, setScores] = useState(false);
  const library = useLibraryState();
  const access = useAccess();
  const isReading = (library?.busy ?? 0) > 0;
  const isEmpty = library?.total === 0;
  const tag = address.get("tag") ?? "";
  const metadata = address.get("with") ?? "";
  const found = usePassages({ query, mode, collection, tag, metadata });
  useTitle(query || t`Search`, project.name);
  const go = (changes: Record<string, string>) => {
    const next = new URLSearchParams(address);
    next.delete("source");
    for (const [name, value] of Object.entries(changes)) if (value) next.set(name, value);
      else next.delete(name);
    navigate(`${path}?${next}`, { replace: true });
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    go({ q: text.trim() });
  };
  const results = (found.data?.retrieval_results ?? []) as Result[];
  const pane = usePane(address.has("source"), withoutSource(address));
  useEscape(pane.close, address.has("source"));
  const isCovered = useIsCovered(results[number] !== undefined);
  return (
    <div className="flex h-full min-h-0">
      <main inert={isCovered} className="min-w-0 flex-1 overflow-y-auto">
        <div className="mx-auto flex w-full max-w-3xl flex-col gap-4 px-4 py-6">
          <h1 className="text-2xl font-semibold">
            <Trans>Search</Trans>
          </h1>
          <form role="search" onSubmit={submit} className="flex flex-col gap-2">
            <div className="flex items-end gap-2">
              <TextField className="flex-1" label={t`What to look for`} hideLabel type="search" dir="auto" autoFocus placeholder={t`Words, or "words that stand together"`} value={text} onChange={(event) => setText(event.target.value)} />
              <Button type="submit" look="primary">
                <SearchIcon size={16} />
                <Trans context="button">Search</Trans>
              </Button>
            </div>
            <div className="flex flex-wrap items-center gap-3">
              <SelectField className="w-72 max-w-full" label={t`How`} hideLabel value={mode} onChange={(event) => go({ by: event.target.value === "hybrid" ? "" : event.target.value })}>
                <option value="hybrid">{t`By words and meaning`}</option>
                <option value="words">{t`By words`}</option>
                <option value="meaning">{t`By meaning`}</option>
              </SelectField>
              <SearchFilters collection={collection} tag={tag} metadata={metadata} onChange={go} />
              <CheckField label={t`Show scores`} checked={hasScores} onChange={(event) => setScores(event.target.checked)} />
            </div>
          </form>
          <QueryError query={found} />
          {query && found.isPending ? <SkeletonLines count={8} /> : null}
          {!query ? (
            <EmptyState icon={<SearchIcon size={32} />} title={<Trans>Find a passage</Trans>}>
              <Trans>You get the passages themselves, each with its page, without an answer being written.</Trans>
            </EmptyState>
          ) : null}
          {query && isEmpty ? (
            <EmptyState
              title={<Trans>No documents yet</Trans>}
              action={
                access.mayRun ? (
                  <Link href="/library" className={BUTTON_LINK}>
                    <Trans>Add documents</Trans>
                  </Link>
                ) : null
              }
            >
              {access.mayRun || !access.isKnown ? <Trans>There is nothing to search in yet.</Trans> : <Trans>Ask somebody who may upload to add some.</Trans>}
            </EmptyState>
          ) : null}
          {query && !isEmpty && found.isSuccess && results.length === 0 ? (
            <EmptyState title={<Trans>Not in your documents</Trans>}>
              {isReading ? (
                <Trans>Some documents are still being read. Search again in a moment.</Trans>
              ) : (
                <Trans>No passage has these words or their meaning. If you know a document that should be found, its page in the library says why it is not.</Trans>
              )}
            </EmptyState>
          ) : null}
          <ol className={found.isPlaceholderData ? "opacity-60" : undefined} aria-label={t`Passages`}>
            {results.map((result, index) => (
              <SearchResult key={result.uuid} result={result} query={query} hasScore={hasScores} isOpen={index === number} onOpen={() => pane.open(withSource(address, index))} />
            ))}
          </ol>
        </div>
      </main>
      {results[number] ? (
        <SourcePane
          sources={results.map((result, index) => ({ number: index, chunkId: result.chunk_ids[0] ?? result.uuid, verbatim: result.passage, documentId: result.document_id, documentName: result.name, place: result.place ?? null, page: result.min_page, status: "found", reason: null }))}
          number={number}
          title={t`Source`}
          onNumber={(next) => pane.open(withSource(address, next))}
          onClose={pane.close}
        />
      ) : null}
    </div>
  );
}

function withoutSource(address: URLSearchParams): string {
  const rest = new URLSearchParams(address);
  rest.delete("source");
  return rest.toString();
}

function withSource(address: URLSearchParams, index: number): URLSearchParams {
  const next = new URLSearchParams(address);
  next.set("source", String(index));
  return next;
}
