import { Trans, useLingui } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { api, unwrap } from "../api/client";
import { cx } from "../kit/cx";
import { useProject } from "../projects/use-projects";

type Props = { chosen: string[]; onChange: (tags: string[]) => void; archived: boolean; onArchived: (archived: boolean) => void };

export function TagFilter({ chosen, onChange, archived, onArchived }: Props) {
  const { t } = useLingui();
  const { id } = useProject();
  const tags = useQuery({
    queryKey: ["conversations", id, "tags"],
    staleTime: 60_000,
    queryFn: () => unwrap(api.GET("/api/v1/projects/{project_id}/playground-conversations/all-tags/", { params: { path: { project_id: id } } })),
  });
  const toggle = (tag: string) => onChange(chosen.includes(tag) ? chosen.filter((each) => each !== tag) : [...chosen, tag]);
  return (
    <div role="group" aria-label={t`Filter`} className="flex flex-wrap gap-1">
      {(tags.data?.tags ?? []).slice(0, 12).map((tag) => (
        <Choice key={tag} pressed={chosen.includes(tag)} onClick={() => toggle(tag)}>
          {tag}
        </Choice>
      ))}
      <Choice pressed={archived} onClick={() => onArchived(!archived)}>
        <Trans>With archived</Trans>
      </Choice>
    </div>
  );
}

function Choice({ pressed, onClick, children }: { pressed: boolean; onClick: () => void; children: React.ReactNode }) {
  return (
    <button type="button" aria-pressed={pressed} onClick={onClick} className={cx("max-w-40 truncate rounded-sm border px-1.5 text-xs leading-5", pressed ? "border-accent bg-accent-soft text-accent" : "text-muted hover:bg-hover")}>
      {children}
    </button>
  );
}
