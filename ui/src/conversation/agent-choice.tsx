import { useLingui } from "@lingui/react/macro";
import type { Agent } from "../agents/use-agents";
import { AgentIcon, DownIcon } from "../kit/icons";
import { Menu, MenuRadio } from "../kit/menu";

export function AgentChoice({ agents, chosen, onChoose }: { agents: readonly Agent[]; chosen: Agent; onChoose: (id: string) => void }) {
  const { t } = useLingui();
  return (
    <Menu
      align="start"
      trigger={
        <button type="button" aria-label={t`Agent: ${chosen.name}`} className="flex min-w-0 items-center gap-1.5 rounded-md px-2 py-1 hover:bg-hover hover:text-text">
          <AgentIcon size={16} className="shrink-0" />
          <span className="truncate">{chosen.name}</span>
          <DownIcon size={12} className="shrink-0" />
        </button>
      }
    >
      <MenuRadio label={t`Who answers`} value={chosen.id} options={agents.map((agent) => ({ value: agent.id, label: agent.name }))} onChange={onChoose} />
    </Menu>
  );
}
