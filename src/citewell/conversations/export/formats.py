"""The formats that a conversation is exported in."""

from dataclasses import dataclass
from typing import Literal

from citewell.conversations.export.transcript import Transcript

Format = Literal["docx", "pdf", "markdown"]


@dataclass(frozen=True)
class FileKind:
    suffix: str
    media_type: str


FORMATS: dict[Format, FileKind] = {
    "docx": FileKind("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    "pdf": FileKind("pdf", "application/pdf"),
    "markdown": FileKind("md", "text/markdown; charset=utf-8"),
}


def write_transcript(file_format: Format, transcript: Transcript) -> bytes:
    """Returns the bytes of the file. The libraries are loaded with the first one: a server need not wait for them."""
    if file_format == "docx":
        from citewell.conversations.export.docx_file import to_docx

        return to_docx(transcript)
    if file_format == "pdf":
        from citewell.conversations.export.pdf_file import to_pdf

        return to_pdf(transcript)
    from citewell.conversations.export.markdown import to_markdown

    return to_markdown(transcript)
