"""Makes the signed URLs of files in responses."""

import hashlib
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote
from uuid import UUID

from fastapi import Request

from citewell.kit.signed_urls import UrlSigner
from citewell.kit.urls import base_url
from citewell.resources import Resources

PREFIX = "/storage/files"

Kind = Literal["document", "computed-pdf", "figure", "template-file"]


@dataclass(frozen=True)
class FileLinks:
    """Makes signed, absolute URLs of files. `base` is the base URL under which the client called."""

    base: str
    signer: UrlSigner

    def document(self, row: Any) -> str:
        return self._address("document", row.project_id, row.id, row.file_key, row.name)

    def computed_pdf(self, row: Any) -> str | None:
        if row.computed_pdf_key is None:
            return None
        return self._address("computed-pdf", row.project_id, row.id, row.computed_pdf_key, f"{row.name}.pdf")

    def figure(self, row: Any) -> str:
        return self._address("figure", row.project_id, row.id, row.file_key, row.file_key.rsplit("/", 1)[-1])

    def template_file(self, row: Any) -> str:
        return self._address("template-file", row.project_id, row.id, row.file_key, row.name)

    def _address(self, kind: Kind, project_id: UUID, row_id: UUID, key: str, name: str) -> str:
        """The last part of the path is a name under which clients may save the file."""
        path = f"{PREFIX}/{project_id}/{kind}/{row_id}/{quote(name, safe='')}"
        tag = file_tag(key)
        return f"{self.base}{path}?file={tag}&{self.signer.query(project_id, kind, row_id, tag)}"


def file_tag(key: str) -> str:
    """Returns a tag of the file's key. It is part of the URL, so that a URL for an old file never returns a new one."""
    return hashlib.sha256(key.encode()).hexdigest()[:16]


def file_links(request: Request, resources: Resources) -> FileLinks:
    return FileLinks(base_url(request, resources.settings), resources.signer)
