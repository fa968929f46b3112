import { Plural, Trans, useLingui } from "@lingui/react/macro";
import { useDeferredValue, useMemo, useState } from "react";
import { Link } from "wouter";
import { TextField } from "../kit/field";
import { KnowledgeIcon } from "../kit/icons";
import { EmptyState, Note, QueryError } from "../kit/notes";
import { Section } from "../kit/page";
import { SkeletonLines } from "../kit/skeleton";
import { colourOf } from "./draw";
import { GraphCanvas } from "./graph-canvas";
import { useGraph, type Graph, type GraphNode } from "./use-graph";

/** What the extractors found, and how it hangs together: a picture, and the same as a list. */
export function GraphView() {
  const graph = useGraph();
  if (graph.isPending) return <SkeletonLines count={8} />;
  if (graph.isLoadingError) return <QueryError query={graph} />;
  if (graph.data.nodes.length === 0) {
    return (
      <EmptyState icon={<KnowledgeIcon size={32} />} title={<Trans>The graph is empty</Trans>}>
        <Trans>What a grid finds comes here with “Put into the graph” in the grid’s menu.</Trans>
      </EmptyState>
    );
  }
  return <Shown graph={graph.data} />;
}

const MOST_LISTED = 200;

function Shown({ graph }: { graph: Graph }) {
  const { t } = useLingui();
  const words = useLabelWords();
  const labels = useMemo(() => countLabels(graph.nodes), [graph]);
  const names = useMemo(() => labels.map(([label]) => label), [labels]);
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const [chosen, setChosen] = useState<string | null>(null);
  const [text, setText] = useState("");
  const wanted = useDeferredValue(text.trim().toLowerCase());
  const shown = useMemo(() => without(graph, hidden), [graph, hidden]);
  const node = shown.nodes.find((each) => each.id === chosen) ?? null;
  const listed = shown.nodes.filter((each) => each.name.toLowerCase().includes(wanted));
  const toggle = (label: string) => {
    const next = new Set(hidden);
    if (!next.delete(label)) next.add(label);
    setHidden(next);
  };
  return (
    <>
      {graph.isWhole ? null : (
        <Note tone="plain">
          <Trans>The graph is larger: you see its first 1,000 nodes. Queries see all of it.</Trans>
        </Note>
      )}
      <ul aria-label={t`Kinds of nodes`} className="flex flex-wrap gap-2">
        {labels.map(([label, count]) => (
          <li key={label}>
            <button type="button" aria-pressed={!hidden.has(label)} onClick={() => toggle(label)} className="flex items-center gap-1.5 rounded-md border px-2 py-0.5 text-sm hover:bg-hover aria-[pressed=false]:line-through aria-[pressed=false]:opacity-70">
              <span aria-hidden="true" className="size-2.5 rounded-full" style={{ background: colourOf(names, label) }} />
              {words(label)} <span className="text-muted">{count}</span>
            </button>
          </li>
        ))}
      </ul>
      <GraphCanvas graph={shown} labels={names} chosen={node?.id ?? null} onChoose={setChosen} />
      {node ? <NodeFacts node={node} graph={shown} onChoose={setChosen} /> : null}
      <Section title={<Trans>All nodes</Trans>}>
        <TextField label={t`Find a node`} hideLabel type="search" dir="auto" placeholder={t`Find a node`} value={text} onChange={(event) => setText(event.target.value)} />
        <p className="text-sm text-muted" role="status">
          <Plural value={listed.length} one="# node" other="# nodes" />
        </p>
        <ul className="flex max-h-80 flex-wrap gap-1.5 overflow-y-auto" tabIndex={0} aria-label={t`Nodes`}>
          {listed.slice(0, MOST_LISTED).map((each) => (
            <li key={each.id} className="max-w-full">
              <NodeButton node={each} isHere={each.id === chosen} onChoose={setChosen} />
            </li>
          ))}
        </ul>
      </Section>
    </>
  );
}

/** The kinds that each graph has in the reader's language, the others as they are called in it. */
function useLabelWords(): (label: string) => string {
  const { t } = useLingui();
  const words: Record<string, string> = { Document: t`Document`, Concept: t`Concept`, Domain: t`Domain` };
  return (label) => words[label] ?? label;
}

type ChooseProps = { onChoose: (id: string) => void };

function NodeButton({ node, isHere, onChoose }: { node: GraphNode; isHere: boolean } & ChooseProps) {
  const words = useLabelWords();
  return (
    <button type="button" dir="auto" aria-pressed={isHere} title={words(node.label)} onClick={() => onChoose(node.id)} className="max-w-full truncate rounded-md border px-2 py-0.5 text-sm hover:bg-hover aria-pressed:border-accent aria-pressed:bg-accent-soft aria-pressed:text-accent">
      {node.name}
    </button>
  );
}

function NodeFacts({ node, graph, onChoose }: { node: GraphNode; graph: Graph } & ChooseProps) {
  const words = useLabelWords();
  const byId = useMemo(() => new Map(graph.nodes.map((each) => [each.id, each])), [graph]);
  const relations = graph.edges.filter((edge) => edge.source === node.id || edge.target === node.id);
  const facts = Object.entries(node.properties).filter(([name, value]) => value !== null && !name.startsWith("_"));
  return (
    <Section title={<span dir="auto">{node.name}</span>} hint={words(node.label)}>
      <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 text-sm">
        {facts.map(([name, value]) => (
          <div key={name} className="contents">
            <dt className="text-muted">{name}</dt>
            <dd dir="auto" className="break-words">
              {typeof value === "object" ? JSON.stringify(value) : String(value)}
            </dd>
          </div>
        ))}
      </dl>
      {node.label === "Document" && typeof node.properties.id === "string" ? (
        <Link href={`/library/${node.properties.id}`} className="text-accent underline underline-offset-2">
          <Trans>In the library</Trans>
        </Link>
      ) : null}
      {relations.length > 0 ? (
        <ul className="flex flex-col gap-1">
          {relations.slice(0, 50).map((edge, index) => {
            const other = byId.get(edge.source === node.id ? edge.target : edge.source);
            return other ? (
              <li key={index} className="flex items-center gap-2 text-sm">
                <span className="shrink-0 text-muted">
                  {edge.source === node.id ? "→" : "←"} {edge.type}
                </span>
                <NodeButton node={other} isHere={false} onChoose={onChoose} />
              </li>
            ) : null;
          })}
        </ul>
      ) : null}
    </Section>
  );
}

function countLabels(nodes: readonly GraphNode[]): Array<[string, number]> {
  const counts = new Map<string, number>();
  for (const node of nodes) counts.set(node.label, (counts.get(node.label) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1]);
}

function without(graph: Graph, hidden: ReadonlySet<string>): Graph {
  if (hidden.size === 0) return graph;
  const nodes = graph.nodes.filter((node) => !hidden.has(node.label));
  const ids = new Set(nodes.map((node) => node.id));
  return { ...graph, nodes, edges: graph.edges.filter((edge) => ids.has(edge.source) && ids.has(edge.target)) };
}
