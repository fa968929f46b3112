import { useQuery } from "@tanstack/react-query";
import { api, unwrap } from "../api/client";
import { useSession } from "../session/use-session";

export const feedbackKey = (project: string, conversation: string) => ["projects", project, "feedback-of", conversation];

/** What the reader has said of a conversation's answers, by question: the last word counts. */
export function useGivenThumbs(project: string, conversation: string): ReadonlyMap<number, boolean> {
  const me = useSession().data?.user.email;
  const found = useQuery({
    queryKey: feedbackKey(project, conversation),
    queryFn: () => unwrap(api.GET("/api/v1/projects/{project_id}/feedbacks/", { params: { path: { project_id: project }, query: { conversation_id: conversation, limit: 500 } } })),
  });
  const given = new Map<number, boolean>();
  for (const row of found.data?.results ?? []) {
    const question = row.context["query_id"];
    if (row.given_by["email"] === me && row.is_positive !== null && typeof question === "number" && !given.has(question)) given.set(question, row.is_positive);
  }
  return given;
}
