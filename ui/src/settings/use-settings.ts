import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, unwrap, type Schema } from "../api/client";
import { useProject, type Project } from "../projects/use-projects";

export type Member = Schema<"MemberOut">;
export type Permission = Schema<"Permission">;

function usePath() {
  return { project_id: useProject().id };
}

export function useUpdateProject() {
  const path = usePath();
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (body: Schema<"ProjectUpdate">) => unwrap(api.PATCH("/api/v1/projects/{project_id}/", { params: { path }, body })),
    onSuccess: (project) => {
      cache.setQueryData(["projects", path.project_id], project as Project);
      void cache.invalidateQueries({ queryKey: ["projects"] });
    },
  });
}

export function useDeleteProject() {
  const path = usePath();
  const cache = useQueryClient();
  return useMutation({
    mutationFn: () => unwrap(api.DELETE("/api/v1/projects/{project_id}/", { params: { path } })),
    onSuccess: () => cache.invalidateQueries({ queryKey: ["projects"], exact: true }),
  });
}

export function useMembers() {
  const path = usePath();
  return useQuery({
    queryKey: ["members", path.project_id],
    queryFn: () => unwrap(api.GET("/api/v1/projects/{project_id}/users/", { params: { path, query: { limit: 1000 } } })),
  });
}

export function useInvites() {
  const path = usePath();
  return useQuery({
    queryKey: ["invites", path.project_id],
    queryFn: () => unwrap(api.GET("/api/v1/projects/{project_id}/invites/", { params: { path, query: { status: "pending", limit: 1000 } } })),
  });
}

export type MemberAct =
  | { kind: "invite"; email: string; permissions: Permission[] }
  | { kind: "cancel"; id: string }
  | { kind: "change"; id: string; permissions: Permission[] }
  | { kind: "remove"; id: string };

export function useChangeMembers() {
  const path = usePath();
  const cache = useQueryClient();
  return useMutation({
    mutationFn: async (act: MemberAct): Promise<unknown> => {
      switch (act.kind) {
        case "invite":
          return unwrap(api.POST("/api/v1/projects/{project_id}/invites/invite/", { params: { path }, body: { email: act.email, permissions: act.permissions } }));
        case "cancel":
          return unwrap(api.DELETE("/api/v1/projects/{project_id}/invites/{invite_id}/", { params: { path: { ...path, invite_id: act.id } } }));
        case "change":
          return unwrap(api.PATCH("/api/v1/projects/{project_id}/users/{permission_id}/", { params: { path: { ...path, permission_id: act.id } }, body: { permissions: act.permissions } }));
        case "remove":
          return unwrap(api.DELETE("/api/v1/projects/{project_id}/users/{permission_id}/", { params: { path: { ...path, permission_id: act.id } } }));
      }
    },
    onSuccess: () => {
      void cache.invalidateQueries({ queryKey: ["members", path.project_id] });
      void cache.invalidateQueries({ queryKey: ["invites", path.project_id] });
    },
  });
}
