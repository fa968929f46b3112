import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { toError, api, unwrap, type Schema } from "../api/client";
import { authorizedFetch } from "../api/fetch";
import { useProject } from "../projects/use-projects";

export type ConversationFile = Schema<"LocalDocument">;

const LOOK_MS = 1500;
const BUSY = new Set(["created", "indexing", "ready_to_publish"]);

export const isBusy = (file: ConversationFile) => BUSY.has(file.indexing_status);

const keyOf = (conversation: string) => ["conversation-files", conversation] as const;

/** The files that only this conversation reads, as they become readable. */
export function useFiles(conversation: string) {
  const { id } = useProject();
  return useQuery({
    queryKey: keyOf(conversation),
    refetchInterval: (query) => (query.state.data?.results.some(isBusy) ? LOOK_MS : false),
    queryFn: () =>
      unwrap(
        api.GET("/api/v1/projects/{project_id}/playground-conversations/{conversation_id}/local-documents/", {
          params: { path: { project_id: id, conversation_id: conversation }, query: { limit: 100 } },
        }),
      ),
  });
}

export async function uploadFiles(project: string, conversation: string, files: readonly File[]): Promise<void> {
  const form = new FormData();
  for (const file of files) form.append("files", file, file.name);
  const address = `/api/v1/projects/${project}/playground-conversations/${conversation}/local-documents/bulk-upload/`;
  const response = await authorizedFetch(address, { method: "POST", body: form });
  if (!response.ok) throw toError(response.status, await response.json().catch(() => null));
}

export function useAddFiles(conversation: string) {
  const { id } = useProject();
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (files: readonly File[]) => uploadFiles(id, conversation, files),
    onSuccess: () => cache.invalidateQueries({ queryKey: keyOf(conversation) }),
  });
}

export function useRemoveFile(conversation: string) {
  const { id } = useProject();
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (file: string) =>
      unwrap(
        api.DELETE("/api/v1/projects/{project_id}/playground-conversations/{conversation_id}/local-documents/{document_id}/", {
          params: { path: { project_id: id, conversation_id: conversation, document_id: file } },
        }),
      ),
    onSuccess: () => cache.invalidateQueries({ queryKey: keyOf(conversation) }),
  });
}
