import { useQuery, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { useCallback, useEffect } from "react";

type Unsent = { question: string; error: unknown };

const keyOf = (conversation: string) => ["unsent", conversation] as const;

export function keepUnsent(cache: QueryClient, conversation: string, unsent: Unsent): void {
  cache.setQueryData(keyOf(conversation), unsent);
}

/** The first question of a conversation that did not arrive: it goes back into the field once. Returns its fault, and what
 * forgets it. */
export function useUnsent(conversation: string, setDraft: (text: string) => void): { fault: unknown; forget: () => void } {
  const cache = useQueryClient();
  const key = keyOf(conversation);
  const { data } = useQuery<Unsent | null>({ queryKey: key, queryFn: () => null, enabled: false, initialData: () => cache.getQueryData<Unsent>(key) ?? null });
  const question = data?.question;
  useEffect(() => {
    if (question) setDraft(question);
  }, [question, setDraft]);
  const forget = useCallback(() => cache.setQueryData(keyOf(conversation), null), [cache, conversation]);
  return { fault: data?.error ?? null, forget };
}
