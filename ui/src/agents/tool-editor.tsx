import { Trans, useLingui } from "@lingui/react/macro";
import { useState } from "react";
import { Button } from "../kit/button";
import { ConfirmButton } from "../kit/confirm-button";
import { Dialog } from "../kit/dialog";
import { CheckField, SelectField, TextArea, TextField } from "../kit/field";
import { ErrorNote } from "../kit/notes";
import { useCollections } from "../library/use-documents";
import { useDeleteTool, useSaveTool, type Tool, type ToolDraft } from "./use-tools";

const TYPES = ["retrieval", "document_retrieval", "get_document_outline", "get_chunk", "data_statistics", "websearch", "math", "sub_agent"] as const;

export function ToolEditor({ tool, onClose }: { tool: Tool | null; onClose: () => void }) {
  const { t } = useLingui();
  const save = useSaveTool();
  const remove = useDeleteTool();
  const collections = useCollections();
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
  const set = (part: Partial<ToolDraft>) => setDraft({ ...draft, ...part });
  const chosen = draft.collection_parameters ?? [];
  const toggle = (slug: string) => set({ collection_parameters: chosen.includes(slug) ? chosen.filter((each) => each !== slug) : [...chosen, slug] });
  const parameters = draft.retrieval_parameters ?? {};
  const error = save.error ?? remove.error;
  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title={tool ? tool.name : t`New tool`}
      footer={
        <>
          {tool ? (
            <ConfirmButton question={t`Really delete?`} className="me-auto" disabled={remove.isPending} onConfirm={() => remove.mutate(tool.id, { onSuccess: onClose })}>
              <Trans>Delete</Trans>
            </ConfirmButton>
          ) : null}
          <Button look="quiet" onClick={onClose}>
            <Trans>Cancel</Trans>
          </Button>
          <Button look="primary" disabled={!draft.name.trim() || save.isPending} onClick={() => save.mutate({ tool: tool?.id ?? null, draft }, { onSuccess: onClose })}>
            <Trans>Save</Trans>
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        {error ? <ErrorNote error={error} /> : null}
        <TextField label={t`Name`} hint={t`As the model sees it: search_contracts`} value={draft.name} onChange={(event) => set({ name: event.target.value })} />
        <TextArea label={t`Description`} hint={t`Tells the model when to use it.`} value={draft.description ?? ""} onChange={(event) => set({ description: event.target.value })} />
        <SelectField label={t`Kind`} value={draft.tool_type} disabled={tool !== null} onChange={(event) => set({ tool_type: event.target.value as ToolDraft["tool_type"] })}>
          {TYPES.map((type) => (
            <option key={type}>{type}</option>
          ))}
        </SelectField>
        {draft.tool_type === "retrieval" ? (
          <SelectField label={t`How it searches`} value={parameters.mode ?? "hybrid"} onChange={(event) => set({ retrieval_parameters: { ...parameters, mode: event.target.value } as ToolDraft["retrieval_parameters"] })}>
            <option value="hybrid">{t`By words and meaning`}</option>
            <option value="full_text">{t`By words`}</option>
            <option value="semantic">{t`By meaning`}</option>
          </SelectField>
        ) : null}
        <SelectField label={t`Collections that it may see`} value={draft.collection_mode} onChange={(event) => set({ collection_mode: event.target.value as ToolDraft["collection_mode"] })}>
          <option value="all_collections">{t`All`}</option>
          <option value="select_collections">{t`Only these`}</option>
          <option value="exclude_collections">{t`All but these`}</option>
        </SelectField>
        {draft.collection_mode !== "all_collections" ? (
          <div className="flex flex-col gap-1 ps-2">
            {(collections.data?.results ?? []).map((each) => (
              <CheckField key={each.slug} label={each.name} checked={chosen.includes(each.slug)} onChange={() => toggle(each.slug)} />
            ))}
          </div>
        ) : null}
      </div>
    </Dialog>
  );
}
