import { useLingui } from "@lingui/react/macro";

export const TYPES = ["retrieval", "document_retrieval", "get_document_outline", "get_chunk", "find_text", "read_pages", "find_tables", "data_statistics", "websearch", "math", "sub_agent"] as const;

/** What a kind of tool does, in words; its name for a kind that is not known here. */
export function useToolWords(): (type: string) => string {
  const { t } = useLingui();
  const words: Record<string, string> = {
    retrieval: t`finds passages`,
    document_retrieval: t`finds documents`,
    get_document_outline: t`reads the outline of a document`,
    get_chunk: t`reads a passage and the text around it`,
    find_text: t`finds words in a document`,
    read_pages: t`reads pages of a document`,
    find_tables: t`finds tables`,
    data_statistics: t`counts documents and tags`,
    websearch: t`searches the web`,
    math: t`calculates`,
    sub_agent: t`asks another agent`,
  };
  return (type) => words[type] ?? type;
}
