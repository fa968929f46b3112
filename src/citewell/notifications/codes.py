"""The stable codes of notifications. The web app has words for each (ui/src/people/notification-texts.ts)."""

from typing import Literal, get_args

Kind = Literal[
    "conversation_shared",
    "evaluation_worse",
    "feedback_to_review",
    "interview_assigned",
    "interview_completed",
    "pipeline_run_completed",
    "pipeline_run_failed",
    "project_invite",
    "webhook_disabled",
]
MessageCode = Literal[
    "conversation_shared",
    "documents_failed",
    "documents_ready",
    "documents_to_publish",
    "evaluation_worse",
    "feedback_to_review",
    "interview_assigned",
    "interview_completed",
    "project_invite",
    "webhook_gone",
    "webhook_silent",
]
KINDS: tuple[str, ...] = get_args(Kind)
MESSAGE_CODES: tuple[str, ...] = get_args(MessageCode)
