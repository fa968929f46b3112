"""The summary of a parsed document that its row keeps, read without loading the document, which may be very large."""

import msgspec

from citewell.ingestion.blocks import ParsedDocument

_SAMPLE = 20_000  # characters, from which the language is told
_MOST_WARNINGS = 100


class Summary(msgspec.Struct, frozen=True):
    """`sample` is the beginning of the text."""

    page_count: int | None
    title: str | None
    sample: str
    warnings: list[str]

    @classmethod
    def of(cls, document: ParsedDocument) -> "Summary":
        return cls(document.page_count, document.title, document.text[:_SAMPLE], document.warnings[:_MOST_WARNINGS])
