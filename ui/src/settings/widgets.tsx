import { Plural, Trans, useLingui } from "@lingui/react/macro";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { useAgents } from "../agents/use-agents";
import { api, ApiError, unwrap, type Schema } from "../api/client";
import { Button } from "../kit/button";
import { ConfirmButton } from "../kit/confirm-button";
import { SelectField, TextField } from "../kit/field";
import { CopyIcon } from "../kit/icons";
import { Badge, ErrorNote, QueryError } from "../kit/notes";
import { Section } from "../kit/page";
import { SkeletonLines } from "../kit/skeleton";
import { useCopy } from "../kit/use-copy";
import { useProject } from "../projects/use-projects";

type Widget = Schema<"WidgetOut">;

function useWidgets() {
  const { id } = useProject();
  const cache = useQueryClient();
  const path = { project_id: id };
  const onSuccess = () => cache.invalidateQueries({ queryKey: ["widgets", id] });
  const list = useQuery({ queryKey: ["widgets", id], queryFn: () => unwrap(api.GET("/api/v1/projects/{project_id}/widgets/", { params: { path } })) });
  const make = useMutation({ onSuccess, mutationFn: (body: Schema<"WidgetCreate">) => unwrap(api.POST("/api/v1/projects/{project_id}/widgets/", { params: { path }, body })) });
  const change = useMutation({
    onSuccess,
    mutationFn: ({ id: widget_id, ...body }: Schema<"WidgetUpdate"> & { id: string }) => unwrap(api.PATCH("/api/v1/projects/{project_id}/widgets/{widget_id}/", { params: { path: { ...path, widget_id } }, body })),
  });
  const remove = useMutation({ onSuccess, mutationFn: (widget_id: string) => unwrap(api.DELETE("/api/v1/projects/{project_id}/widgets/{widget_id}/", { params: { path: { ...path, widget_id } } })) });
  return { list, make, change, remove };
}

/** Conversations on other sites: which agent may be asked from where, and the tag for their pages. */
export function Widgets() {
  const { list, make, change, remove } = useWidgets();
  const agents = useAgents();
  const nameOf = (agent: string) => agents.data?.find((each) => each.id === agent)?.name ?? "";
  return (
    <Section
      title={<Trans>Widgets</Trans>}
      hint={<Trans>A conversation on another site. Its visitors ask one agent without an account, and open what its answers cite, nothing else.</Trans>}
    >
      <NewWidget make={make} />
      {change.isError ? <ErrorNote error={change.error} /> : null}
      {remove.isError ? <ErrorNote error={remove.error} /> : null}
      <QueryError query={list} />
      {list.isPending ? <SkeletonLines /> : null}
      <ul>
        {(list.data ?? []).map((widget) => (
          <WidgetRow key={widget.id} widget={widget} agent={nameOf(widget.agent_settings)} onSwitch={() => change.mutate({ id: widget.id, enabled: !widget.enabled })} onDelete={() => remove.mutate(widget.id)} />
        ))}
      </ul>
    </Section>
  );
}

function NewWidget({ make }: { make: ReturnType<typeof useWidgets>["make"] }) {
  const { t } = useLingui();
  const agents = useAgents();
  const [name, setName] = useState("");
  const [origins, setOrigins] = useState("");
  const [agent, setAgent] = useState("");
  const chosen = agent || (agents.data?.find((each) => each.is_default)?.id ?? agents.data?.[0]?.id ?? "");
  const fields = make.error instanceof ApiError ? make.error.fields : {};
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const named = origins.split(/[\s,]+/).filter(Boolean);
    make.mutate(
      { name, agent_settings: chosen, origins: named, enabled: true, questions_per_hour: 300 },
      {
        onSuccess: () => {
          setName("");
          setOrigins("");
        },
      },
    );
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-3">
      <div className="flex flex-wrap gap-3">
        <TextField className="min-w-[min(14rem,100%)] flex-1" label={t`Name, as visitors read it`} required maxLength={100} value={name} onChange={(event) => setName(event.target.value)} />
        <SelectField className="min-w-[min(14rem,100%)] flex-1" label={t`Agent`} value={chosen} onChange={(event) => setAgent(event.target.value)}>
          {(agents.data ?? []).map((each) => (
            <option key={each.id} value={each.id}>
              {each.name}
            </option>
          ))}
        </SelectField>
      </div>
      <TextField label={t`Websites that may show it`} hint={t`Scheme and host, as https://www.example.org. Several with spaces between them.`} error={fields.origins} required maxLength={2000} value={origins} onChange={(event) => setOrigins(event.target.value)} />
      {make.isError && !fields.origins ? <ErrorNote error={make.error} /> : null}
      <Button type="submit" className="self-start" disabled={make.isPending || !chosen}>
        <Trans>Create a widget</Trans>
      </Button>
    </form>
  );
}

function WidgetRow({ widget, agent, onSwitch, onDelete }: { widget: Widget; agent: string; onSwitch: () => void; onDelete: () => void }) {
  const { t } = useLingui();
  const copy = useCopy();
  return (
    <li className="flex flex-col gap-2 border-t py-3 first:border-t-0">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <h3 dir="auto" className="min-w-32 flex-1 truncate font-medium">
          {widget.name}
        </h3>
        {widget.enabled ? null : (
          <Badge>
            <Trans>switched off</Trans>
          </Badge>
        )}
        <Button small onClick={onSwitch}>
          {widget.enabled ? <Trans>Switch off</Trans> : <Trans>Switch on</Trans>}
        </Button>
        <ConfirmButton small question={t`Really delete?`} onConfirm={onDelete}>
          <Trans>Delete</Trans>
        </ConfirmButton>
      </div>
      <p className="text-sm break-words text-muted">
        {agent} · {widget.origins.join(", ")} · <Plural value={widget.questions_per_hour} one="# question an hour" other="# questions an hour" />
      </p>
      <div className="flex items-start gap-2">
        <code className="min-w-0 flex-1 rounded-md border bg-sunken px-2 py-1.5 text-sm break-all">{widget.tag}</code>
        <Button small onClick={() => copy(widget.tag)}>
          <CopyIcon size={15} />
          <Trans>Copy</Trans>
        </Button>
      </div>
    </li>
  );
}
