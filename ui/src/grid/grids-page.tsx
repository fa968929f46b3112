import { Trans, useLingui } from "@lingui/react/macro";
import { useState } from "react";
import { Link, useLocation } from "wouter";
import { Button } from "../kit/button";
import { GridIcon, PlusIcon } from "../kit/icons";
import { EmptyState, QueryError } from "../kit/notes";
import { PageFrame } from "../kit/page";
import { SkeletonLines } from "../kit/skeleton";
import { useTitle } from "../kit/use-title";
import { useAccess } from "../projects/use-access";
import { useProject } from "../projects/use-projects";
import { ColumnDialog } from "./column-dialog";
import { columnsOf, titleOf } from "./columns";
import { useGrids, useMakeGrid } from "./use-grid";

/** The grids of the project: questions that are asked of many documents at once. */
export default function GridsPage() {
  const { t } = useLingui();
  const project = useProject();
  const access = useAccess();
  const grids = useGrids();
  const make = useMakeGrid();
  const [, navigate] = useLocation();
  const [isMaking, setMaking] = useState(false);
  useTitle(t`Grid`, project.name);
  const button = access.mayRun ? (
    <Button look="primary" onClick={() => setMaking(true)}>
      <PlusIcon size={16} />
      <Trans>New grid</Trans>
    </Button>
  ) : null;
  const rows = grids.data ?? [];
  return (
    <PageFrame title={<Trans>Grid</Trans>} actions={rows.length > 0 ? button : null}>
      {grids.isPending ? <SkeletonLines /> : null}
      <QueryError query={grids} />
      {grids.isSuccess && rows.length === 0 ? (
        <EmptyState icon={<GridIcon size={32} />} title={<Trans>Ask all documents at once</Trans>} action={button}>
          <Trans>A grid has a row for each document and a column for each question. Every cell shows the words that it was read from.</Trans> {access.isKnown && !access.mayRun ? <Trans>Members who may add documents can create one.</Trans> : null}
        </EmptyState>
      ) : null}
      <ul className="flex flex-col gap-3">
        {rows.map((grid) => (
          <li key={grid.id}>
            <Link href={`/grid/${grid.id}`} className="block rounded-lg border bg-panel p-4 hover:border-accent">
              <span dir="auto" className="font-semibold">
                {grid.name}
              </span>
              <span dir="auto" className="mt-1 block truncate text-sm text-muted">
                {columnsOf(grid.extractable_pydantic_class ?? "")
                  .map((column) => titleOf(column.name))
                  .join(" · ")}
              </span>
            </Link>
          </li>
        ))}
      </ul>
      {isMaking ? (
        <ColumnDialog
          hasName
          title={t`New grid`}
          taken={[]}
          error={make.error}
          isPending={make.isPending}
          onClose={() => setMaking(false)}
          onSave={(column, choices, name) => make.mutate({ name, column, choices }, { onSuccess: (made) => navigate(`/grid/${made.id}?run=1`) })}
        />
      ) : null}
    </PageFrame>
  );
}
