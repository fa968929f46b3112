import { Trans, useLingui } from "@lingui/react/macro";
import { useState, type FormEvent } from "react";
import { Button } from "../kit/button";
import { TextField } from "../kit/field";
import { PlusIcon } from "../kit/icons";
import { Badge, ErrorNote, QueryError } from "../kit/notes";
import { SkeletonLines } from "../kit/skeleton";
import { useAccess } from "../projects/use-access";
import { ToolEditor } from "./tool-editor";
import { useToolWords } from "./use-tool-words";
import { useTools, useTryTool, type Tool } from "./use-tools";

export function ToolList() {
  const tools = useTools();
  const access = useAccess();
  const [edited, setEdited] = useState<Tool | "new" | null>(null);
  return (
    <>
      {access.isAdmin ? (
        <div>
          <Button look="primary" onClick={() => setEdited("new")}>
            <PlusIcon size={16} />
            <Trans>New tool</Trans>
          </Button>
        </div>
      ) : null}
      {tools.isPending ? <SkeletonLines /> : null}
      <QueryError query={tools} />
      <ul className="flex flex-col gap-3">
        {(tools.data ?? []).map((tool) => (
          <ToolCard key={tool.id} tool={tool} onEdit={access.isAdmin && !tool.readonly ? () => setEdited(tool) : null} />
        ))}
      </ul>
      {edited ? <ToolEditor tool={edited === "new" ? null : edited} onClose={() => setEdited(null)} /> : null}
    </>
  );
}

function ToolCard({ tool, onEdit }: { tool: Tool; onEdit: (() => void) | null }) {
  const words = useToolWords();
  const [isOpen, setOpen] = useState(false);
  return (
    <li className="flex flex-col gap-2 rounded-lg border bg-panel p-4">
      <div className="flex flex-wrap items-center gap-2">
        <h2 className="font-semibold">{tool.name}</h2>
        <Badge>{words(tool.tool_type)}</Badge>
        <Restrictions tool={tool} />
        <div className="ms-auto flex gap-2">
          <Button small aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
            <Trans>Try it</Trans>
          </Button>
          {onEdit ? (
            <Button small onClick={onEdit}>
              <Trans>Edit</Trans>
            </Button>
          ) : null}
        </div>
      </div>
      {tool.description ? (
        <p dir="auto" className="text-sm text-muted">
          {tool.description}
        </p>
      ) : null}
      {isOpen ? <TryTool tool={tool} /> : null}
    </li>
  );
}

function Restrictions({ tool }: { tool: Tool }) {
  const isLimited = tool.document_mode !== "all_documents" || tool.tag_mode !== "all_tags" || tool.collection_mode !== "all_collections";
  if (!isLimited) return null;
  return (
    <Badge tone="warn">
      <Trans>limited to some documents</Trans>
    </Badge>
  );
}

function TryTool({ tool }: { tool: Tool }) {
  const { t } = useLingui();
  const [query, setQuery] = useState("");
  const attempt = useTryTool();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    attempt.mutate({ tool: tool.id, query: query.trim() });
  };
  return (
    <div className="flex flex-col gap-2 border-t pt-3">
      <form onSubmit={submit} className="flex items-end gap-2">
        <TextField className="flex-1" label={t`What the agent would send`} dir="auto" value={query} onChange={(event) => setQuery(event.target.value)} />
        <Button type="submit" look="primary" disabled={!query.trim() || attempt.isPending}>
          <Trans>Run</Trans>
        </Button>
      </form>
      {attempt.isError ? <ErrorNote error={attempt.error} /> : null}
      {attempt.isPending ? <SkeletonLines count={3} /> : null}
      {attempt.data ? <Results results={attempt.data as Array<Record<string, unknown>>} /> : null}
    </div>
  );
}

function Results({ results }: { results: Array<Record<string, unknown>> }) {
  if (results.length === 0) {
    return (
      <p className="text-sm text-muted">
        <Trans>Nothing found</Trans>
      </p>
    );
  }
  return (
    <ol className="max-h-96 overflow-y-auto text-sm">
      {results.map((result, index) => {
        const text = [result.passage, result.content, result.result, result.message].find((each) => typeof each === "string");
        return (
          <li key={index} className="border-t py-2 first:border-t-0">
            <p dir="auto" className="font-medium">
              {String(result.name ?? result.document_name ?? "")}
            </p>
            <p dir="auto" className="line-clamp-4 break-words whitespace-pre-wrap text-muted">
              {typeof text === "string" ? text : JSON.stringify(result, null, 1)}
            </p>
          </li>
        );
      })}
    </ol>
  );
}
