import { Trans } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { CheckIcon, WarnIcon } from "../kit/icons";
import { Note } from "../kit/notes";
import { Section } from "../kit/page";
import { SkeletonLines } from "../kit/skeleton";

type Ready = { status?: string; checks?: Record<string, unknown>; [more: string]: unknown };

/** What the server says about itself (`/readyz`). */
export function Health() {
  const ready = useQuery({
    queryKey: ["ready"],
    refetchInterval: 10_000,
    queryFn: async () => {
      const response = await fetch("/readyz");
      return { isReady: response.ok, said: (await response.json()) as Ready };
    },
  });
  if (ready.isPending) return <SkeletonLines />;
  if (ready.isError) {
    return (
      <Note tone="danger">
        <Trans>The server does not answer.</Trans>
      </Note>
    );
  }
  const { isReady, said } = ready.data;
  const rows = Object.entries(said.checks ?? said).filter(([name]) => name !== "status");
  return (
    <Section title={isReady ? <Trans>The server works</Trans> : <Trans>The server cannot work as it should</Trans>} hint={<Trans>It looks by itself every 10 seconds. The command "citewell doctor" says more, and what to do.</Trans>}>
      <ul>
        {rows.map(([name, value]) => {
          const text = typeof value === "string" ? value : JSON.stringify(value);
          const isGood = value === true || /^(ok|alive|ready|true)/i.test(text);
          return (
            <li key={name} className="flex items-center gap-2 border-t py-2 first:border-t-0">
              {isGood ? <CheckIcon className="text-accent" /> : <WarnIcon className="text-warn" />}
              <span className="w-48 font-medium">{name}</span>
              <span className="min-w-0 break-words text-muted">{text}</span>
            </li>
          );
        })}
      </ul>
    </Section>
  );
}
