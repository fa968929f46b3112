"""How a scanned page lies is guessed from its ink; pages that lie differently are recognised in one run."""

from pathlib import Path

import pytest
from PIL import Image

from citewell.ingestion.parsing.orientation import likely_turn
from tests.cases.checker import read_here, write_file
from tests.golden.golden_pdf import LETTER
from tests.golden.sheet import scanned, scanned_pdf
from tests.ingestion.test_recognition import needs_tesseract


@pytest.mark.parametrize("angle", [0, 90, 180, 270, 4, -6, 184])
def test_a_page_is_set_upright(angle: int) -> None:
    left = (likely_turn(scanned(LETTER, angle=angle).convert("L")) + angle + 180) % 360 - 180
    assert abs(left) < 0.8


def test_pictures_without_lines_of_text_stay_as_they_are() -> None:
    blank, noise = Image.new("L", (1200, 1600), 255), Image.effect_noise((1200, 1600), 60)
    one_line = scanned(["Sold out"], size=60).crop((100, 150, 1200, 350))
    assert [likely_turn(picture.convert("L")) for picture in (blank, noise, one_line)] == [0, 0, 0]


@needs_tesseract
def test_pages_that_lie_differently_keep_their_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    pages = [scanned([*LETTER, f"This is leaf {name} of the book."], angle=angle, dots=150, size=26)
             for name, angle in (("one", 0), ("two", 90), ("three", 180))]  # fmt: skip
    document = read_here(write_file(scanned_pdf(pages)), "a.pdf")
    found = [
        block.page for block in document.blocks for name in ("one", "two", "three") if f"leaf {name}" in block.text
    ]
    assert found == [1, 2, 3]
