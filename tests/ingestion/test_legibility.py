"""A document that nobody can read says so."""

from pathlib import Path

import pytest

from citewell.ingestion.parsing.legibility import illegible_share
from tests.ingestion.files import read


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [
        ("Grain is kept dry. 小麦 пшеница قمح 🌾", 0.0, 0.0),
        ("\ue001\ue002\ue003 \ufffd\ufffd", 1.0, 1.0),
        ("words " * 50_000 + "\ufffd" * 150_000, 0.3, 0.9),
        ("", 0.0, 0.0),
    ],
)
def test_text_that_nobody_can_read_is_measured(text: str, least: float, most: float) -> None:
    assert least <= illegible_share(text) <= most


async def test_a_text_of_private_characters_has_a_warning(tmp_path: Path) -> None:
    parsed = await read(tmp_path, "odd.txt", ("\ue010\ue011\ue012 word " * 50).encode())
    assert "cannot be read" in parsed.warnings[0]
    assert parsed.blocks[0].confidence == 0.571
    assert (await read(tmp_path, "even.txt", b"Words that people read.")).warnings == []
