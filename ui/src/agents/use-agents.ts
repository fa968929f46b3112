import { useQuery } from "@tanstack/react-query";
import { allPages, api, unwrap, type Schema } from "../api/client";
import { useProject } from "../projects/use-projects";

export type Agent = Schema<"AgentSettingsOut">;

export function useAgents() {
  const { id } = useProject();
  return useQuery({
    queryKey: ["agents", id],
    staleTime: 60_000,
    queryFn: () =>
      allPages((limit, offset) => unwrap(api.GET("/api/v1/projects/{project_id}/agent-settings/", { params: { path: { project_id: id }, query: { limit, offset } } }))),
  });
}
