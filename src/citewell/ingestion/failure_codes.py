"""Stable codes for why a document cannot be read. The web app has texts for them
(ui/src/library/failure-texts.ts)."""

from typing import Literal, get_args

FailureCode = Literal[
    "content_mismatch",
    "crashed",
    "damaged",
    "empty",
    "empty_file",
    "encrypted",
    "internal",
    "memory",
    "no_converter",
    "no_recognition",
    "old_office",
    "storage_full",
    "timeout",
    "too_large",
    "unknown_type",
    "unreadable",
]
FAILURE_CODES: tuple[str, ...] = get_args(FailureCode)
