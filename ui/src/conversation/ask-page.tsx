import { Trans, useLingui } from "@lingui/react/macro";
import { useRef, useState, type FocusEvent } from "react";
import { useParams, useSearch } from "wouter";
import { IconButton } from "../kit/button";
import { CloseIcon, PanelIcon } from "../kit/icons";
import { useEscape } from "../kit/use-escape";
import { useMedia } from "../kit/use-media";
import { useFocusBack, useSheetFocus } from "../kit/use-sheet";
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
  useFocusBack(!isWide && isListOpen);
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
      {!isWide && isListOpen ? <ListDrawer current={conversation} onClose={() => setListOpen(false)} /> : null}
      {conversation ? <ConversationView key={conversation} conversation={conversation} listButton={openList} /> : <NewConversation listButton={openList} />}
    </div>
  );
}

/** The list over the page. It closes with Escape, a click beside it, and when the keyboard leaves it. */
function ListDrawer({ current, onClose }: { current: string | undefined; onClose: () => void }) {
  const { t } = useLingui();
  const box = useRef<HTMLDivElement>(null);
  useSheetFocus(box);
  useEscape(onClose);
  const leave = (event: FocusEvent<HTMLDivElement>) => (event.relatedTarget && !event.currentTarget.contains(event.relatedTarget) ? onClose() : undefined);
  return (
    <div ref={box} role="dialog" tabIndex={-1} aria-label={t`Conversations`} onBlur={leave} className="fixed inset-0 z-30 flex outline-none">
      <aside className="flex h-full w-80 max-w-[85vw] flex-col border-e bg-bg animate-appear">
        <div className="flex items-center justify-between border-b ps-4 pe-2 py-2">
          <h2 className="font-semibold">
            <Trans>Conversations</Trans>
          </h2>
          <IconButton label={t`Close`} onClick={onClose}>
            <CloseIcon />
          </IconButton>
        </div>
        <div className="min-h-0 flex-1">
          <ConversationList current={current} onChosen={onClose} />
        </div>
      </aside>
      <button type="button" tabIndex={-1} aria-label={t`Close`} className="flex-1 cursor-default bg-scrim" onClick={onClose} />
    </div>
  );
}
