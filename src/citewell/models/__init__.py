"""Imports every table, so that the metadata is complete wherever it is needed."""

from citewell.models.agent import AgentSettings, ToolSetting
from citewell.models.artifact import ArtifactVersion, DesignTemplateFile
from citewell.models.audit import AuditEntry
from citewell.models.cell import MovingChange, MovingProject, ProjectCell, ProjectMove
from citewell.models.chunk import Chunk
from citewell.models.conversation import Conversation, Message, Turn, TurnLog
from citewell.models.dataset import ImportExport, TempDataset
from citewell.models.document import Collection, Document, DocumentTag, DocumentVersion, PendingUpload
from citewell.models.evaluation import EvaluationQuestion, EvaluationRun, EvaluationWatch
from citewell.models.extraction import ExtractionAnswer, ExtractionResult
from citewell.models.extractor import Extractor, ExtractorVersion
from citewell.models.figure import ExtractedFigure
from citewell.models.flow import ExtractionFlow
from citewell.models.graph import KnowledgeGraph, PushedObject
from citewell.models.ground_truth import GroundTruth
from citewell.models.identity import ProviderSession, UserIdentity
from citewell.models.interview import Interview, InterviewProposal
from citewell.models.mark import ServerMark
from citewell.models.oauth import OAuthClient, OAuthGrant, OAuthSecret
from citewell.models.organization import Organization, OrganizationKey, OrganizationMember, ScimResource
from citewell.models.passage import Passage, StagedPassage
from citewell.models.people import Feedback, Invite, Notification, Signal
from citewell.models.project import Project, ProjectPermission
from citewell.models.rate_limit import RateLimit
from citewell.models.run import PipelineRun, PipelineRunLog
from citewell.models.setup_link import SetupLink
from citewell.models.source import Source, SourceItem, SourceSync
from citewell.models.step import VersionStep
from citewell.models.table import KnowledgeTable, TableRow, TableVersion
from citewell.models.usage import RetrievalCount, TokenCount
from citewell.models.user import LoginFailures, Token, User, UserSession
from citewell.models.webhook import Webhook, WebhookDelivery
from citewell.models.widget import Widget

__all__ = [
    "AgentSettings",
    "ArtifactVersion",
    "AuditEntry",
    "Chunk",
    "Collection",
    "Conversation",
    "DesignTemplateFile",
    "Document",
    "DocumentTag",
    "DocumentVersion",
    "EvaluationQuestion",
    "EvaluationRun",
    "EvaluationWatch",
    "ExtractedFigure",
    "ExtractionAnswer",
    "ExtractionFlow",
    "ExtractionResult",
    "Extractor",
    "ExtractorVersion",
    "Feedback",
    "GroundTruth",
    "ImportExport",
    "Interview",
    "InterviewProposal",
    "Invite",
    "KnowledgeGraph",
    "KnowledgeTable",
    "LoginFailures",
    "Message",
    "MovingChange",
    "MovingProject",
    "Notification",
    "OAuthClient",
    "OAuthGrant",
    "OAuthSecret",
    "Organization",
    "OrganizationKey",
    "OrganizationMember",
    "Passage",
    "PendingUpload",
    "PipelineRun",
    "PipelineRunLog",
    "Project",
    "ProjectCell",
    "ProjectMove",
    "ProjectPermission",
    "ProviderSession",
    "PushedObject",
    "RateLimit",
    "RetrievalCount",
    "ScimResource",
    "ServerMark",
    "SetupLink",
    "Signal",
    "Source",
    "SourceItem",
    "SourceSync",
    "StagedPassage",
    "TableRow",
    "TableVersion",
    "TempDataset",
    "Token",
    "TokenCount",
    "ToolSetting",
    "Turn",
    "TurnLog",
    "User",
    "UserIdentity",
    "UserSession",
    "VersionStep",
    "Webhook",
    "WebhookDelivery",
    "Widget",
]
