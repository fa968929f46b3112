import { Trans, useLingui } from "@lingui/react/macro";
import { useState } from "react";
import { Button, IconButton } from "../kit/button";
import { ConfirmButton } from "../kit/confirm-button";
import { CheckIcon, EditIcon, PlusIcon, TrashIcon } from "../kit/icons";
import { MoreButton } from "../kit/more-button";
import { EmptyState, ErrorNote, QueryError } from "../kit/notes";
import { SkeletonLines } from "../kit/skeleton";
import { useAccess } from "../projects/use-access";
import { GroundTruthDialog } from "./ground-truth-dialog";
import { useDeleteGroundTruth, useGroundTruths, type Draft } from "./use-review";

const PAGE = 100;
const NEW: Draft = { query: "", answer: "", additional_notes: "" };

export function GroundTruths() {
  const { t } = useLingui();
  const [limit, setLimit] = useState(PAGE);
  const truths = useGroundTruths(limit);
  const remove = useDeleteGroundTruth();
  const [draft, setDraft] = useState<Draft | null>(null);
  const { mayRun } = useAccess();
  const add = mayRun ? (
    <Button look="primary" onClick={() => setDraft(NEW)}>
      <PlusIcon size={16} />
      <Trans>Add a question</Trans>
    </Button>
  ) : null;
  return (
    <>
      {truths.isPending ? <SkeletonLines /> : null}
      <QueryError query={truths} />
      {remove.isError ? <ErrorNote error={remove.error} /> : null}
      {truths.data?.results.length === 0 ? (
        <EmptyState icon={<CheckIcon size={32} />} title={<Trans>No known answers yet</Trans>} action={add}>
          <Trans>Questions whose right answer you know show whether the answers get better or worse. Feedback can become one.</Trans>
        </EmptyState>
      ) : (
        <div>{add}</div>
      )}
      <ul className="flex flex-col gap-2">
        {(truths.data?.results ?? []).map((truth) => (
          <li key={truth.id} className="flex items-start gap-2 rounded-md border bg-panel px-4 py-3">
            <div className="min-w-0 flex-1">
              <p dir="auto" className="font-medium break-words">
                {truth.query}
              </p>
              <p dir="auto" className="break-words whitespace-pre-wrap text-muted">
                {truth.answer}
              </p>
              {truth.additional_notes ? (
                <p dir="auto" className="mt-1 text-sm break-words text-muted">
                  {truth.additional_notes}
                </p>
              ) : null}
            </div>
            {mayRun ? (
              <>
                <IconButton label={t`Edit`} small onClick={() => setDraft({ id: truth.id, query: truth.query, answer: truth.answer, additional_notes: truth.additional_notes })}>
                  <EditIcon size={16} />
                </IconButton>
                <ConfirmButton small look="quiet" aria-label={t`Delete`} question={t`Really delete?`} disabled={remove.isPending} onConfirm={() => remove.mutate(truth.id)}>
                  <TrashIcon size={16} className="text-muted" />
                </ConfirmButton>
              </>
            ) : null}
          </li>
        ))}
      </ul>
      <MoreButton shown={truths.data?.results.length ?? 0} total={truths.data?.count ?? 0} isPending={truths.isFetching} onMore={() => setLimit(limit + PAGE)} />
      {draft ? <GroundTruthDialog draft={draft} onClose={() => setDraft(null)} /> : null}
    </>
  );
}
