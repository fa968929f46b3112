import { Trans, useLingui } from "@lingui/react/macro";
import { useEffect, useState } from "react";
import { useParams, useSearch } from "wouter";
import { IconButton } from "../kit/button";
import { CloseIcon, PanelIcon } from "../kit/icons";
import { useMedia } from "../kit/use-media";
import { ConversationList } from "./conversation-list";
import { ConversationView } from "./conversation-view";
import { NewConversation } from "./new-conversation";

/** Conversations on the left, the one that is open beside them. */
export default function AskPage() {
  const { t } = useLingui();
  const { conversation } = useParams<{ conversation?: string }>();
  // A source takes the list's place where there is not room for three columns.
  const hasSource = new URLSearchParams(useSearch()).has("source");
  const hasRoom = useMedia("(min-width: 72rem)");
  const hasRoomForThree = useMedia("(min-width: 96rem)");
  const isWide = hasSource ? hasRoomForThree : hasRoom;
  const [isListOpen, setListOpen] = useState(false);
  useEffect(() => {
    if (!isListOpen) return;
    const escape = (event: KeyboardEvent) => (event.key === "Escape" && !event.defaultPrevented ? setListOpen(false) : undefined);
    addEventListener("keydown", escape);
    return () => removeEventListener("keydown", escape);
  }, [isListOpen]);
  const openList = isWide ? null : (
    <IconButton label={t`Conversations`} onClick={() => setListOpen(true)}>
      <PanelIcon />
    </IconButton>
  );
  return (
    <div className="flex h-full min-h-0">
      {isWide ? (
        <aside className="w-64 shrink-0 border-e bg-bg 2xl:w-80">
          <ConversationList current={conversation} />
        </aside>
      ) : null}
      {!isWide && isListOpen ? (
        <div role="dialog" aria-label={t`Conversations`} className="fixed inset-0 z-30 flex">
          <aside className="flex h-full w-80 max-w-[85vw] flex-col border-e bg-bg animate-appear">
            <div className="flex items-center justify-between border-b ps-4 pe-2 py-2">
              <h2 className="font-semibold">
                <Trans>Conversations</Trans>
              </h2>
              <IconButton label={t`Close`} onClick={() => setListOpen(false)} autoFocus>
                <CloseIcon />
              </IconButton>
            </div>
            <div className="min-h-0 flex-1">
              <ConversationList current={conversation} onChosen={() => setListOpen(false)} />
            </div>
          </aside>
          <button type="button" tabIndex={-1} aria-label={t`Close`} className="flex-1 cursor-default bg-scrim" onClick={() => setListOpen(false)} />
        </div>
      ) : null}
      {conversation ? <ConversationView key={conversation} conversation={conversation} listButton={openList} /> : <NewConversation listButton={openList} />}
    </div>
  );
}
