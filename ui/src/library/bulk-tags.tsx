import { Trans, useLingui } from "@lingui/react/macro";
import { useId, useState } from "react";
import { Button } from "../kit/button";
import { Dialog } from "../kit/dialog";
import { TextField } from "../kit/field";
import { TagIcon } from "../kit/icons";
import { Menu, MenuItem, MenuLine } from "../kit/menu";
import { ErrorNote } from "../kit/notes";
import { useToast } from "../kit/toasts";
import { useTagValues, type Row } from "./use-documents";
import { useChangeTags, useHandTags, type HandTag } from "./use-hand-tags";

const MOST = 20; // tags in the menu

/** Gives the chosen documents a tag, or takes away one that people gave them. */
export function BulkTags({ rows }: { rows: readonly Row[] }) {
  const { t } = useLingui();
  const say = useToast();
  const given = useHandTags();
  const change = useChangeTags();
  const [isAdding, setAdding] = useState(false);
  const ids = rows.map((row) => row.id);
  const known = Map.groupBy(
    (given.data ?? []).filter((tag) => ids.includes(tag.document_id)),
    (tag) => `${tag.tag_name}: ${tag.tag_value}`,
  );
  const remove = (tags: HandTag[]) => change.mutate({ kind: "remove", tags }, { onSuccess: () => say(t`Removed`) });
  const add = (name: string, value: string) =>
    change.mutate(
      { kind: "add", documents: ids, name, value },
      {
        onSuccess: () => {
          setAdding(false);
          say(t`Added`);
        },
      },
    );
  return (
    <>
      <Menu
        trigger={
          <Button small disabled={change.isPending}>
            <TagIcon size={15} />
            <Trans>Tags</Trans>
          </Button>
        }
      >
        <MenuItem onSelect={() => setAdding(true)}>
          <Trans>Add a tag</Trans>
        </MenuItem>
        {known.size > 0 ? <MenuLine /> : null}
        {[...known].slice(0, MOST).map(([name, tags]) => (
          <MenuItem key={name} onSelect={() => remove(tags)}>
            <Trans>Remove {name}</Trans>
          </MenuItem>
        ))}
      </Menu>
      {isAdding ? <TagDialog onClose={() => setAdding(false)} onAdd={add} error={change.error} isPending={change.isPending} /> : null}
      <Dialog open={change.isError && !isAdding} onClose={() => change.reset()} title={t`That did not work`}>
        <ErrorNote error={change.error} />
      </Dialog>
    </>
  );
}

type DialogProps = { onClose: () => void; onAdd: (name: string, value: string) => void; error: unknown; isPending: boolean };

function TagDialog({ onClose, onAdd, error, isPending }: DialogProps) {
  const { t } = useLingui();
  const id = useId();
  const known = useTagValues().data ?? {};
  const [name, setName] = useState("");
  const [value, setValue] = useState("");
  return (
    <Dialog
      open
      onClose={onClose}
      title={t`Add a tag`}
      description={t`Searches and agents can be limited to documents that have it.`}
      footer={
        <Button look="primary" disabled={!name.trim() || !value.trim() || isPending} onClick={() => onAdd(name.trim(), value.trim())}>
          <Trans>Add</Trans>
        </Button>
      }
    >
      <div className="flex flex-col gap-3">
        {error ? <ErrorNote error={error} /> : null}
        <TextField label={t`Tag`} placeholder={t`kind`} dir="auto" maxLength={200} list={`${id}-names`} value={name} onChange={(event) => setName(event.target.value)} />
        <TextField label={t`Value`} placeholder={t`contract`} dir="auto" maxLength={500} list={`${id}-values`} value={value} onChange={(event) => setValue(event.target.value)} />
      </div>
      <Choices id={`${id}-names`} values={Object.keys(known)} />
      <Choices id={`${id}-values`} values={known[name.trim()] ?? []} />
    </Dialog>
  );
}

function Choices({ id, values }: { id: string; values: readonly string[] }) {
  return (
    <datalist id={id}>
      {values.map((value) => (
        <option key={value}>{value}</option>
      ))}
    </datalist>
  );
}
