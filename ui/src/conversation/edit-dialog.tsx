import { Trans, useLingui } from "@lingui/react/macro";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, unwrap } from "../api/client";
import { Button } from "../kit/button";
import { Dialog } from "../kit/dialog";
import { TextField } from "../kit/field";
import { ErrorNote } from "../kit/notes";
import { useProject } from "../projects/use-projects";
import { conversationKey } from "./live";
import type { Conversation } from "./use-conversations";

/** Name and tags of a conversation. */
export function EditDialog({ conversation, onClose }: { conversation: Conversation; onClose: () => void }) {
  const { t } = useLingui();
  const { id } = useProject();
  const cache = useQueryClient();
  const [name, setName] = useState(conversation.name);
  const [tags, setTags] = useState(conversation.tags.join(", "));
  const save = useMutation({
    mutationFn: () =>
      unwrap(
        api.PATCH("/api/v1/projects/{project_id}/playground-conversations/{conversation_id}/", {
          params: { path: { project_id: id, conversation_id: conversation.id } },
          body: {
            name: name.trim(),
            tags: tags
              .split(",")
              .map((tag) => tag.trim())
              .filter(Boolean),
          },
        }),
      ),
    onSuccess: () => {
      void cache.invalidateQueries({ queryKey: conversationKey(conversation.id) });
      void cache.invalidateQueries({ queryKey: ["conversations"] });
      onClose();
    },
  });
  return (
    <Dialog
      open
      onClose={onClose}
      title={t`Name and tags`}
      footer={
        <Button look="primary" disabled={!name.trim() || save.isPending} onClick={() => save.mutate()}>
          <Trans>Save</Trans>
        </Button>
      }
    >
      <div className="flex flex-col gap-3">
        {save.isError ? <ErrorNote error={save.error} /> : null}
        <TextField label={t`Name`} dir="auto" maxLength={300} value={name} onChange={(event) => setName(event.target.value)} />
        <TextField label={t`Tags`} hint={t`With commas between them. The list of conversations can be filtered by them.`} dir="auto" value={tags} onChange={(event) => setTags(event.target.value)} />
      </div>
    </Dialog>
  );
}
