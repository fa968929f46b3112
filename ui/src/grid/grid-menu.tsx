import { Trans, useLingui } from "@lingui/react/macro";
import { useState } from "react";
import { useLocation } from "wouter";
import { Button, IconButton } from "../kit/button";
import { Dialog } from "../kit/dialog";
import { DownloadIcon, KnowledgeIcon, MoreIcon, TrashIcon } from "../kit/icons";
import { Menu, MenuItem, MenuLine } from "../kit/menu";
import { ErrorNote } from "../kit/notes";
import { useToast } from "../kit/toasts";
import { useProject } from "../projects/use-projects";
import { titleOf, withoutColumn, type Column } from "./columns";
import { useChangeGrid, useDeleteGrid, usePushGrid, type Grid } from "./use-grid";

export function GridMenu({ grid, columns, mayChange }: { grid: Grid; columns: readonly Column[]; mayChange: boolean }) {
  const { t } = useLingui();
  const project = useProject();
  const [, navigate] = useLocation();
  const change = useChangeGrid(grid.id);
  const remove = useDeleteGrid();
  const push = usePushGrid(grid.extracted_objects_table);
  const say = useToast();
  const [isDeleting, setDeleting] = useState(false);
  const save = (format: string) => location.assign(`/api/v1/projects/${project.id}/tables/${grid.extracted_objects_table}/export/?format=${format}`);
  return (
    <>
      <Menu
        trigger={
          <IconButton label={t`More about this grid`}>
            <MoreIcon />
          </IconButton>
        }
      >
        <MenuItem icon={<DownloadIcon size={16} />} onSelect={() => save("xlsx")}>
          <Trans>Export to Excel, with the evidence</Trans>
        </MenuItem>
        <MenuItem icon={<DownloadIcon size={16} />} onSelect={() => save("csv")}>
          <Trans>Export to CSV, with the evidence</Trans>
        </MenuItem>
        {mayChange ? (
          <>
            <MenuItem icon={<KnowledgeIcon size={16} />} onSelect={() => push.mutate(undefined, { onSuccess: () => say(t`The graph takes in what the grid has found.`) })}>
              <Trans>Put into the graph</Trans>
            </MenuItem>
            <MenuLine />
            {columns.length > 1
              ? columns.map((column) => (
                  <MenuItem key={column.name} onSelect={() => change.mutate({ extractable_pydantic_class: withoutColumn(grid.extractable_pydantic_class ?? "", column.name) })}>
                    <Trans>Remove “{titleOf(column.name)}”</Trans>
                  </MenuItem>
                ))
              : null}
            <MenuItem icon={<TrashIcon size={16} />} danger onSelect={() => setDeleting(true)}>
              <Trans>Delete the grid</Trans>
            </MenuItem>
          </>
        ) : null}
      </Menu>
      <Dialog
        open={isDeleting}
        onClose={() => setDeleting(false)}
        title={t`Delete this grid?`}
        description={t`This deletes its values, also the corrected ones. The documents stay.`}
        footer={
          <Button look="danger" disabled={remove.isPending} onClick={() => remove.mutate(grid.id, { onSuccess: () => navigate("/grid") })}>
            <Trans>Delete</Trans>
          </Button>
        }
      >
        {remove.isError ? <ErrorNote error={remove.error} /> : null}
      </Dialog>
      <Dialog open={change.isError || push.isError} onClose={() => (change.reset(), push.reset())} title={t`That did not work`}>
        <ErrorNote error={change.error ?? push.error} />
      </Dialog>
    </>
  );
}
