import { Trans, useLingui } from "@lingui/react/macro";
import { useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { Button } from "../kit/button";
import { SelectField, TextArea } from "../kit/field";
import { EmptyState, ErrorNote, QueryError } from "../kit/notes";
import { ask } from "../conversation/live";
import { Thread, type ThreadActions } from "../conversation/thread";
import { useCreateConversation, useThread } from "../conversation/use-conversations";
import { useProject } from "../projects/use-projects";
import { useAgents } from "./use-agents";

/** One question, two agents, side by side. Both conversations stay in the list. */
export function Compare() {
  const { t } = useLingui();
  const cache = useQueryClient();
  const project = useProject();
  const agents = useAgents();
  const create = useCreateConversation();
  const [question, setQuestion] = useState("");
  const [chosen, setChosen] = useState<[string, string]>(["", ""]);
  const [made, setMade] = useState<string[]>([]);
  const list = agents.data ?? [];
  const pick = (side: 0 | 1) => chosen[side] || list[side]?.id || list[0]?.id || "";
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    // A fault is shown below the form.
    const both = await Promise.all([0, 1].map((side) => create.mutateAsync({ agent: pick(side as 0 | 1), question: question.trim(), tags: ["compare"] }))).catch(() => []);
    setMade(both.map((each) => each.id));
    for (const each of both) void ask(cache, { project: project.id, conversation: each.id }, question.trim(), 0).catch(() => undefined);
  };
  return (
    <>
      <form onSubmit={(event) => void submit(event)} className="flex flex-col gap-3">
        <div className="grid gap-3 sm:grid-cols-2">
          {([0, 1] as const).map((side) => (
            <SelectField key={side} label={side === 0 ? t`Left` : t`Right`} value={pick(side)} onChange={(event) => setChosen(side === 0 ? [event.target.value, chosen[1]] : [chosen[0], event.target.value])}>
              {list.map((agent) => (
                <option key={agent.id} value={agent.id}>
                  {agent.name}
                </option>
              ))}
            </SelectField>
          ))}
        </div>
        <TextArea label={t`Question`} value={question} onChange={(event) => setQuestion(event.target.value)} />
        <div>
          <Button type="submit" look="primary" disabled={!question.trim() || list.length === 0 || create.isPending}>
            <Trans>Ask both</Trans>
          </Button>
        </div>
      </form>
      <QueryError query={agents} />
      {create.isError ? <ErrorNote error={create.error} /> : null}
      {made.length === 0 ? (
        <EmptyState title={<Trans>Which agent answers better?</Trans>}>
          <Trans>Ask both the same and read the answers beside each other, with their sources.</Trans>
        </EmptyState>
      ) : (
        <div className="grid gap-3 md:grid-cols-2">
          {made.map((id) => (
            <Side key={id} conversation={id} />
          ))}
        </div>
      )}
    </>
  );
}

const NOTHING: ThreadActions = { agents: [], ask: () => undefined, askAnother: () => undefined, edit: () => undefined, open: () => undefined };

function Side({ conversation }: { conversation: string }) {
  const project = useProject();
  const { turns, live } = useThread(conversation);
  const actions: ThreadActions = { ...NOTHING, open: (queryId, number) => window.open(`/p/${project.id}/c/${conversation}?turn=${queryId}&source=${number}`, "_blank") };
  return (
    <div className="flex h-[32rem] min-h-0 flex-col rounded-lg border bg-panel">
      <Thread conversation={conversation} turns={turns} live={live} openSource={null} actions={actions} mayAsk={false} wantedTurn={null} />
    </div>
  );
}
