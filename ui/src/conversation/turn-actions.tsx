import { Trans, useLingui } from "@lingui/react/macro";
import { IconButton } from "../kit/button";
import { CopyIcon, EditIcon, RetryIcon } from "../kit/icons";
import { Menu, MenuItem, MenuLine } from "../kit/menu";
import { useCopy } from "../kit/use-copy";
import { Thumbs } from "./thumbs";
import { asCitationList, asMarkdown, asText } from "./copy";
import { usePlaceText } from "./place-text";
import type { TurnView } from "./types";
import type { ThreadActions } from "./thread";

export function TurnActions({ turn, canAsk, actions, conversation }: { turn: TurnView; canAsk: boolean; actions: ThreadActions; conversation: string }) {
  const { t } = useLingui();
  const copy = useCopy();
  const place = usePlaceText();
  return (
    <div className="-ms-2 flex flex-wrap items-center">
      <Menu
        align="start"
        trigger={
          <IconButton label={t`Copy`} small>
            <CopyIcon size={16} />
          </IconButton>
        }
      >
        <MenuItem onSelect={() => copy(asText(turn, place))}>
          <Trans>Copy as text</Trans>
        </MenuItem>
        <MenuItem onSelect={() => copy(asMarkdown(turn))}>
          <Trans>Copy as Markdown, with links</Trans>
        </MenuItem>
        <MenuItem onSelect={() => copy(asCitationList(turn, place))}>
          <Trans>Copy the list of sources</Trans>
        </MenuItem>
      </Menu>
      {canAsk ? (
        <>
          <Menu
            align="start"
            trigger={
              <IconButton label={t`Ask again`} small>
                <RetryIcon size={16} />
              </IconButton>
            }
          >
            <MenuItem onSelect={() => actions.ask(turn.question)}>
              <Trans>Ask this again</Trans>
            </MenuItem>
            {actions.agents.length > 1 ? <MenuLine /> : null}
            {actions.agents.length > 1
              ? actions.agents.map((agent) => (
                  <MenuItem key={agent.id} onSelect={() => actions.askAnother(agent.id, turn.question)}>
                    <Trans>Ask {agent.name}</Trans>
                  </MenuItem>
                ))
              : null}
          </Menu>
          <IconButton label={t`Edit the question`} small onClick={() => actions.edit(turn.question)}>
            <EditIcon size={16} />
          </IconButton>
        </>
      ) : null}
      <Thumbs turn={turn} conversation={conversation} />
    </div>
  );
}
