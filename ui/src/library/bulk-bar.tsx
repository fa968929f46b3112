import { Plural, Trans, useLingui } from "@lingui/react/macro";
import { useState } from "react";
import { Button } from "../kit/button";
import { Dialog } from "../kit/dialog";
import { TextField } from "../kit/field";
import { FolderIcon } from "../kit/icons";
import { Menu, MenuItem, MenuLine } from "../kit/menu";
import { ErrorNote } from "../kit/notes";
import { useToast } from "../kit/toasts";
import { BulkTags } from "./bulk-tags";
import { useBulk, useCollections, useMakeCollection, type Act, type Row } from "./use-documents";

const MOST_PAIRS = 20; // of metadata in the menu

/** The metadata that the documents have, each pair once. */
function metadataOf(rows: readonly Row[]): Array<[string, string]> {
  const found = new Map<string, [string, string]>();
  for (const row of rows) for (const pair of row.metadata as unknown[]) if (Array.isArray(pair)) found.set(JSON.stringify(pair), [String(pair[0]), String(pair[1])]);
  return [...found.values()].sort((a, b) => a.join().localeCompare(b.join())).slice(0, MOST_PAIRS);
}

/** What can be done with the chosen documents. */
export function BulkBar({ rows, onDone }: { rows: readonly Row[]; onDone: () => void }) {
  const { t } = useLingui();
  const say = useToast();
  const bulk = useBulk();
  const collections = useCollections();
  const ids = rows.map((row) => row.id);
  const known = metadataOf(rows);
  const [asked, setAsked] = useState<"delete" | "metadata" | "collection" | null>(null);
  const run = (act: Act, said: string) =>
    bulk.mutate(
      { ids, act },
      {
        onSuccess: () => {
          say(said);
          setAsked(null);
          onDone();
        },
      },
    );
  return (
    <div className="flex flex-wrap items-center gap-2 rounded-md border border-accent/40 bg-accent-soft px-3 py-2">
      <span className="me-auto font-medium" role="status">
        <Plural value={ids.length} one="# chosen" other="# chosen" />
      </span>
      {bulk.isError ? <ErrorNote error={bulk.error} /> : null}
      <Menu
        trigger={
          <Button small disabled={bulk.isPending}>
            <FolderIcon size={15} />
            <Trans>Move to</Trans>
          </Button>
        }
      >
        {(collections.data?.results ?? []).map((each) => (
          <MenuItem key={each.slug} onSelect={() => run({ kind: "move", slug: each.slug }, t`Moved`)}>
            {each.name}
          </MenuItem>
        ))}
        <MenuLine />
        <MenuItem onSelect={() => setAsked("collection")}>
          <Trans>A new collection</Trans>
        </MenuItem>
      </Menu>
      <Menu
        trigger={
          <Button small disabled={bulk.isPending}>
            <Trans>Metadata</Trans>
          </Button>
        }
      >
        <MenuItem onSelect={() => setAsked("metadata")}>
          <Trans>Add metadata</Trans>
        </MenuItem>
        {known.length > 0 ? <MenuLine /> : null}
        {known.map(([key, value]) => (
          <MenuItem key={`${key}: ${value}`} onSelect={() => run({ kind: "forget", key, value }, t`Removed`)}>
            <Trans>
              Remove {key}: {value}
            </Trans>
          </MenuItem>
        ))}
      </Menu>
      <BulkTags rows={rows} />
      <Button small disabled={bulk.isPending} onClick={() => run({ kind: "reprocess" }, t`What is outdated is processed again`)}>
        <Trans>Process again</Trans>
      </Button>
      <Button small look="danger" disabled={bulk.isPending} onClick={() => setAsked("delete")}>
        <Trans>Delete</Trans>
      </Button>
      <Button small look="quiet" onClick={onDone}>
        <Trans>Cancel</Trans>
      </Button>
      <Dialog
        open={asked === "delete"}
        onClose={() => setAsked(null)}
        title={ids.length === 1 ? t`Delete this document?` : t`Delete ${ids.length} documents?`}
        description={t`They are no longer found. Answers that cite them keep what they quote, and say that the document is gone.`}
        footer={
          <Button look="danger" disabled={bulk.isPending} onClick={() => run({ kind: "delete" }, t`Deleted`)}>
            <Trans>Delete</Trans>
          </Button>
        }
      >
        {bulk.isError ? <ErrorNote error={bulk.error} /> : null}
      </Dialog>
      <MetadataDialog open={asked === "metadata"} onClose={() => setAsked(null)} onAdd={(key, value) => run({ kind: "metadata", key, value }, t`Added`)} error={bulk.error} />
      <CollectionDialog open={asked === "collection"} onClose={() => setAsked(null)} onMade={(slug) => run({ kind: "move", slug }, t`Moved`)} />
    </div>
  );
}

function MetadataDialog({ open, onClose, onAdd, error }: { open: boolean; onClose: () => void; onAdd: (key: string, value: string) => void; error: unknown }) {
  const { t } = useLingui();
  const [key, setKey] = useState("");
  const [value, setValue] = useState("");
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title={t`Add metadata`}
      description={t`Searches and agents can be limited to documents that have it.`}
      footer={
        <Button look="primary" disabled={!key.trim() || !value.trim()} onClick={() => onAdd(key.trim(), value.trim())}>
          <Trans>Add</Trans>
        </Button>
      }
    >
      <div className="flex flex-col gap-3">
        {error ? <ErrorNote error={error} /> : null}
        <TextField label={t`Key`} placeholder={t`department`} value={key} onChange={(event) => setKey(event.target.value)} />
        <TextField label={t`Value`} placeholder={t`sales`} value={value} onChange={(event) => setValue(event.target.value)} />
      </div>
    </Dialog>
  );
}

function CollectionDialog({ open, onClose, onMade }: { open: boolean; onClose: () => void; onMade: (slug: string) => void }) {
  const { t } = useLingui();
  const make = useMakeCollection();
  const [name, setName] = useState("");
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title={t`A new collection`}
      footer={
        <Button look="primary" disabled={!name.trim() || make.isPending} onClick={() => make.mutate(name.trim(), { onSuccess: (made) => onMade(made.slug) })}>
          <Trans>Create it and move there</Trans>
        </Button>
      }
    >
      {make.isError ? <ErrorNote error={make.error} className="mb-2" /> : null}
      <TextField label={t`Name`} dir="auto" value={name} onChange={(event) => setName(event.target.value)} />
    </Dialog>
  );
}
