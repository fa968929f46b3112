"""An example body for operations whose fields do not explain themselves. The tests hold them against the schemas."""

from typing import Any

_SOME_ID = "01990c5e-8d5f-7c1e-b5c8-3f2a9d0e4b71"
_ANOTHER_ID = "01990c5e-8d60-70a9-9a1c-c6f1d27be805"
_PASSWORD = "plum harbour violin 7"  # noqa: S105 - an example
_SEARCH = {
    "query": "hotel room limit in Oslo",
    "n_objects": 5,
    "selected_collections": ["travel"],
    "included_attributes": [{"key": "department", "value": "sales"}],
}

EXAMPLES: dict[str, Any] = {
    "createProject": {"name": "Travel", "business_brief": "How employees of Kestrel travel, and what is paid for."},
    "updateProject": {"name": "Travel and expenses"},
    "createConversation": {"agent_settings": _SOME_ID, "name": "Hotels"},
    "updateConversation": {"name": "Hotels in Oslo", "tags": ["travel"]},
    "sendMessageStream": {"message": "What may a hotel room cost in Oslo?"},
    "filterDocumentsByTag": {"tag_values": ["invoice", "contract"]},
    "filterDocumentsByMetadata": {"metadata_values": ["sales"]},
    "addDocumentMetadata": {"key": "department", "value": "sales"},
    "removeDocumentMetadataPair": {"key": "department", "value": "sales"},
    "removeDocumentMetadataKey": {"key": "department"},
    "createDocumentCollection": {"name": "Travel"},
    "renameDocumentCollection": {"name": "Travel and expenses"},
    "moveDocuments": {"document_ids": [_SOME_ID, _ANOTHER_ID]},
    "retryDocument": {"stage": "parse"},
    "reprocessDocuments": {"document_ids": [_SOME_ID]},
    "runParsing": {"document_ids": [_SOME_ID]},
    "generatePresignedUploadUrl": {"filename": "report.pdf", "content_type": "application/pdf"},
    "confirmUpload": {"document_id": _SOME_ID},
    "retrieveWithNaive": _SEARCH,
    "retrieveWithFullTextSearch": _SEARCH,
    "retrieveWithHybridSearch": _SEARCH | {"rerank": True},
    "inviteUser": {"email": "ada@example.org", "permissions": ["CAN_VIEW_DATA", "CAN_RUN_TASKS"]},
    "updateUserPermissions": {"permissions": ["CAN_VIEW_DATA"], "profile": "user"},
    "removeUserByEmail": {"email": "ada@example.org"},
    "createGroundTruth": {
        "query": "What may a hotel room cost in Oslo?",
        "answer": "210 EUR a night",
        "expected_sources": [{"document_name": "handbook.md", "page": 1}],
        "expected_figures": ["210"],
    },
    "startEvaluationRun": {"name": "Before the new handbook"},
    "submitFeedback": {
        "context": {"conversation_id": _SOME_ID, "query_id": 0, "source": "PlaygroundConversation"},
        "feedback": "Right, and from the right page.",
        "is_positive": True,
    },
    "updateFeedback": {"status": "reviewed"},
    "markConversationReviewed": {"conversation_id": _SOME_ID},
    "submitSignal": {
        "context": {"alert": "no answer found"},
        "feedback": "The handbook is missing.",
        "is_positive": False,
    },
    "updateSignal": {"status": "reviewed"},
    "signIn": {"email": "ada@example.org", "password": _PASSWORD},
    "register": {"invite": "the-secret-of-the-link-in-the-mail", "password": _PASSWORD},
    "setUp": {"code": "the-secret-of-the-link-in-the-terminal", "password": _PASSWORD},
    "changePassword": {"current_password": _PASSWORD, "new_password": "a meadow of nine clocks"},
    "createToken": {"name": "Nightly import", "expires_at": "2027-12-31T00:00:00Z"},
}
