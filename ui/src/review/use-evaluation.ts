import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, firstRows, unwrap, type Schema } from "../api/client";
import { useProject } from "../projects/use-projects";

export type Run = Schema<"citewell__evaluation__schemas__RunOut">;
export type Question = Schema<"QuestionOut">;
export type Outcome = "right" | "wrong" | "failed" | "waiting";

const BUSY_MS = 3000;
const MOST_RUNS = 50;

export const isGoingOn = (run: Pick<Run, "state">): boolean => run.state === "pending" || run.state === "running";

/** The newest runs; looked at often while one goes on. */
export function useRuns() {
  const { id } = useProject();
  return useQuery({
    queryKey: ["evaluation", id, "runs"],
    refetchInterval: (query) => (query.state.data?.results.some(isGoingOn) ? BUSY_MS : false),
    queryFn: () => unwrap(api.GET("/api/v1/projects/{project_id}/evaluation-runs/", { params: { path: { project_id: id }, query: { limit: MOST_RUNS } } })),
  });
}

export function useRunActions() {
  const { id } = useProject();
  const cache = useQueryClient();
  const onSuccess = () => cache.invalidateQueries({ queryKey: ["evaluation", id] });
  const path = { project_id: id };
  const start = useMutation({ onSuccess, mutationFn: (agent: string | null) => unwrap(api.POST("/api/v1/projects/{project_id}/evaluation-runs/", { params: { path }, body: { agent_settings: agent } })) });
  const stop = useMutation({ onSuccess, mutationFn: (run_id: string) => unwrap(api.POST("/api/v1/projects/{project_id}/evaluation-runs/{run_id}/stop/", { params: { path: { ...path, run_id } } })) });
  return { start, stop };
}

/** What has got better and worse since the run before. */
export function useComparison(run: Run) {
  const { id } = useProject();
  return useQuery({
    queryKey: ["evaluation", id, "comparison", run.id, run.state],
    enabled: run.previous_run !== null && run.scores !== null,
    queryFn: () => unwrap(api.GET("/api/v1/projects/{project_id}/evaluation-runs/{run_id}/comparison/", { params: { path: { project_id: id, run_id: run.id } } })),
  });
}

export function useQuestions(run: Run, outcome: Outcome | "", limit: number) {
  const { id } = useProject();
  return useQuery({
    // With the state, so that the last answers are asked for when the run has ended.
    queryKey: ["evaluation", id, "questions", run.id, run.state, outcome, limit],
    placeholderData: keepPreviousData,
    refetchInterval: isGoingOn(run) ? BUSY_MS : false,
    queryFn: () =>
      firstRows(
        (most, offset) =>
          unwrap(
            api.GET("/api/v1/projects/{project_id}/evaluation-runs/{run_id}/questions/", {
              params: { path: { project_id: id, run_id: run.id }, query: { limit: most, offset, outcome: outcome || undefined } },
            }),
          ),
        limit,
      ),
  });
}

export function useQuestion(run: string, question: string | null) {
  const { id } = useProject();
  return useQuery({
    queryKey: ["evaluation", id, "question", run, question],
    enabled: question !== null,
    refetchInterval: ({ state }) => (state.data?.is_right === null && state.data.state !== "failed" ? BUSY_MS : false),
    queryFn: () => unwrap(api.GET("/api/v1/projects/{project_id}/evaluation-runs/{run_id}/questions/{question_id}/", { params: { path: { project_id: id, run_id: run, question_id: question ?? "" } } })),
  });
}
