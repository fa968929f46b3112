import { Trans, useLingui } from "@lingui/react/macro";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, unwrap } from "../api/client";
import { Button, IconButton } from "../kit/button";
import { Dialog } from "../kit/dialog";
import { TextArea } from "../kit/field";
import { ThumbDownIcon, ThumbUpIcon } from "../kit/icons";
import { ErrorNote } from "../kit/notes";
import { useToast } from "../kit/toasts";
import { useProject } from "../projects/use-projects";
import type { TurnView } from "./types";
import { feedbackKey, useGivenThumbs } from "./use-given-thumbs";

/** Says whether an answer was good, with a comment if one likes; it goes to the review. */
export function Thumbs({ turn, conversation }: { turn: TurnView; conversation: string }) {
  const { t } = useLingui();
  const say = useToast();
  const { id } = useProject();
  const [asked, setAsked] = useState<boolean | null>(null);
  const cache = useQueryClient();
  const given = useGivenThumbs(id, conversation).get(turn.queryId) ?? null;
  const [comment, setComment] = useState("");
  const send = useMutation({
    mutationFn: (isPositive: boolean) =>
      unwrap(
        api.POST("/api/v1/projects/{project_id}/feedbacks/", {
          params: { path: { project_id: id } },
          body: { context: { source: "PlaygroundConversation", conversation_id: conversation, query_id: turn.queryId }, feedback: comment, is_positive: isPositive },
        }),
      ),
    onSuccess: () => {
      void cache.invalidateQueries({ queryKey: feedbackKey(id, conversation) });
      setAsked(null);
      setComment("");
      say(t`Thank you. It is in the review now.`);
    },
  });
  return (
    <>
      <IconButton label={t`A good answer`} small pressed={given === true} onClick={() => setAsked(true)}>
        <ThumbUpIcon size={16} />
      </IconButton>
      <IconButton label={t`Not a good answer`} small pressed={given === false} onClick={() => setAsked(false)}>
        <ThumbDownIcon size={16} />
      </IconButton>
      <Dialog
        open={asked !== null}
        onClose={() => setAsked(null)}
        title={asked ? t`What was good?` : t`What was wrong?`}
        description={t`Whoever reviews the answers reads this, with the question and the answer.`}
        footer={
          <Button look="primary" disabled={send.isPending} onClick={() => send.mutate(asked === true)}>
            <Trans>Send</Trans>
          </Button>
        }
      >
        {send.isError ? <ErrorNote error={send.error} className="mb-2" /> : null}
        <TextArea label={t`Comment`} hint={t`You may leave it empty.`} value={comment} onChange={(event) => setComment(event.target.value)} maxLength={5000} />
      </Dialog>
    </>
  );
}
