import { Trans, useLingui } from "@lingui/react/macro";
import { useState } from "react";
import { Dialog } from "../kit/dialog";
import { EditFooter } from "../kit/edit-footer";
import { CheckField, TextArea, TextField } from "../kit/field";
import { ErrorNote, Note } from "../kit/notes";
import type { Agent } from "./use-agents";
import { useDeleteAgent, useSaveAgent, useTools } from "./use-tools";

export function AgentEditor({ agent, onClose }: { agent: Agent | null; onClose: () => void }) {
  const { t } = useLingui();
  const tools = useTools();
  const save = useSaveAgent();
  const remove = useDeleteAgent();
  const [draft, setDraft] = useState({
    name: agent?.name ?? "",
    description: agent?.description ?? "",
    model: agent?.model ?? "",
    additional_instructions: agent?.additional_instructions ?? "",
    agent_conversation_starter: agent?.agent_conversation_starter ?? "",
    tools: agent?.tools ?? null,
  });
  const isFixed = agent?.readonly ?? false;
  const set = (part: Partial<typeof draft>) => setDraft({ ...draft, ...part });
  const chosen = draft.tools ?? (tools.data ?? []).map((tool) => tool.id);
  const toggle = (id: string) => set({ tools: chosen.includes(id) ? chosen.filter((each) => each !== id) : [...chosen, id] });
  const error = save.error ?? remove.error;
  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title={agent ? agent.name : t`New agent`}
      footer={
        <EditFooter
          onDelete={agent && !agent.is_default && !isFixed ? () => remove.mutate(agent.id, { onSuccess: onClose }) : null}
          onCancel={onClose}
          onSave={() => save.mutate({ agent: agent?.id ?? null, draft: { ...draft, tools: chosen } }, { onSuccess: onClose })}
          isReady={!isFixed && draft.name.trim() !== ""}
          isBusy={save.isPending || remove.isPending}
        />
      }
    >
      <div className="flex flex-col gap-4">
        {error ? <ErrorNote error={error} /> : null}
        {isFixed ? (
          <Note tone="plain">
            <Trans>This agent comes with the server and cannot be changed.</Trans>
          </Note>
        ) : null}
        <TextField label={t`Name`} dir="auto" disabled={isFixed} value={draft.name} onChange={(event) => set({ name: event.target.value })} />
        <TextField label={t`What it is for`} dir="auto" disabled={isFixed} value={draft.description} onChange={(event) => set({ description: event.target.value })} />
        <TextField label={t`Model`} hint={t`"extractive" quotes passages and needs no model. "openai/<name>" and "anthropic/<name>" ask the configured server.`} disabled={isFixed} value={draft.model} onChange={(event) => set({ model: event.target.value })} />
        <TextArea label={t`Instructions`} hint={t`What every answer is to observe.`} rows={5} disabled={isFixed} value={draft.additional_instructions} onChange={(event) => set({ additional_instructions: event.target.value })} />
        <TextArea label={t`Questions to begin with`} hint={t`One on each line. They appear under the field where a conversation begins.`} disabled={isFixed} value={draft.agent_conversation_starter} onChange={(event) => set({ agent_conversation_starter: event.target.value })} />
        <fieldset className="flex flex-col gap-2">
          <legend className="mb-1 text-sm font-medium">
            <Trans>Tools</Trans>
          </legend>
          {(tools.data ?? []).map((tool) => (
            <CheckField key={tool.id} label={tool.name} hint={tool.description?.split("\n")[0]} disabled={isFixed} checked={chosen.includes(tool.id)} onChange={() => toggle(tool.id)} />
          ))}
        </fieldset>
      </div>
    </Dialog>
  );
}
