import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { allPages, api, unwrap, type Schema } from "../api/client";
import { useProject } from "../projects/use-projects";

export type Tool = Schema<"ToolOut">;
export type ToolDraft = Schema<"ToolIn">;
export type AgentDraft = Partial<Schema<"AgentSettingsIn">> & { name: string };

export function useTools() {
  const { id } = useProject();
  return useQuery({
    queryKey: ["tools", id],
    staleTime: 60_000,
    queryFn: () => allPages((limit, offset) => unwrap(api.GET("/api/v1/projects/{project_id}/tools/", { params: { path: { project_id: id }, query: { limit, offset } } }))),
  });
}

export function useSaveTool() {
  const { id } = useProject();
  const cache = useQueryClient();
  return useMutation({
    mutationFn: ({ tool, draft }: { tool: string | null; draft: ToolDraft }): Promise<unknown> =>
      tool
        ? unwrap(api.PUT("/api/v1/projects/{project_id}/tools/{tool_id}/", { params: { path: { project_id: id, tool_id: tool } }, body: draft }))
        : unwrap(api.POST("/api/v1/projects/{project_id}/tools/", { params: { path: { project_id: id } }, body: draft })),
    onSuccess: () => cache.invalidateQueries({ queryKey: ["tools", id] }),
  });
}

export function useDeleteTool() {
  const { id } = useProject();
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (tool: string) => unwrap(api.DELETE("/api/v1/projects/{project_id}/tools/{tool_id}/", { params: { path: { project_id: id, tool_id: tool } } })),
    onSuccess: () => cache.invalidateQueries({ queryKey: ["tools", id] }),
  });
}

/** Runs a tool as an agent would. */
export function useTryTool() {
  const { id } = useProject();
  return useMutation({
    mutationFn: ({ tool, query }: { tool: string; query: string }) => unwrap(api.POST("/api/v1/projects/{project_id}/tools/{tool_id}/run/", { params: { path: { project_id: id, tool_id: tool } }, body: { query, top_k: null } })),
  });
}

export function useSaveAgent() {
  const { id } = useProject();
  const cache = useQueryClient();
  return useMutation({
    mutationFn: ({ agent, draft }: { agent: string | null; draft: AgentDraft }): Promise<unknown> => {
      const body = draft as Schema<"AgentSettingsIn">;
      return agent
        ? unwrap(api.PUT("/api/v1/projects/{project_id}/agent-settings/{agent_settings_id}/", { params: { path: { project_id: id, agent_settings_id: agent } }, body }))
        : unwrap(api.POST("/api/v1/projects/{project_id}/agent-settings/", { params: { path: { project_id: id } }, body }));
    },
    onSuccess: () => cache.invalidateQueries({ queryKey: ["agents", id] }),
  });
}

export function useDeleteAgent() {
  const { id } = useProject();
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (agent: string) => unwrap(api.DELETE("/api/v1/projects/{project_id}/agent-settings/{agent_settings_id}/", { params: { path: { project_id: id, agent_settings_id: agent } } })),
    onSuccess: () => cache.invalidateQueries({ queryKey: ["agents", id] }),
  });
}
