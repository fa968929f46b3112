import type { ReactNode } from "react";
import { ConversationMenu } from "./conversation-menu";
import type { Conversation } from "./use-conversations";

export function ConversationHeader({ conversation, listButton }: { conversation: Conversation; listButton: ReactNode }) {
  return (
    <header className="flex h-11 shrink-0 items-center gap-1 border-b px-2">
      {listButton}
      <h1 dir="auto" className="min-w-0 flex-1 truncate px-2 text-sm font-medium text-muted">
        {conversation.name}
      </h1>
      <ConversationMenu conversation={conversation} />
    </header>
  );
}
