import { Plural, Trans, useLingui } from "@lingui/react/macro";
import { useState, type FormEvent } from "react";
import { Button } from "../kit/button";
import { TextField } from "../kit/field";
import { CheckIcon, WarnIcon } from "../kit/icons";
import { Note, QueryError } from "../kit/notes";
import { Section } from "../kit/page";
import { SkeletonLines } from "../kit/skeleton";
import { reasonWords } from "./reason-texts";
import { useDiagnosis } from "./use-document";

/** Says whether the document can be found, and where it stands among the results of a query. */
export function Diagnosis({ document }: { document: string }) {
  const { t, i18n } = useLingui();
  const [text, setText] = useState("");
  const [query, setQuery] = useState("");
  const found = useDiagnosis(document, query);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setQuery(text.trim());
  };
  const ranks = found.data?.query;
  const names: Record<string, string> = { words: t`By words`, full_text: t`By words`, meaning: t`By meaning`, semantic: t`By meaning`, hybrid: t`By both`, both: t`By both` };
  return (
    <div className="flex min-h-0 flex-1 flex-col gap-4 overflow-y-auto p-4">
      <form onSubmit={submit} className="flex items-end gap-2">
        <TextField className="flex-1" label={t`What it should be found with`} dir="auto" value={text} onChange={(event) => setText(event.target.value)} />
        <Button type="submit" look="primary">
          <Trans>Check</Trans>
        </Button>
      </form>
      {found.isPending ? <SkeletonLines /> : null}
      <QueryError query={found} />
      {found.data ? (
        <Section title={found.data.searchable ? <Trans>It can be found</Trans> : <Trans>It cannot be found</Trans>}>
          {found.data.reason_details.map((reason) => (
            <Note key={reason.text} tone={found.data.searchable ? "plain" : "warn"}>
              {reasonWords(i18n, reason, found.data.indexing)}
            </Note>
          ))}
          <p className="text-sm text-muted">
            <Plural value={found.data.chunks} one="# chunk" other="# chunks" />, <Plural value={found.data.passages} one="# passage" other="# passages" />, <Trans>{found.data.embedded_passages} of them found by meaning</Trans>
            {found.data.language ? `, ${found.data.language}` : ""}
          </p>
        </Section>
      ) : null}
      {ranks ? (
        <Section title={<Trans>For this query</Trans>}>
          <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1">
            {Object.entries(ranks.ranks as Record<string, number | null>).map(([name, rank]) => (
              <div key={name} className="contents">
                <dt className="text-muted">{names[name] ?? name}</dt>
                <dd>{rank === null ? <Trans>not among the results</Trans> : <Trans>place {rank}</Trans>}</dd>
              </div>
            ))}
          </dl>
          {ranks.terms_missing.length > 0 ? (
            <p className="flex gap-2 text-warn">
              <WarnIcon className="mt-0.5 shrink-0" />
              <span>
                <Trans>Not in the document: {ranks.terms_missing.join(", ")}</Trans>
              </span>
            </p>
          ) : null}
          {ranks.terms_found.length > 0 ? (
            <p className="flex gap-2 text-accent">
              <CheckIcon className="mt-0.5 shrink-0" />
              <span>
                <Trans>In the document: {ranks.terms_found.join(", ")}</Trans>
              </span>
            </p>
          ) : null}
          {ranks.best_passage ? (
            <blockquote dir="auto" className="border-s-2 ps-3 text-sm whitespace-pre-wrap text-muted">
              {ranks.best_passage}
            </blockquote>
          ) : null}
        </Section>
      ) : null}
    </div>
  );
}
