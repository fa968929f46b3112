"""Texts that repeat a sign endlessly are read within seconds. Quadratic time would end in a timeout."""

from pathlib import Path

import msgspec
import pytest

from citewell.ingestion.parsing import DEFAULT
from tests.ingestion.files import check, read

LIMITS = msgspec.structs.replace(DEFAULT, seconds=40)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("cells.rst", "=== === ===\na   b   c\n=== === ===\n" + f"    {'x' * 20}\n" * 400_000),
        ("items.rst", " " * 1_000_000 + "x\n" + "- a\n" * 200_000),
        ("lines.tex", "\\begin{tabular}{l} words " + f"\\\\[{'x' * 30}" * 100_000),
        ("cited.tex", "words \\" + "cite" * 500_000),
        ("voice.vtt", "00:01.000 --> 00:04.000\nwords <v" + ".a" * 100),
        ("voices.vtt", "00:01.000 --> 00:04.000\nwords " + "<v.a" * 100_000),
        ("blank.py", "a" + "\n" * 500_000 + " b"),
        ("digits.adoc", "|===\n|" + "1" * 20_000 + "yy|\n"),
    ],
)
async def test_a_text_that_repeats_a_sign(tmp_path: Path, name: str, content: str) -> None:
    check(await read(tmp_path, name, content.encode(), LIMITS))


_CARD = "BEGIN:VCARD\nFN:Maria Ott\n" + "TEL:1\n" * 50_000 + "END:VCARD\n" * 1000
_CELLS = "<row>" * 120 + "<entry>" * 120 + "word " * 20_000 + "</entry>" * 120 + "</row>" * 120
_DRAWN = "<text>" * 240 + "word " * 20_000 + "</text>" * 240


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("ends.vcf", _CARD),
        ("rows.xml", f"<?xml version='1.0'?><a><p>b</p><table>{_CELLS}</table></a>"),
        ("texts.svg", f"<svg>{_DRAWN}</svg>"),
    ],
)
async def test_what_is_nested_or_ends_twice_is_written_once(tmp_path: Path, name: str, content: str) -> None:
    parsed = await read(tmp_path, name, content.encode(), LIMITS)
    assert len(parsed.text) < 4 * len(content)
