import { Trans, useLingui } from "@lingui/react/macro";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, unwrap, type Schema } from "../api/client";
import { ConfirmButton } from "../kit/confirm-button";
import { Badge, ErrorNote, QueryError } from "../kit/notes";
import { Section } from "../kit/page";
import { SkeletonLines } from "../kit/skeleton";
import { Ago } from "../kit/time";
import { useProjects } from "../projects/use-projects";

type Client = Schema<"ConnectedClient">;

const KEY = ["connected-clients"] as const;

/** Programs that one has let act for oneself over OAuth, such as an assistant that uses MCP. */
export function ConnectedClients() {
  const { t } = useLingui();
  const cache = useQueryClient();
  const clients = useQuery({ queryKey: KEY, queryFn: () => unwrap(api.GET("/api/v1/connected-clients/")) });
  const disconnect = useMutation({
    mutationFn: (id: string) => unwrap(api.DELETE("/api/v1/connected-clients/{grant_id}/", { params: { path: { grant_id: id } } })),
    onSuccess: () => cache.invalidateQueries({ queryKey: KEY }),
  });
  return (
    <Section title={<Trans>Connected programs</Trans>} hint={<Trans>Programs that you have let act for you, such as assistants that use this server over MCP.</Trans>}>
      {disconnect.isError ? <ErrorNote error={disconnect.error} /> : null}
      {clients.isPending ? <SkeletonLines /> : null}
      <QueryError query={clients} />
      {clients.data?.length === 0 ? (
        <p className="text-muted">
          <Trans>None. A program asks for your consent when it connects for the first time.</Trans>
        </p>
      ) : null}
      <ul>
        {(clients.data ?? []).map((client) => (
          <li key={client.id} className="flex flex-wrap items-center gap-x-3 gap-y-1 border-t py-2 first:border-t-0">
            <span dir="auto" className="min-w-32 flex-1 truncate font-medium" title={client.client_id}>
              {client.name || client.client_id}
            </span>
            <Scope client={client} />
            <span className="text-sm text-muted">{client.last_used_at ? <Trans>used <Ago time={client.last_used_at} /></Trans> : <Trans>not used yet</Trans>}</span>
            <ConfirmButton small question={t`Really disconnect?`} disabled={disconnect.isPending} onConfirm={() => disconnect.mutate(client.id)}>
              <Trans>Disconnect</Trans>
            </ConfirmButton>
          </li>
        ))}
      </ul>
    </Section>
  );
}

/** Which projects the program reaches. */
function Scope({ client }: { client: Client }) {
  const projects = useProjects();
  const names = client.projects?.map((id) => projects.data?.find((each) => each.id === id)?.name ?? id);
  return <Badge className="max-w-64 truncate">{names ? names.join(", ") : <Trans>all your projects</Trans>}</Badge>;
}
