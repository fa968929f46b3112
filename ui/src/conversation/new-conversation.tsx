import { Trans, useLingui } from "@lingui/react/macro";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect, useEffectEvent, useState, type ReactNode } from "react";
import { Link, useLocation, useSearch } from "wouter";
import { useAgents, type Agent } from "../agents/use-agents";
import { ErrorNote, QueryError } from "../kit/notes";
import { write } from "../kit/theme";
import { useStored } from "../kit/use-stored";
import { useTitle } from "../kit/use-title";
import { IndexingSummary } from "../library/indexing-summary";
import { useAccess } from "../projects/use-access";
import { useProject } from "../projects/use-projects";
import { AgentChoice } from "./agent-choice";
import { Composer, ComposerHint } from "./composer";
import { AddFiles, DropFiles } from "./conversation-files";
import { Instructions } from "./instructions";
import { ask } from "./live";
import { uploadFiles } from "./use-files";
import { useCreateConversation } from "./use-conversations";
import { keepUnsent } from "./use-unsent";

const DEMO = "Citewell demo";

/** The page where a conversation begins. */
export function NewConversation({ listButton }: { listButton: ReactNode }) {
  const { t } = useLingui();
  const project = useProject();
  const cache = useQueryClient();
  const [, navigate] = useLocation();
  const wanted = new URLSearchParams(useSearch());
  const agents = useAgents();
  const [draft, setDraft] = useStored(`citewell.draft.${project.id}`, wanted.get("q") ?? "");
  const [chosen, setChosen] = useState<string | null>(wanted.get("agent"));
  const [instructions, setInstructions] = useState("");
  const create = useCreateConversation();
  const access = useAccess();
  const mayAdd = access.mayRun || !access.isKnown;
  useTitle(t`Ask`, project.name);
  const agentOf = (all: readonly Agent[] | undefined) => all?.find((each) => each.id === chosen) ?? all?.find((each) => each.is_default) ?? all?.[0];
  const agent = agentOf(agents.data);
  // What is asked before the agents are known waits for them.
  const [waiting, setWaiting] = useState<string | null>(null);
  const begin = (question: string) => {
    if (!agent) return setWaiting(question);
    setWaiting(null);
    create.mutate(
      { agent: agent.id, question, instructions },
      {
        onSuccess: (made) => {
          setDraft("");
          navigate(`/c/${made.id}`);
          // Should the question not arrive, it waits in the field of the conversation.
          ask(cache, { project: project.id, conversation: made.id }, question, 0).catch((error: unknown) => keepUnsent(cache, made.id, { question, error }));
        },
      },
    );
  };
  const beginWaiting = useEffectEvent(begin);
  const hasAgent = agent !== undefined;
  useEffect(() => {
    if (hasAgent && waiting !== null) beginWaiting(waiting);
  }, [hasAgent, waiting]);
  // Files are read before the question is asked, so the conversation begins with them and shows how far they are.
  const beginWith = useMutation({
    mutationFn: async (files: File[]) => {
      // Files may be dropped before the agents are known.
      const answering = agent ?? agentOf((await agents.refetch()).data);
      if (!answering || files.length === 0) return;
      const made = await create.mutateAsync({ agent: answering.id, question: draft || (files[0]?.name ?? ""), instructions });
      write(`citewell.draft.${made.id}`, draft || null);
      setDraft("");
      await uploadFiles(project.id, made.id, files);
      navigate(`/c/${made.id}`);
    },
  });
  const starters = startersOf(agent?.agent_conversation_starter ?? "", project.name === DEMO);
  return (
    <main className="flex min-w-0 flex-1 flex-col overflow-y-auto">
      <DropFiles onFiles={beginWith.mutate} />
      <div className="flex h-11 items-center px-2">{listButton}</div>
      <div className="mx-auto flex w-full max-w-2xl flex-1 flex-col gap-4 px-4 pt-[18vh] pb-8">{/* Not in the middle: what loads below would move the field under the pointer. */}
        <h1 className="text-2xl font-semibold">
          <Trans>What do you want to know?</Trans>
        </h1>
        {create.isError ? <ErrorNote error={create.error} /> : null}
        {beginWith.isError && !create.isError ? <ErrorNote error={beginWith.error} /> : null}
        <QueryError query={agents} />
        <div>
          <Composer draft={draft} onDraft={setDraft} onSend={begin} isSending={create.isPending || waiting !== null} autoFocus>
            {agents.data && agents.data.length > 1 && agent ? <AgentChoice agents={agents.data} chosen={agent} onChoose={setChosen} /> : null}
            <AddFiles onFiles={(files) => beginWith.mutate(files)} isPending={beginWith.isPending} />
            <Instructions value={instructions} onChange={setInstructions} />
          </Composer>
          <ComposerHint />
        </div>
        {starters.length > 0 ? (
          <ul className="flex flex-col gap-2" aria-label={t`Questions to begin with`}>
            {starters.map((starter) => (
              <li key={starter}>
                <button type="button" dir="auto" disabled={!agent || create.isPending} onClick={() => begin(starter)} className="w-full rounded-md border bg-panel px-3 py-2 text-start hover:border-accent hover:bg-accent-soft">
                  {starter}
                </button>
              </li>
            ))}
          </ul>
        ) : null}
        <IndexingSummary>
          {mayAdd ? (
            <Link href="/library" className="text-accent underline underline-offset-2">
              <Trans>Add documents</Trans>
            </Link>
          ) : null}
        </IndexingSummary>
      </div>
    </main>
  );
}

function startersOf(text: string, isDemo: boolean): string[] {
  const own = text
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);
  if (own.length > 0 || !isDemo) return own.slice(0, 4);
  // About the sample documents, which are in English.
  return [
    "How long may a K2 sensor stay in the field before its battery must be replaced?",
    "What did the product council decide?",
    "How fast does Kestrel support answer a severity 1 report?",
  ];
}
