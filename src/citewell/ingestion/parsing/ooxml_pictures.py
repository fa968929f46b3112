"""Pictures in Office files."""

import hashlib
from collections.abc import Iterator

from lxml.etree import _Element as Element

from citewell.ingestion.blocks import Builder
from citewell.ingestion.parsing.limits import ParseFailed, ParseLimits
from citewell.ingestion.parsing.ooxml import A, Package, R

_V = "{urn:schemas-microsoft-com:vml}"
_MAX_PICTURES = 200  # that are looked at for text


def pictures_in(drawing: Element, package: Package, part: str) -> Iterator[bytes]:
    """The files of the pictures that a drawing of this part shows; not of those that are only linked."""
    ids = [blip.get(f"{R}embed") for blip in drawing.iter(f"{A}blip")]
    ids += [image.get(f"{R}id") for image in drawing.iter(f"{_V}imagedata")]
    for relation_id in dict.fromkeys(filter(None, ids)):
        relation = package.relations(part).get(relation_id)
        if relation is not None and not relation.external and package.has(relation.target):
            try:
                yield package.read(relation.target)
            except ParseFailed:
                continue


class PictureReader:
    """Adds the text that is recognised in pictures, of each picture once."""

    def __init__(self, package: Package, limits: ParseLimits) -> None:
        self._package, self._limits = package, limits
        self._seen: set[bytes] = set()

    def add(self, builder: Builder, drawing: Element, part: str, page: int | None, place: str | None) -> None:
        for data in pictures_in(drawing, self._package, part):
            digest = hashlib.sha256(data).digest()
            if digest in self._seen or len(self._seen) >= _MAX_PICTURES:
                continue
            self._seen.add(digest)
            # Imported here: most documents have no pictures, and Pillow takes a while to load.
            from citewell.ingestion.parsing.pictures import add_picture

            add_picture(builder, data, self._limits, page=page, place=place)
