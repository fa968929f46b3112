import { Trans, useLingui } from "@lingui/react/macro";
import { useQueryClient } from "@tanstack/react-query";
import { Suspense, useCallback, useEffect, useMemo, useRef, type ReactNode } from "react";
import { useLocation } from "wouter";
import { useAgents } from "../agents/use-agents";
import { ApiError } from "../api/client";
import { NotFoundPage } from "../app/not-found-page";
import { ErrorNote, messageOf, QueryError } from "../kit/notes";
import { LoadingPage } from "../kit/skeleton";
import { useToast } from "../kit/toasts";
import { useIsCovered } from "../kit/use-sheet";
import { useStored } from "../kit/use-stored";
import { useTitle } from "../kit/use-title";
import { BeingRead } from "../library/being-read";
import { useProject } from "../projects/use-projects";
import { Composer, ComposerHint } from "./composer";
import { AddFiles, ConversationFiles, DropFiles } from "./conversation-files";
import { ConversationHeader } from "./conversation-header";
import { sourcesOf } from "./history";
import { ask } from "./live";
import { Thread, type ThreadActions } from "./thread";
import { useAddFiles } from "./use-files";
import { useAsk, useCreateConversation, useStop, useThread } from "./use-conversations";
import { useOpenSource } from "./use-open-source";
import { SourcePane, usePreparedSources } from "./use-prepared-sources";
import { useSourceKeys } from "./use-source-keys";
import { keepUnsent, useUnsent } from "./use-unsent";

export function ConversationView({ conversation, listButton }: { conversation: string; listButton: ReactNode }) {
  const { t } = useLingui();
  const project = useProject();
  const cache = useQueryClient();
  const [, navigate] = useLocation();
  const { data, turns, live } = useThread(conversation);
  const agents = useAgents();
  const send = useAsk(conversation);
  const stop = useStop(conversation);
  const create = useCreateConversation();
  const say = useToast();
  const addFiles = useAddFiles(conversation);
  const [draft, setDraft] = useStored(`citewell.draft.${conversation}`, "");
  const field = useRef<HTMLDivElement>(null);
  const { opened, openSource, close } = useOpenSource(turns);
  useTitle(data.data?.name, project.name);

  const { fault: unsent, forget } = useUnsent(conversation, setDraft);
  const askNext = useCallback(
    (question: string) => {
      const next = (turns.at(-1)?.queryId ?? -1) + 1;
      setDraft("");
      forget();
      send.mutate({ question, next }, { onError: () => setDraft(question) });
    },
    [forget, send, setDraft, turns],
  );
  const actions: ThreadActions = useStableActions({
    agents: agents.data ?? [],
    ask: (question) => (live === null ? askNext(question) : undefined),
    askAnother: (agent, question) =>
      create.mutate(
        { agent, question },
        {
          onSuccess: (made) => {
            navigate(`/c/${made.id}`);
            void ask(cache, { project: project.id, conversation: made.id }, question, 0).catch((error: unknown) => keepUnsent(cache, made.id, { question, error }));
          },
        },
      ),
    edit: (question) => {
      setDraft(question);
      field.current?.querySelector("textarea")?.focus();
    },
    open: openSource,
  });

  const openTurn = turns.find((turn) => turn.queryId === opened?.queryId);
  const sources = useMemo(() => (openTurn ? sourcesOf(openTurn) : []), [openTurn]);
  useSourceKeys(turns, opened, openSource, close);
  const isCovered = useIsCovered(opened !== null);

  usePreparedSources(turns, live !== null);

  if (data.isPending) return <LoadingPage />;
  if (data.isLoadingError) {
    if (data.error instanceof ApiError && data.error.status === 404) return <NotFoundPage project />;
    return <QueryError className="m-6 h-fit flex-1" query={data} />;
  }
  const fault = send.error ?? unsent ?? create.error;
  return (
    <>
      <main inert={isCovered} className="flex min-w-0 flex-1 flex-col">
        {data.data.can_send_messages ? <DropFiles onFiles={addFiles.mutate} /> : null}
        <ConversationHeader conversation={data.data} listButton={listButton} />
        <Thread conversation={conversation} turns={turns} live={live} openSource={opened} actions={actions} mayAsk={data.data.can_send_messages} wantedTurn={opened?.queryId ?? null} />
        <div ref={field} className="shrink-0 border-t bg-bg px-3 pt-3 pb-3">
          <div className="mx-auto w-full max-w-3xl">
            {fault && !live ? <ErrorNote error={fault} className="mb-2" /> : null}
            <ConversationFiles conversation={conversation} canChange={data.data.can_send_messages} fault={addFiles.error} />
            {data.data.can_send_messages ? (
              <>
                <BeingRead />
                <Composer lead={<AddFiles onFiles={(files) => (files.length > 0 ? addFiles.mutate(files) : undefined)} isPending={addFiles.isPending} />} draft={draft} onDraft={setDraft} onSend={askNext} onStop={live ? () => stop.mutate(live.turn.queryId, { onError: (error) => say(messageOf(error)) }) : undefined} isStopping={live?.isStopping ?? false} isSending={send.isPending} autoFocus />
                <ComposerHint />
              </>
            ) : (
              <p className="py-2 text-center text-sm text-muted">
                {data.data.is_archived ? <Trans>This conversation is archived. Bring it back to go on asking.</Trans> : <Trans>This conversation is shared with you to read. Only its owner goes on asking.</Trans>}
              </p>
            )}
          </div>
        </div>
      </main>
      {opened ? (
        <Suspense fallback={<aside className="w-[clamp(22rem,48vw,64rem)] shrink-0 border-s bg-panel max-md:hidden" />}>
          <SourcePane sources={sources} number={opened.number} title={t`Source ${opened.number}`} onNumber={(number) => openSource(opened.queryId, number)} onClose={close} />
        </Suspense>
      ) : null}
    </>
  );
}

/** The same object while nothing of it changes, so that turns need not be drawn anew: functions see the newest state. */
function useStableActions(actions: ThreadActions): ThreadActions {
  const latest = useRef(actions);
  useEffect(() => {
    latest.current = actions;
  });
  const { agents } = actions;
  return useMemo(
    () => ({
      agents,
      ask: (question) => latest.current.ask(question),
      askAnother: (agent, question) => latest.current.askAnother(agent, question),
      edit: (question) => latest.current.edit(question),
      open: (queryId, number) => latest.current.open(queryId, number),
    }),
    [agents],
  );
}
