import { useLingui } from "@lingui/react/macro";
import { useState } from "react";
import { Dialog } from "../kit/dialog";
import { EditFooter } from "../kit/edit-footer";
import { SelectField, TextArea, TextField } from "../kit/field";
import { ErrorNote } from "../kit/notes";
import { ToolRestrictions } from "./tool-restrictions";
import { useAgents } from "./use-agents";
import { TYPES, useToolWords } from "./use-tool-words";
import { useDeleteTool, useSaveTool, type Tool, type ToolDraft } from "./use-tools";

export function ToolEditor({ tool, onClose }: { tool: Tool | null; onClose: () => void }) {
  const { t } = useLingui();
  const save = useSaveTool();
  const remove = useDeleteTool();
  const agents = useAgents();
  const words = useToolWords();
  const [draft, setDraft] = useState<ToolDraft>(
    () =>
      ({
        name: tool?.name ?? "",
        description: tool?.description ?? "",
        tool_type: tool?.tool_type ?? "retrieval",
        retrieval_mode: tool?.retrieval_mode ?? "",
        retrieval_parameters: tool?.retrieval_parameters ?? { mode: "hybrid", n_objects: null, rerank: false, reformulate_query: false, force_n_objects: false },
        document_mode: tool?.document_mode ?? "all_documents",
        document_parameters: tool?.document_parameters ?? [],
        tag_mode: tool?.tag_mode ?? "all_tags",
        tag_parameters: tool?.tag_parameters ?? [],
        collection_mode: tool?.collection_mode ?? "all_collections",
        collection_parameters: tool?.collection_parameters ?? [],
        agent_settings: tool?.agent_settings ?? null,
      }) as unknown as ToolDraft,
  );
  const isReady = draft.name.trim() !== "" && (draft.tool_type !== "sub_agent" || draft.agent_settings !== null);
  const set = (part: Partial<ToolDraft>) => setDraft({ ...draft, ...part });
  const parameters = draft.retrieval_parameters ?? {};
  const error = save.error ?? remove.error;
  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title={tool ? tool.name : t`New tool`}
      footer={
        <EditFooter
          onDelete={tool ? () => remove.mutate(tool.id, { onSuccess: onClose }) : null}
          onCancel={onClose}
          onSave={() => save.mutate({ tool: tool?.id ?? null, draft }, { onSuccess: onClose })}
          isReady={isReady}
          isBusy={save.isPending || remove.isPending}
        />
      }
    >
      <div className="flex flex-col gap-4">
        {error ? <ErrorNote error={error} /> : null}
        <TextField label={t`Name`} hint={t`As the model sees it: search_contracts`} value={draft.name} onChange={(event) => set({ name: event.target.value })} />
        <TextArea label={t`Description`} hint={t`Tells the model when to use it.`} value={draft.description ?? ""} onChange={(event) => set({ description: event.target.value })} />
        <SelectField label={t`What it does`} value={draft.tool_type} disabled={tool !== null} onChange={(event) => set({ tool_type: event.target.value as ToolDraft["tool_type"] })}>
          {TYPES.map((type) => (
            <option key={type} value={type}>
              {words(type)}
            </option>
          ))}
        </SelectField>
        {draft.tool_type === "sub_agent" ? (
          <SelectField label={t`Which agent`} value={draft.agent_settings ?? ""} onChange={(event) => set({ agent_settings: event.target.value || null })}>
            <option value="">{t`Choose an agent`}</option>
            {(agents.data ?? []).map((agent) => (
              <option key={agent.id} value={agent.id}>
                {agent.name}
              </option>
            ))}
          </SelectField>
        ) : null}
        {draft.tool_type === "retrieval" ? (
          <SelectField label={t`How it searches`} value={parameters.mode ?? "hybrid"} onChange={(event) => set({ retrieval_parameters: { ...parameters, mode: event.target.value } as ToolDraft["retrieval_parameters"] })}>
            <option value="hybrid">{t`By words and meaning`}</option>
            <option value="full_text">{t`By words`}</option>
            <option value="semantic">{t`By meaning`}</option>
          </SelectField>
        ) : null}
        <ToolRestrictions draft={draft} onChange={set} />
      </div>
    </Dialog>
  );
}
