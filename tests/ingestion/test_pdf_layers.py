"""Whether a PDF has layers at all is looked up before its text is read."""

import zlib
from pathlib import Path

import pytest

from citewell.ingestion.parsing.pdf_layers import has_layers

CATALOG = b"1 0 << /Type /Catalog /Pages 2 0 R /OCProperties << /OCGs [11 0 R] >> >>"
HEAD = b"%PDF-1.7\n5 0 obj\n<< /Type /ObjStm /N 1 /First 4 /Filter /FlateDecode >>\nstream\r\n"


@pytest.mark.parametrize(
    ("content", "layered"),
    [
        (HEAD + zlib.compress(CATALOG) + b"\nendstream", True),
        (HEAD + zlib.compress(CATALOG.replace(b"/OCProperties", b"/Names")) + b"\nendstream", False),
        (HEAD + b"not compressed\nendstream\n" + HEAD + zlib.compress(CATALOG), True),
        (CATALOG, True),
        (b"%PDF-1.7", False),
    ],
)
def test_layers_are_listed_in_the_catalog_wherever_it_is(content: bytes, layered: bool, tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(content)
    assert has_layers(path) == layered
