import { useQuery } from "@tanstack/react-query";
import { api, unwrap } from "../api/client";
import { useProject } from "./use-projects";

/** What the user may do in this project; while that is not known, what everybody may who sees it. */
export function useAccess(): { mayRun: boolean; isAdmin: boolean; mayActAs: boolean; isKnown: boolean } {
  const { id } = useProject();
  const { data } = useQuery({
    queryKey: ["access", id],
    staleTime: 60_000,
    queryFn: () => unwrap(api.GET("/api/v1/projects/{project_id}/access/", { params: { path: { project_id: id } } })),
  });
  return { mayRun: data?.permissions.includes("CAN_RUN_TASKS") ?? false, isAdmin: data?.is_admin ?? false, mayActAs: data?.permissions.includes("CAN_IMPERSONATE_OTHER_USERS") ?? false, isKnown: data !== undefined };
}
