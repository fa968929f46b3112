"""Text in pictures and on scanned pages."""

import asyncio
import io
import shutil
from pathlib import Path

import msgspec
import pytest
from PIL import Image, ImageDraw, ImageFont

from citewell.ingestion import parsing
from citewell.ingestion.parsing import DEFAULT, ParseFailed
from citewell.ingestion.parsing.children import Child
from citewell.ingestion.parsing.limits import RECOGNISING, ParseLimits
from tests.ingestion.files import check, new_pdf, pdf_bytes, read

LINES = ["The hotel costs 140 EUR a night.", "Breakfast is included.", "Trains leave every hour."]
needs_tesseract = pytest.mark.skipif(shutil.which("tesseract") is None, reason="tesseract is not installed")


def picture(lines: list[str], width: int = 1240, height: int = 700) -> Image.Image:
    image = Image.new("L", (width, height), 255)
    draw = ImageDraw.Draw(image)
    for number, line in enumerate(lines):
        draw.text((100, 100 + 80 * number), line, font=ImageFont.load_default(44), fill=0)
    return image


def encoded(image: Image.Image, kind: str, **more: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **more)
    return buffer.getvalue()


def scanned_pdf(pages: list[list[str]]) -> bytes:
    """Pages of nothing but a picture; an empty list is a page with text of its own."""
    pdf = new_pdf()
    for lines in pages:
        pdf.add_page()
        if lines:
            pdf.image(picture(lines, 1240, 1754), 0, 0, 595, 842)
        else:
            pdf.multi_cell(0, 14, "This page has text of its own, and more of it than a stamp has.")
    return pdf_bytes(pdf)


@needs_tesseract
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "BMP", "TIFF"])
async def test_text_in_a_picture_is_recognised(tmp_path: Path, kind: str) -> None:
    parsed = await read(tmp_path, f"a.{kind.lower()}", encoded(picture(LINES), kind))
    check(parsed)
    assert parsed.page_sizes == [(1240, 700)]
    assert " ".join(parsed.text.split()) == " ".join(LINES)
    assert all(block.page == 1 and block.confidence and block.confidence > 0.8 for block in parsed.blocks)


@needs_tesseract
async def test_words_keep_their_boxes_and_confidence(tmp_path: Path) -> None:
    parsed = await read(tmp_path, "a.png", encoded(picture(LINES), "PNG"))
    assert [word.text for word in parsed.recognised] == " ".join(LINES).split()
    hotel = parsed.recognised[1]
    assert hotel.text == "hotel"
    left, top, right, bottom = hotel.bbox
    assert 150 < left < right < 400
    assert 90 < top < bottom < 170
    assert 0.8 < hotel.confidence <= 1
    [first] = [line for block in parsed.blocks for line in block.lines or () if line.start == 0]
    assert parsed.text[first.start : first.end] == LINES[0]
    assert first.bbox[0] <= left < right <= first.bbox[2]


@needs_tesseract
async def test_a_picture_of_several_pages(tmp_path: Path) -> None:
    first, second = picture(LINES[:1]), picture(LINES[1:2])
    content = encoded(first, "TIFF", save_all=True, append_images=[second])
    parsed = await read(tmp_path, "a.tiff", content)
    assert parsed.page_count == 2
    assert [(block.text, block.page) for block in parsed.blocks] == [(LINES[0], 1), (LINES[1], 2)]


@needs_tesseract
async def test_scanned_pages_of_a_pdf(tmp_path: Path) -> None:
    parsed = await read(tmp_path, "scan.pdf", scanned_pdf([LINES[:2], [], LINES[2:]]))
    check(parsed)
    assert parsed.page_count == 3
    assert parsed.warnings == []
    by_page = {page: [block for block in parsed.blocks if block.page == page] for page in (1, 2, 3)}
    assert "The hotel costs 140 EUR a night." in by_page[1][0].text
    assert by_page[2][0].text.startswith("This page has text of its own")
    assert by_page[2][0].confidence is None
    assert by_page[3][0].text == LINES[2]
    # Boxes are in points of the page, not in pixels of the picture.
    box = by_page[3][0].bbox
    assert box is not None
    assert 40 < box[0] < 60
    assert 40 < box[1] < box[3] < 80
    assert {word.page for word in parsed.recognised} == {1, 3}


@needs_tesseract
async def test_a_scan_asks_for_the_time_of_recognition(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bool] = []

    async def wait_and_look(child: Child, folder: Path, limits: ParseLimits) -> int:
        code = await wait_for_exit(child, folder, limits)
        asked.append((folder / RECOGNISING).exists())
        return code

    wait_for_exit = parsing._wait_for_exit
    monkeypatch.setattr(parsing, "_wait_for_exit", wait_and_look)
    parsed = await read(tmp_path, "scan.pdf", scanned_pdf([LINES] * 2))
    assert parsed.text.count("hotel") == 2
    await read(tmp_path, "text.pdf", scanned_pdf([[]]))
    assert asked == [True, False]


class Running(Child):
    """A child that ends when the test says so."""

    def __init__(self) -> None:
        self.may_end = asyncio.Event()
        self.waits = 0

    async def wait(self) -> int:
        self.waits += 1
        await self.may_end.wait()
        return 0


async def test_a_child_that_recognises_text_is_waited_for_after_the_usual_time(tmp_path: Path) -> None:
    child, over = Running(), msgspec.structs.replace(DEFAULT, seconds=0, recognition_seconds=600)
    (tmp_path / RECOGNISING).touch()
    waiting = asyncio.create_task(parsing._wait_for_exit(child, tmp_path, over))
    async with asyncio.timeout(60):
        while child.waits < 2:  # the first wait is for the usual time
            await asyncio.sleep(0)
    child.may_end.set()
    assert await waiting == 0


@pytest.mark.parametrize(("is_recognising", "seconds"), [(False, 600), (True, 0)])
async def test_a_child_that_takes_longer_than_it_may_is_given_up(
    tmp_path: Path, is_recognising: bool, seconds: int
) -> None:
    if is_recognising:
        (tmp_path / RECOGNISING).touch()
    over = msgspec.structs.replace(DEFAULT, seconds=0, recognition_seconds=seconds)
    with pytest.raises(ParseFailed, match="took longer than 0 s") as failed:
        await parsing._wait_for_exit(Running(), tmp_path, over)
    assert failed.value.code == "timeout"


@needs_tesseract
async def test_a_picture_without_text(tmp_path: Path) -> None:
    with pytest.raises(ParseFailed) as failed:
        await read(tmp_path, "a.png", encoded(picture([]), "PNG"))
    assert failed.value.code == "empty"
    assert "contrast" in failed.value.message


async def test_without_tesseract(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    for name, content in {"a.png": encoded(picture(LINES), "PNG"), "scan.pdf": scanned_pdf([LINES])}.items():
        with pytest.raises(ParseFailed) as failed:
            await read(tmp_path, name, content)
        assert failed.value.code == "no_recognition"
        assert "tesseract" in failed.value.message
    # What has text is read all the same.
    parsed = await read(tmp_path, "half.pdf", scanned_pdf([LINES, []]))
    assert parsed.text.startswith("This page has text of its own")
    assert parsed.warnings[0].startswith("1 of 2 pages")


async def test_a_picture_that_is_a_bomb(tmp_path: Path) -> None:
    content = encoded(Image.new("1", (30_000, 30_000)), "PNG")
    assert len(content) < 200_000
    with pytest.raises(ParseFailed) as failed:
        await read(tmp_path, "a.png", content)
    assert failed.value.code == "too_large"


@pytest.mark.parametrize("keep", [40, 2000])
async def test_a_damaged_picture(tmp_path: Path, keep: int) -> None:
    with pytest.raises(ParseFailed) as failed:
        await read(tmp_path, "a.png", encoded(picture(LINES), "PNG")[:keep])
    assert failed.value.code in ("damaged", "empty", "no_recognition")
