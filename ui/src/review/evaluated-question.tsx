import { Trans } from "@lingui/react/macro";
import type { ReactNode } from "react";
import { Link } from "wouter";
import { Markdown } from "../conversation/markdown";
import { usePlaceText } from "../conversation/place-text";
import { QueryError } from "../kit/notes";
import { SkeletonLines } from "../kit/skeleton";
import { useQuestion, type Question } from "./use-evaluation";

type Found = { rank?: number; document_id?: string; document_name?: string; min_page?: number | null };

/** An answer of a run: its words, what is missing in them, and what the search had found for it. */
export function EvaluatedQuestion({ run, id, heading }: { run: string; id: string; heading: ReactNode }) {
  const question = useQuestion(run, id);
  return (
    <div className="min-w-0 rounded-md border px-4 py-3">
      <h3 className="mb-1 text-sm font-medium text-muted">{heading}</h3>
      {question.isPending ? <SkeletonLines /> : null}
      <QueryError query={question} />
      {question.data ? <Answer question={question.data} /> : null}
    </div>
  );
}

const REFERENCE = /\/[0-9a-fA-F-]{36}\/reference\/.*$/;

/** Leads to the quoted words on their page; whatever host the address names, it is this server's. */
const renderCitation = (number: number, href: string) => (
  <sup>
    <a href={REFERENCE.exec(href)?.[0]} target="_blank" rel="noopener noreferrer" className="px-0.5 text-accent">
      [{number}]
    </a>
  </sup>
);

function Answer({ question }: { question: Question }) {
  const placeText = usePlaceText();
  const found = question.retrieved as Found[];
  return (
    <>
      {question.error ? <p className="text-danger">{question.error}</p> : null}
      {question.answer ? <Markdown content={question.answer} renderCitation={renderCitation} /> : null}
      {question.missing.length > 0 ? (
        <p className="mt-2 text-sm text-warn">
          <Trans>Missing:</Trans> <span dir="auto">{question.missing.join(" · ")}</span>
        </p>
      ) : null}
      {found.length > 0 ? (
        <details className="mt-2 text-sm">
          <summary className="text-muted">
            <Trans>What the search found</Trans>
          </summary>
          <ol className="mt-1 flex flex-col gap-0.5">
            {found.map((hit, index) => (
              <li key={index} dir="auto" className="truncate">
                <Link href={`/library/${hit.document_id ?? ""}${hit.min_page ? `?page=${hit.min_page}` : ""}`} className="text-accent underline underline-offset-2">
                  {hit.document_name}
                </Link>{" "}
                <span className="text-muted">{placeText({ place: null, page: hit.min_page ?? null })}</span>
              </li>
            ))}
          </ol>
        </details>
      ) : null}
    </>
  );
}
