import { Plural, Trans, useLingui } from "@lingui/react/macro";
import { useDeferredValue, useEffect, useMemo, useRef, useState } from "react";
import { Link, useLocation, useParams, useSearch } from "wouter";
import { NotFoundPage } from "../app/not-found-page";
import { Button } from "../kit/button";
import { LeftIcon, PlusIcon } from "../kit/icons";
import { EmptyState, ErrorNote, Note, QueryError } from "../kit/notes";
import { SkeletonLines } from "../kit/skeleton";
import { usePane } from "../kit/use-pane";
import { useIsCovered } from "../kit/use-sheet";
import { useTitle } from "../kit/use-title";
import { useDocuments } from "../library/use-documents";
import { useIndexing } from "../library/use-indexing";
import { useAccess } from "../projects/use-access";
import { useProject } from "../projects/use-projects";
import { CellPane } from "./cell-pane";
import { ColumnDialog } from "./column-dialog";
import { columnsOf, withColumn } from "./columns";
import { GridFilter, passes, type Shown } from "./grid-filter";
import { GridMenu } from "./grid-menu";
import { GridTable } from "./grid-table";
import { useChangeGrid, useGrids, useOutdated, useRows, useRunGrid, type Grid } from "./use-grid";
import { linesOf, ordered, type Line, type Order } from "./values";

export default function GridPage() {
  const { grid: id } = useParams<{ grid: string }>();
  const grids = useGrids();
  if (grids.isPending) return <main className="p-6">{<SkeletonLines count={8} />}</main>;
  if (grids.isLoadingError) return <main className="p-6">{<QueryError query={grids} />}</main>;
  const grid = grids.data.find((each) => each.id === id);
  return grid ? <OpenGrid key={grid.id} grid={grid} /> : <NotFoundPage project />;
}

function OpenGrid({ grid }: { grid: Grid }) {
  const { t, i18n } = useLingui();
  const project = useProject();
  const access = useAccess();
  const [path, navigate] = useLocation();
  const address = new URLSearchParams(useSearch());
  const source = grid.extractable_pydantic_class ?? "";
  const columns = useMemo(() => columnsOf(source), [source]);
  const documents = useDocuments();
  const rows = useRows(grid.extracted_objects_table);
  const change = useChangeGrid(grid.id);
  const { start, isRunning, running, isAll, hasFailed } = useRunGrid(grid);
  const [isAdding, setAdding] = useState(false);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [order, setOrder] = useState<Order>(null);
  const [shown, setShown] = useState<Shown>({ text: "", column: "", state: "" });
  const wanted = useDeferredValue(shown);
  const version = String(grid.default_version?.version ?? 1);
  useTitle(grid.name, project.name);

  const outdated = useOutdated(grid);
  const indexing = useIndexing().data;
  const stages = useMemo(() => new Map((indexing ?? []).map((row) => [row.document_id, row.stage])), [indexing]);
  // Without its rows a document would seem to lack every answer.
  const isLoading = documents.isLoading || rows.isLoading;
  const lines = useMemo(() => (isLoading ? [] : linesOf(documents.data ?? [], rows.data ?? [], version, outdated, stages)), [isLoading, documents.data, rows.data, version, outdated, stages]);
  const changed = useMemo(() => new Set(lines.filter((line) => line.row && line.isOutdated).map((line) => line.documentId)), [lines]);
  const isRunningOf = (line: Line) => isRunning && (isAll || (running?.has(line.documentId) ?? false));
  const visible = ordered(
    lines.filter((line) => passes(line, columns, wanted, version, i18n.locale)),
    order,
  );
  const isOutdated = (rows.data ?? []).some((row) => row.version !== version);

  const run = (some: ReadonlySet<string> | null) => {
    // A run writes a new version of the table, so those that are in it come along; what is kept is not made again.
    const others = (rows.data ?? []).map((row) => row.document_id);
    start.mutate({ wanted: some ? [...new Set([...some, ...others])] : [], shown: some });
    setChosen(new Set());
  };
  const runsAtFirst = useRef(address.has("run"));
  useEffect(() => {
    if (!runsAtFirst.current) return;
    runsAtFirst.current = false;
    navigate(path, { replace: true });
    start.mutate({ wanted: [], shown: null });
  }, [navigate, path, start]);

  const cell = { row: address.get("row"), column: address.get("column") };
  const pane = usePane(cell.row !== null);
  const openLine = lines.find((line) => line.row?.id === cell.row);
  const openColumn = columns.find((column) => column.name === cell.column);
  const open = (line: Line, name: string) => (line.row ? pane.open(new URLSearchParams({ row: line.row.id, column: name })) : undefined);
  const isCovered = useIsCovered(openLine !== undefined && openColumn !== undefined);

  return (
    <div className="flex h-full min-h-0">
      <main inert={isCovered} className="flex min-w-0 flex-1 flex-col gap-3 px-4 pt-4">
        <div className="flex flex-wrap items-center gap-2">
          <Link href="/grid" aria-label={t`All grids`} className="-ms-2 flex size-9 items-center justify-center rounded-md text-muted hover:bg-hover">
            <LeftIcon />
          </Link>
          <h1 dir="auto" className="me-auto min-w-0 text-xl font-semibold break-words">
            {grid.name}
          </h1>
          {access.mayRun ? (
            <>
              <Button onClick={() => setAdding(true)}>
                <PlusIcon size={16} />
                <Trans>Add a column</Trans>
              </Button>
              <Button look="primary" disabled={isRunning} onClick={() => run(chosen.size > 0 ? chosen : null)}>
                {isRunning ? <Trans>Running</Trans> : chosen.size > 0 ? <Trans>Run for {chosen.size}</Trans> : <Trans>Run for all</Trans>}
              </Button>
            </>
          ) : null}
          <GridMenu grid={grid} columns={columns} mayChange={access.mayRun} />
        </div>
        {start.isError ? <ErrorNote error={start.error} /> : null}
        {hasFailed ? <ErrorNote error={new Error(t`The run has failed. Its log says why.`)} retry={() => run(null)} /> : null}
        {isOutdated && !isRunning ? (
          <Note tone="plain">
            <Trans>The columns have changed since the last run. Run the grid to fill them.</Trans>
          </Note>
        ) : null}
        {changed.size > 0 && !isRunning ? (
          <Note className="flex flex-wrap items-center gap-x-3 gap-y-1">
            <span className="min-w-0 flex-1">
              <Plural value={changed.size} one="# document has changed since it was read." other="# documents have changed since they were read." />
            </span>
            <Button small onClick={() => setShown({ text: "", column: "", state: "changed" })}>
              <Trans>Show them</Trans>
            </Button>
            {access.mayRun ? (
              <Button small onClick={() => run(changed)}>
                <Trans>Read them again</Trans>
              </Button>
            ) : null}
          </Note>
        ) : null}
        <QueryError query={rows} />
        {isLoading ? <SkeletonLines count={8} /> : null}
        {documents.isSuccess && documents.data.length === 0 ? (
          <EmptyState title={<Trans>No documents yet</Trans>}>
            {access.mayRun ? (
              <Link href="/library" className="text-accent underline underline-offset-2">
                <Trans>Add documents</Trans>
              </Link>
            ) : (
              <Trans>Ask somebody who may upload to add some.</Trans>
            )}
          </EmptyState>
        ) : null}
        {lines.length > 0 ? (
          <>
            <GridFilter shown={shown} onChange={setShown} columns={columns} count={visible.length} total={lines.length} />
            <GridTable lines={visible} columns={columns} version={version} isRunning={isRunningOf} order={order} onOrder={setOrder} chosen={chosen} onChosen={access.mayRun ? setChosen : null} openCell={cell} onOpen={open} />
          </>
        ) : null}
      </main>
      {openLine && openColumn ? <CellPane key={`${openLine.key} ${openColumn.name}`} grid={grid} line={openLine} column={openColumn} mayChange={access.mayRun} onRun={isRunning || !access.mayRun ? null : () => run(new Set([openLine.documentId]))} onClose={pane.close} /> : null}
      {isAdding ? (
        <ColumnDialog
          title={t`Add a column`}
          taken={columns.map((column) => column.name)}
          error={change.error}
          isPending={change.isPending}
          onClose={() => setAdding(false)}
          onSave={(column, choices) => change.mutate({ extractable_pydantic_class: withColumn(source, column, choices) }, { onSuccess: () => (setAdding(false), run(null)) })}
        />
      ) : null}
    </div>
  );
}
