"""Every table, so that metadata is complete wherever it is needed."""

from citewell.models.agent import AgentSettings, ToolSetting
from citewell.models.chunk import Chunk
from citewell.models.conversation import Conversation, Message, Turn, TurnLog
from citewell.models.document import Collection, Document, DocumentTag, DocumentVersion, PendingUpload
from citewell.models.ground_truth import GroundTruth
from citewell.models.mark import ServerMark
from citewell.models.passage import Passage, StagedPassage
from citewell.models.project import Project, ProjectPermission
from citewell.models.run import PipelineRun, PipelineRunLog
from citewell.models.usage import RetrievalCount
from citewell.models.user import Token, User

__all__ = [
    "AgentSettings",
    "Chunk",
    "Collection",
    "Conversation",
    "Document",
    "DocumentTag",
    "DocumentVersion",
    "GroundTruth",
    "Message",
    "Passage",
    "PendingUpload",
    "PipelineRun",
    "PipelineRunLog",
    "Project",
    "ProjectPermission",
    "RetrievalCount",
    "ServerMark",
    "StagedPassage",
    "Token",
    "ToolSetting",
    "Turn",
    "TurnLog",
    "User",
]
