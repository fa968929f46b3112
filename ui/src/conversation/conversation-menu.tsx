import { Trans, useLingui } from "@lingui/react/macro";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useLocation } from "wouter";
import { api, unwrap } from "../api/client";
import { Button, IconButton } from "../kit/button";
import { Dialog } from "../kit/dialog";
import { ArchiveIcon, BulbIcon, DownloadIcon, LinkIcon, MoreIcon, ShareIcon, TagIcon, TrashIcon } from "../kit/icons";
import { Menu, MenuItem, MenuLine } from "../kit/menu";
import { ErrorNote } from "../kit/notes";
import { useToast } from "../kit/toasts";
import { useCopy } from "../kit/use-copy";
import { useAccess } from "../projects/use-access";
import { useProject } from "../projects/use-projects";
import { EditDialog } from "./edit-dialog";
import { conversationKey } from "./live";
import type { Conversation } from "./use-conversations";

type Act = "share" | "unshare" | "archive" | "unarchive" | "delete";

export function ConversationMenu({ conversation }: { conversation: Conversation }) {
  const { t } = useLingui();
  const copy = useCopy();
  const project = useProject();
  const act = useAct(conversation.id);
  const access = useAccess();
  const exports = [
    { format: "docx", label: t`Export to Word` },
    { format: "pdf", label: t`Export to PDF` },
    { format: "markdown", label: t`Export to Markdown` },
  ];
  const [isDeleting, setDeleting] = useState(false);
  const [isEditing, setEditing] = useState(false);
  const [isReading, setReading] = useState(false);
  const copyLink = () => copy(location.href, t`The link is copied`);
  return (
    <>
      {conversation.is_shared ? (
        <span className="flex items-center gap-1 px-1 text-sm text-accent">
          <ShareIcon size={14} />
          <Trans>Shared</Trans>
        </span>
      ) : null}
      <Menu
        trigger={
          <IconButton label={t`More about this conversation`}>
            <MoreIcon />
          </IconButton>
        }
      >
        <MenuItem icon={<LinkIcon size={16} />} onSelect={copyLink}>
          <Trans>Copy the link</Trans>
        </MenuItem>
        {conversation.can_send_messages ? (
          <MenuItem icon={<TagIcon size={16} />} onSelect={() => setEditing(true)}>
            <Trans>Name and tags</Trans>
          </MenuItem>
        ) : null}
        {conversation.can_send_messages ? (
          <MenuItem icon={<ShareIcon size={16} />} onSelect={() => act.mutate(conversation.is_shared ? "unshare" : "share")}>
            {conversation.is_shared ? <Trans>Stop sharing</Trans> : <Trans>Share with the project</Trans>}
          </MenuItem>
        ) : null}
        {conversation.conversation_instructions ? (
          <MenuItem icon={<BulbIcon size={16} />} onSelect={() => setReading(true)}>
            <Trans>See the instructions</Trans>
          </MenuItem>
        ) : null}
        <MenuLine />
        {exports.map(({ format, label }) => (
          <MenuItem key={format} icon={<DownloadIcon size={16} />} onSelect={() => location.assign(`/api/v1/projects/${project.id}/playground-conversations/${conversation.id}/export/?format=${format}`)}>
            {label}
          </MenuItem>
        ))}
        {conversation.is_archived || conversation.can_send_messages ? <MenuLine /> : null}
        {conversation.is_archived ? (
          <>
            <MenuItem icon={<ArchiveIcon size={16} />} onSelect={() => act.mutate("unarchive")}>
              <Trans>Bring back from the archive</Trans>
            </MenuItem>
            {access.isAdmin ? (
              <MenuItem icon={<TrashIcon size={16} />} danger onSelect={() => setDeleting(true)}>
                <Trans>Delete for good</Trans>
              </MenuItem>
            ) : null}
          </>
        ) : conversation.can_send_messages ? (
          <MenuItem icon={<ArchiveIcon size={16} />} onSelect={() => act.mutate("archive")}>
            <Trans>Archive</Trans>
          </MenuItem>
        ) : null}
      </Menu>
      {isEditing ? <EditDialog conversation={conversation} onClose={() => setEditing(false)} /> : null}
      <Dialog
        open={isDeleting}
        onClose={() => setDeleting(false)}
        title={t`Delete this conversation for good?`}
        description={t`This deletes its questions, answers, feedback and files.`}
        footer={
          <Button look="danger" disabled={act.isPending} onClick={() => act.mutate("delete")}>
            <Trans>Delete</Trans>
          </Button>
        }
      >
        {null}
      </Dialog>
      <Dialog open={isReading} onClose={() => setReading(false)} title={t`Instructions for this conversation`} description={t`They were given when it began, and stay as they are.`}>
        <p dir="auto" className="break-words whitespace-pre-wrap">
          {conversation.conversation_instructions}
        </p>
      </Dialog>
      <Dialog open={act.isError} onClose={() => act.reset()} title={t`That did not work`}>
        <ErrorNote error={act.error} />
      </Dialog>
    </>
  );
}

function useAct(id: string) {
  const { t } = useLingui();
  const say = useToast();
  const cache = useQueryClient();
  const project = useProject();
  const [, navigate] = useLocation();
  const said: Record<Act, string> = {
    share: t`Members of the project can read this conversation now.`,
    unshare: t`It is yours alone again.`,
    archive: t`Archived. The list shows it with “With archived”.`,
    unarchive: t`It is back.`,
    delete: t`Deleted`,
  };
  return useMutation({
    mutationFn: async (what: Act): Promise<unknown> => {
      const params = { params: { path: { project_id: project.id, conversation_id: id } } };
      switch (what) {
        case "share":
          return unwrap(api.POST("/api/v1/projects/{project_id}/playground-conversations/{conversation_id}/share/", params));
        case "unshare":
          return unwrap(api.POST("/api/v1/projects/{project_id}/playground-conversations/{conversation_id}/unshare/", params));
        case "archive":
          return unwrap(api.DELETE("/api/v1/projects/{project_id}/playground-conversations/{conversation_id}/", params));
        case "unarchive":
          return unwrap(api.POST("/api/v1/projects/{project_id}/playground-conversations/{conversation_id}/unarchive/", params));
        case "delete":
          return unwrap(api.POST("/api/v1/projects/{project_id}/playground-conversations/{conversation_id}/permanent_delete/", params));
      }
    },
    onSuccess: async (_, what) => {
      say(said[what]);
      if (what === "delete") navigate("/ask");
      else await cache.invalidateQueries({ queryKey: conversationKey(id) });
      await cache.invalidateQueries({ queryKey: ["conversations"] });
    },
  });
}
