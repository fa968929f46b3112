import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { createContext, useContext } from "react";
import { allPages, api, unwrap, type Schema } from "../api/client";

export type Project = Schema<"ProjectOut">;

export function useProjects() {
  return useQuery({
    queryKey: ["projects"],
    queryFn: () => allPages((limit, offset) => unwrap(api.GET("/api/v1/projects/", { params: { query: { limit, offset } } }))),
  });
}

export const projectQuery = (id: string) =>
  queryOptions({
    queryKey: ["projects", id],
    queryFn: () => unwrap(api.GET("/api/v1/projects/{project_id}/", { params: { path: { project_id: id } } })),
  });

export function useProjectData(id: string) {
  return useQuery(projectQuery(id));
}

export function useCreateProject() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (name: string) => unwrap(api.POST("/api/v1/projects/", { body: { name } })),
    onSuccess: () => cache.invalidateQueries({ queryKey: ["projects"] }),
  });
}

export const ProjectContext = createContext<Project | null>(null);

/** The project that the page is about. */
export function useProject(): Project {
  const project = useContext(ProjectContext);
  if (!project) throw new Error("useProject outside of a project");
  return project;
}
