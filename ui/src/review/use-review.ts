import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, firstRows, unwrap, type Schema } from "../api/client";
import { useProject } from "../projects/use-projects";

export type Opinion = Schema<"OpinionOut">;
export type Group = Schema<"GroupOut">;
export type ReviewStatus = "to_review" | "reviewed";

function usePath() {
  return { project_id: useProject().id };
}

export function useFeedbackGroups(status: ReviewStatus, search: string, limit: number) {
  const path = usePath();
  return useQuery({
    queryKey: ["feedback", path.project_id, "groups", status, search, limit],
    placeholderData: keepPreviousData,
    queryFn: () =>
      firstRows(
        (most, offset) =>
          unwrap(api.GET("/api/v1/projects/{project_id}/feedbacks/grouped_by_conversation/", { params: { path, query: { status, search: search || undefined, limit: most, offset } } })),
        limit,
      ),
  });
}

export function useFeedbackCounts() {
  const path = usePath();
  return useQuery({
    queryKey: ["feedback", path.project_id, "counts"],
    queryFn: () => unwrap(api.GET("/api/v1/projects/{project_id}/feedbacks/counts/", { params: { path } })),
  });
}

export function useSignals(status: ReviewStatus, limit: number) {
  const path = usePath();
  return useQuery({
    queryKey: ["signals", path.project_id, status, limit],
    placeholderData: keepPreviousData,
    queryFn: () => firstRows((most, offset) => unwrap(api.GET("/api/v1/projects/{project_id}/signals/", { params: { path, query: { status, limit: most, offset } } })), limit),
  });
}

export function useMarkFeedback() {
  const path = usePath();
  const cache = useQueryClient();
  return useMutation({
    mutationFn: ({ id, status, isSignal = false }: { id: string; status: ReviewStatus; isSignal?: boolean }) =>
      isSignal
        ? unwrap(api.PATCH("/api/v1/projects/{project_id}/signals/{signal_id}/", { params: { path: { ...path, signal_id: id } }, body: { status } }))
        : unwrap(api.PATCH("/api/v1/projects/{project_id}/feedbacks/{feedback_id}/", { params: { path: { ...path, feedback_id: id } }, body: { status } })),
    onSuccess: () => {
      void cache.invalidateQueries({ queryKey: ["feedback", path.project_id] });
      void cache.invalidateQueries({ queryKey: ["signals", path.project_id] });
    },
  });
}

export function useGroundTruths(limit: number) {
  const path = usePath();
  return useQuery({
    queryKey: ["ground-truths", path.project_id, limit],
    placeholderData: keepPreviousData,
    queryFn: () => firstRows((most, offset) => unwrap(api.GET("/api/v1/projects/{project_id}/ground-truths/", { params: { path, query: { limit: most, offset } } })), limit),
  });
}

/** `feedback`: what it is made of; if that was positive, an answer that is left out is the one that was given. */
export type Draft = { id?: string; query: string; answer: string; additional_notes: string; feedback?: { id: string; isPositive: boolean } };

export function useSaveGroundTruth() {
  const path = usePath();
  const cache = useQueryClient();
  return useMutation({
    mutationFn: ({ id, feedback, ...body }: Draft): Promise<unknown> => {
      if (id) return unwrap(api.PATCH("/api/v1/projects/{project_id}/ground-truths/{ground_truth_id}/", { params: { path: { ...path, ground_truth_id: id } }, body }));
      if (!feedback) return unwrap(api.POST("/api/v1/projects/{project_id}/ground-truths/", { params: { path }, body }));
      const known = { query: body.query || null, answer: body.answer.trim() || null, additional_notes: body.additional_notes || null };
      return unwrap(api.POST("/api/v1/projects/{project_id}/feedbacks/{feedback_id}/ground-truth/", { params: { path: { ...path, feedback_id: feedback.id } }, body: known }));
    },
    // Feedback that has become one is reviewed.
    onSuccess: () => Promise.all(["ground-truths", "feedback"].map((kind) => cache.invalidateQueries({ queryKey: [kind, path.project_id] }))),
  });
}

export function useDeleteGroundTruth() {
  const path = usePath();
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => unwrap(api.DELETE("/api/v1/projects/{project_id}/ground-truths/{ground_truth_id}/", { params: { path: { ...path, ground_truth_id: id } } })),
    onSuccess: () => cache.invalidateQueries({ queryKey: ["ground-truths", path.project_id] }),
  });
}
