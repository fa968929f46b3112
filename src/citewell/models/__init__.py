"""Every table, so that metadata is complete wherever it is needed."""

from citewell.models.agent import AgentSettings, ToolSetting
from citewell.models.chunk import Chunk
from citewell.models.conversation import Conversation, Message, Turn, TurnLog
from citewell.models.document import Document, DocumentVersion
from citewell.models.passage import Passage, StagedPassage
from citewell.models.project import Project, ProjectPermission
from citewell.models.run import PipelineRun, PipelineRunLog
from citewell.models.user import Token, User

__all__ = [
    "AgentSettings",
    "Chunk",
    "Conversation",
    "Document",
    "DocumentVersion",
    "Message",
    "Passage",
    "PipelineRun",
    "PipelineRunLog",
    "Project",
    "ProjectPermission",
    "StagedPassage",
    "Token",
    "ToolSetting",
    "Turn",
    "TurnLog",
    "User",
]
