import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";

type Unsent = { question: string; error: unknown };

/** The first question of a conversation that did not arrive: it goes back into the field, and its fault is returned. */
export function useUnsent(conversation: string, setDraft: (text: string) => void): unknown {
  const cache = useQueryClient();
  const key = ["unsent", conversation];
  const { data } = useQuery<Unsent | null>({ queryKey: key, queryFn: () => null, enabled: false, initialData: () => cache.getQueryData<Unsent>(key) ?? null });
  const question = data?.question;
  useEffect(() => {
    if (question) setDraft(question);
  }, [question, setDraft]);
  return data?.error ?? null;
}
