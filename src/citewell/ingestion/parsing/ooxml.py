"""Packages of Office Open XML (DOCX, PPTX, XLSX, their templates and macro files): parts and their relations.

Strict files ("Strict Open XML Document") use other names for the same elements: a part is read with the usual names.
Which part is the main one is said by the relations of the package, not by its name.
"""

import posixpath
import re
import zipfile
from dataclasses import dataclass
from urllib.parse import unquote

from lxml import etree
from lxml.etree import _Element as Element

from citewell.ingestion.parsing.limits import DAMAGED, ParseFailed, too_large

_STRICT = re.compile(rb"http://purl\.oclc\.org/ooxml/([A-Za-z]+)/(\w+)")
_USUAL = rb"http://schemas.openxmlformats.org/\1/2006/\2"
_STRICT_MARK = b"http://purl.oclc.org/ooxml/"
_MOST_XML = 120 * 1024**2  # bytes of a part: its tree takes eight times as much, and so all that a parser may have
_RELATION = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
S = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"


@dataclass(frozen=True)
class Relation:
    """`kind` is the last word of the relation's type, like "image"; `target` a part's name, or an address outside."""

    kind: str
    target: str
    external: bool


class Package:
    def __init__(self, archive: zipfile.ZipFile) -> None:
        """Raises ParseFailed if nothing says which part is the main one."""
        self.archive = archive
        # Some programs spell the name of a part differently in the relation to it.
        self._members = {name.replace("\\", "/").lstrip("/").lower(): name for name in archive.namelist()}
        self._relations: dict[str, dict[str, Relation]] = {}
        mains = [found for found in self.relations("").values() if found.kind == "officeDocument"]
        if not mains:
            raise ParseFailed("damaged", DAMAGED)
        self.main = mains[0].target

    def has(self, part: str) -> bool:
        return part.lower() in self._members

    def member(self, part: str) -> str:
        """The name of the part in the archive. Raises KeyError."""
        return self._members[part.lower()]

    def read(self, part: str) -> bytes:
        """The part's bytes. Raises ParseFailed if it is missing or broken."""
        try:
            return self.archive.read(self.member(part))
        except (KeyError, zipfile.BadZipFile, EOFError, ValueError, OSError) as error:
            raise ParseFailed("damaged", DAMAGED) from error

    def xml(self, part: str) -> Element:
        """The part's root. Entities stay unresolved, nothing is fetched. Raises ParseFailed."""
        if self.has(part) and self.archive.getinfo(self.member(part)).file_size > _MOST_XML:
            raise too_large(f"a part of more than {_MOST_XML // 2**20} MiB of XML")
        data = self.read(part)
        if _STRICT_MARK in data:
            data = _STRICT.sub(_USUAL, data)
        try:
            return etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))
        except (etree.XMLSyntaxError, ValueError) as error:
            raise ParseFailed("damaged", DAMAGED) from error

    def optional_xml(self, part: str | None) -> Element | None:
        """Returns the part; None where it is missing or broken and the document can be read without it."""
        if part is None or not self.has(part):
            return None
        try:
            return self.xml(part)
        except ParseFailed:
            return None

    def relations(self, part: str) -> dict[str, Relation]:
        """Returns the relations of the part by id; those of the package for an empty name."""
        if part not in self._relations:
            folder, name = posixpath.split(part)
            root = self.optional_xml(posixpath.join(folder, "_rels", f"{name}.rels"))
            self._relations[part] = {
                element.get("Id", ""): _relation(element, folder)
                for element in (root.iter(_RELATION) if root is not None else ())
            }
        return self._relations[part]

    def related(self, part: str, kind: str) -> str | None:
        """The first part that this one has such a relation to."""
        return next(iter(self.all_related(part, kind)), None)

    def all_related(self, part: str, kind: str) -> list[str]:
        return [found.target for found in self.relations(part).values() if found.kind == kind and not found.external]

    def title(self) -> str | None:
        """Returns the title in the document's properties."""
        core = self.optional_xml(self.related("", "core-properties"))
        return core.findtext("{http://purl.org/dc/elements/1.1/}title") if core is not None else None


def _relation(element: Element, folder: str) -> Relation:
    target = element.get("Target", "")
    external = element.get("TargetMode") == "External"
    if not external:
        # An absolute target begins at the package's root.
        target = posixpath.normpath(posixpath.join("/" + folder, unquote(target))).lstrip("/")
    return Relation(element.get("Type", "").rpartition("/")[2], target, external)


def is_on(element: Element | None) -> bool:
    """Whether a property that is switched by its presence is on."""
    if element is None:
        return False
    return (element.get(f"{W}val") or "true").lower() not in ("0", "false", "off")
