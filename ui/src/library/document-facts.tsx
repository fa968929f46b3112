import { Trans, useLingui } from "@lingui/react/macro";
import { useState, type FormEvent } from "react";
import { Button, IconButton } from "../kit/button";
import { TextField } from "../kit/field";
import { CloseIcon } from "../kit/icons";
import { Badge, ErrorNote } from "../kit/notes";
import { Section } from "../kit/page";
import { Ago, formatBytes } from "../kit/time";
import { useAccess } from "../projects/use-access";
import { DocumentRuns } from "./document-runs";
import { failureWords } from "./failure-texts";
import { useChangeDocument, type DocumentData, type Version } from "./use-document";

export function DocumentFacts({ document, versions }: { document: DocumentData; versions: Version[] }) {
  const { i18n } = useLingui();
  return (
    <div className="flex min-h-0 flex-1 flex-col gap-4 overflow-y-auto p-4">
      <Metadata document={document} />
      <Section title={<Trans>Versions</Trans>} hint={<Trans>Searches see the current one. What was cited of an older one still opens.</Trans>}>
        <ul className="flex flex-col">
          {versions.map((version) => (
            <li key={version.number} className="flex flex-wrap items-center gap-x-3 gap-y-1 border-t py-2 first:border-t-0">
              <span className="font-medium">
                <Trans>Version {version.number}</Trans>
              </span>
              {version.is_current ? (
                <Badge tone="accent">
                  <Trans>current</Trans>
                </Badge>
              ) : null}
              {version.stage === "failed" ? (
                <Badge tone="danger">
                  <Trans>failed</Trans>
                </Badge>
              ) : null}
              <Ago time={version.created_at} className="text-sm text-muted" />
              <span className="text-sm text-muted">{[version.kind, version.language, version.file_size === null ? null : formatBytes(i18n.locale, version.file_size)].filter(Boolean).join(" · ")}</span>
              {version.error ? <span className="w-full text-sm text-danger">{failureWords(i18n, { code: version.error_code, message: version.error })}</span> : null}
            </li>
          ))}
        </ul>
      </Section>
      <DocumentRuns document={document.id} />
    </div>
  );
}

function Metadata({ document }: { document: DocumentData }) {
  const { t } = useLingui();
  const access = useAccess();
  const change = useChangeDocument(document.id);
  const [key, setKey] = useState("");
  const [value, setValue] = useState("");
  const pairs = (document.metadata as unknown[]).flatMap((pair) => (Array.isArray(pair) ? [[String(pair[0]), String(pair[1])] as const] : []));
  const add = (event: FormEvent) => {
    event.preventDefault();
    change.mutate({ kind: "metadata", key: key.trim(), value: value.trim() }, { onSuccess: () => setValue("") });
  };
  return (
    <Section title={<Trans>Metadata</Trans>} hint={<Trans>Searches and agents can be limited to documents that have it.</Trans>}>
      {change.isError ? <ErrorNote error={change.error} /> : null}
      <ul className="flex flex-wrap gap-2">
        {pairs.length === 0 ? (
          <li className="text-sm text-muted">
            <Trans>None yet</Trans>
          </li>
        ) : null}
        {pairs.map(([name, text]) => (
          <li key={`${name}=${text}`} className="flex items-center gap-1 rounded-sm border ps-2 text-sm">
            <span className="text-muted">{name}</span> {text}
            {access.mayRun ? (
              <IconButton label={t`Remove ${name}: ${text}`} small onClick={() => change.mutate({ kind: "forget", key: name, value: text })}>
                <CloseIcon size={14} />
              </IconButton>
            ) : (
              <span className="pe-2" />
            )}
          </li>
        ))}
      </ul>
      {access.mayRun ? (
        <form onSubmit={add} className="flex flex-wrap items-end gap-2">
          <TextField className="w-40" label={t`Key`} value={key} onChange={(event) => setKey(event.target.value)} />
          <TextField className="w-48" label={t`Value`} value={value} onChange={(event) => setValue(event.target.value)} />
          <Button type="submit" disabled={!key.trim() || !value.trim() || change.isPending}>
            <Trans>Add</Trans>
          </Button>
        </form>
      ) : null}
    </Section>
  );
}
