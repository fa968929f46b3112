import { keepPreviousData, useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { api, unwrap, type Schema } from "../api/client";
import { useProject } from "../projects/use-projects";
import { turnKeeper } from "./history";
import { ask, conversationKey, leave, liveKey, markStopping, resume, turnsKey, type Live } from "./live";
import type { Message, TurnState, TurnView } from "./types";

export type Conversation = Schema<"ConversationOut">;
export type Filters = { text: string; tags: string[]; archived: boolean };

const PAGE = 50;
const LOOK_MS = 5000;

export function useConversations({ text, tags, archived }: Filters) {
  const { id } = useProject();
  return useInfiniteQuery({
    queryKey: ["conversations", id, text, tags, archived],
    placeholderData: keepPreviousData,
    initialPageParam: 0,
    getNextPageParam: (last: Schema<"Page_ConversationOut_">, pages) => (last.results.length < PAGE ? undefined : pages.length * PAGE),
    queryFn: ({ pageParam }): Promise<Schema<"Page_ConversationOut_">> =>
      unwrap(
        api.GET("/api/v1/projects/{project_id}/playground-conversations/", {
          params: {
            path: { project_id: id },
            query: { limit: PAGE, offset: pageParam, text: text || undefined, tags: tags.length > 0 ? tags : undefined, include_archived: archived ? "true" : undefined },
          },
        }),
      ),
  });
}

export function useConversation(conversation: string | undefined) {
  const { id } = useProject();
  return useQuery({
    queryKey: conversationKey(conversation ?? ""),
    enabled: conversation !== undefined,
    queryFn: () =>
      unwrap(
        api.GET("/api/v1/projects/{project_id}/playground-conversations/{conversation_id}/", {
          params: { path: { project_id: id, conversation_id: conversation ?? "" }, query: { include_archived: "true" } },
        }),
      ),
  });
}

/** How the turns ended, and whether one is running, also one that was asked on another device. */
function useTurnStates(conversation: string | undefined) {
  const { id } = useProject();
  return useQuery({
    queryKey: turnsKey(conversation ?? ""),
    enabled: conversation !== undefined,
    refetchInterval: LOOK_MS,
    staleTime: 0,
    queryFn: () =>
      unwrap(
        api.GET("/api/v1/projects/{project_id}/playground-conversations/{conversation_id}/turns/", {
          params: { path: { project_id: id, conversation_id: conversation ?? "" }, query: { limit: 100 } },
        }),
      ),
  });
}

const NONE: TurnView[] = [];
const holders = new Map<string, number>();

/** Counts who shows a conversation; `leave` is called once nobody has for a moment (a page that is drawn anew stays). */
function hold(conversation: string, leaveIt: () => void): () => void {
  holders.set(conversation, (holders.get(conversation) ?? 0) + 1);
  return () => {
    holders.set(conversation, (holders.get(conversation) ?? 1) - 1);
    setTimeout(() => (holders.get(conversation) === 0 ? leaveIt() : undefined), 0);
  };
}

function withLive(past: TurnView[], turn: TurnView): TurnView[] {
  const known = past.find((each) => each.queryId === turn.queryId);
  return [...past.filter((each) => each !== known), { ...turn, question: turn.question || (known?.question ?? "") }];
}

/** The turns of a conversation, with the one that is being answered as the last. */
export function useThread(conversation: string | undefined) {
  const { id: project } = useProject();
  const cache = useQueryClient();
  const data = useConversation(conversation);
  const states = useTurnStates(conversation);
  const live = useQuery<Live | null>({ queryKey: liveKey(conversation ?? ""), queryFn: () => null, enabled: false, initialData: null, gcTime: Infinity });

  const history = data.data?.chat_history as Message[] | undefined;
  const [toTurns] = useState(turnKeeper);
  const past = useMemo(() => {
    if (!history) return NONE;
    const rows = states.data?.results ?? [];
    return toTurns(history, new Map(rows.map((row) => [row.query_id, { state: row.state as TurnState, error: row.error_code ?? null }])));
  }, [history, states.data, toTurns]);

  const newest = states.data?.results[0];
  useEffect(() => {
    if (!conversation || !newest || !data.data) return;
    const known = past.find((turn) => turn.queryId === newest.query_id);
    if (newest.state === "running") resume(cache, { project, conversation }, newest.query_id, known?.question ?? "", newest.created_at);
    else if (!known?.isFinal && newest.state !== "failed" && !live.data) void cache.invalidateQueries({ queryKey: conversationKey(conversation) });
  }, [cache, conversation, project, newest, past, data.data, live.data]);

  useEffect(() => (conversation ? hold(conversation, () => leave(cache, conversation)) : undefined), [cache, conversation]);

  const running = live.data;
  const turns = useMemo(() => (running ? withLive(past, running.turn) : past), [past, running]);
  const isUnknown = running !== null && turns.at(-1)?.question === "";
  useEffect(() => {
    // A question that was asked elsewhere: its words stand in the history.
    if (isUnknown && conversation) void cache.invalidateQueries({ queryKey: conversationKey(conversation) });
  }, [isUnknown, cache, conversation]);
  return { data, turns, live: running };
}

export function useAsk(conversation: string | undefined) {
  const { id: project } = useProject();
  const cache = useQueryClient();
  return useMutation({
    mutationFn: ({ question, next }: { question: string; next: number }) => ask(cache, { project, conversation: conversation ?? "" }, question, next),
  });
}

export function useStop(conversation: string | undefined) {
  const { id } = useProject();
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (queryId: number) =>
      unwrap(
        api.POST("/api/v1/projects/{project_id}/playground-conversations/{conversation_id}/turns/{query_id}/cancel/", {
          params: { path: { project_id: id, conversation_id: conversation ?? "", query_id: queryId } },
        }),
      ),
    onMutate: () => markStopping(cache, conversation ?? "", true),
    onError: () => markStopping(cache, conversation ?? "", false),
  });
}

type New = { agent: string; question: string; instructions?: string; tags?: string[] };

export function useCreateConversation() {
  const { id } = useProject();
  const cache = useQueryClient();
  return useMutation({
    mutationFn: ({ agent, question, instructions, tags }: New) =>
      unwrap(
        api.POST("/api/v1/projects/{project_id}/playground-conversations/", {
          params: { path: { project_id: id } },
          body: { agent_settings: agent, name: titleOf(question), type: "playground", tags: tags ?? [], conversation_instructions: instructions || null },
        }),
      ),
    onSuccess: (made) => {
      cache.setQueryData(conversationKey(made.id), made);
      void cache.invalidateQueries({ queryKey: ["conversations"] });
    },
  });
}

const TITLE = 80;

/** The first words of a question, cut between words. */
export function titleOf(question: string): string {
  const line = question.trim().replace(/\s+/g, " ");
  if (line.length <= TITLE) return line;
  const cut = line.slice(0, TITLE);
  return `${cut.slice(0, Math.max(cut.lastIndexOf(" "), TITLE / 2))}…`;
}
