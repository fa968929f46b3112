"""Pictures of every format, with their captions; and that hostile ones are left out and do no harm."""

import base64
import io
import zipfile
from pathlib import Path

import msgspec
import pytest
from PIL import Image

from citewell.ingestion.figures import Figure, extracted
from citewell.ingestion.figures.album import LONGEST_SIDE
from citewell.ingestion.figures.captions import caption_of
from citewell.ingestion.parsing import DEFAULT, ParseLimits, parse
from tests.ingestion.pictures import (
    docx_with_pictures,
    epub_with_pictures,
    pdf_with_pictures,
    picture,
    pptx_with_pictures,
)

Kept = tuple[Figure, Image.Image]


async def figures_in(folder: Path, kind: str, content: bytes, limits: ParseLimits = DEFAULT) -> list[Kept]:
    """Each picture as it was stored, opened."""
    path = folder / "stored"
    path.write_bytes(content)
    kept = []
    async with extracted(path, kind, limits) as found:
        for item in found:
            with Image.open(item.path) as image:
                image.load()
                assert f"image/{str(image.format).lower()}" == item.figure.content_type
                assert image.size == (item.figure.width, item.figure.height)
                kept.append((item.figure, image.convert("RGB")))
    return kept


async def test_pictures_of_a_pdf_have_their_page_place_and_caption(tmp_path: Path) -> None:
    """A logo is kept once; captions stand below or above; the box is where the picture is."""
    content = pdf_with_pictures()
    found = [figure for figure, _ in await figures_in(tmp_path, "pdf", content)]
    assert [figure.page for figure in found] == [1, 1, 2]
    parsed = await parse(tmp_path / "stored", "pdf")
    captions = [caption_of(figure.page or 0, figure.bbox, parsed.blocks) for figure in found if figure.bbox]
    assert captions == ["", "Figure 1: Steam by month, in tonnes.", "Fig. 2. Water by month."]
    assert found[1].bbox == pytest.approx((100, 250, 340, 410), abs=1)


async def test_a_pdf_shows_the_picture_itself(tmp_path: Path) -> None:
    [_, (_, image), _] = await figures_in(tmp_path, "pdf", pdf_with_pictures())
    with Image.open(io.BytesIO(picture(2))) as original:
        expected = original.convert("RGB").resize(image.size)
    for place in ((0.1, 0.1), (0.5, 0.5), (0.9, 0.9)):
        point = int(place[0] * image.width), int(place[1] * image.height)
        assert image.getpixel(point) == pytest.approx(expected.getpixel(point), abs=12)


async def test_pictures_of_a_docx_have_their_captions(tmp_path: Path) -> None:
    found = await figures_in(tmp_path, "docx", docx_with_pictures())
    assert [figure.caption for figure, _ in found] == ["Figure 1: The boiler from the east.", "A valve"]


async def test_pictures_of_a_pptx_have_their_slide(tmp_path: Path) -> None:
    found = await figures_in(tmp_path, "pptx", pptx_with_pictures())
    assert [figure.page for figure, _ in found] == [1, 2]
    assert all(figure.caption for figure, _ in found)


async def test_only_pictures_inside_an_epub_are_taken(tmp_path: Path) -> None:
    """Nothing from elsewhere, and nothing from outside of the book."""
    [(figure, _)] = await figures_in(tmp_path, "epub", epub_with_pictures())
    assert figure.caption == "The first engine."


async def test_only_pictures_carried_in_an_html_page_are_taken(tmp_path: Path) -> None:
    """Only pictures that the page carries in itself."""
    carried = base64.b64encode(picture(9)).decode()
    page = (
        f"<p>Text</p><img alt='A pump' src='data:image/png;base64,{carried}'><img src='http://127.0.0.1:9/x.png'>"
        "<img src='file:///etc/hostname'><img src='data:image/png;base64,%%%'>"
    )
    [(figure, _)] = await figures_in(tmp_path, "html", page.encode())
    assert figure.caption == "A pump"


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP"])
async def test_formats_of_pictures(tmp_path: Path, kind: str) -> None:
    [(figure, _)] = await figures_in(tmp_path, "image", picture(10, kind=kind))
    assert (figure.width, figure.height) == (240, 160)


async def test_a_large_picture_is_made_smaller(tmp_path: Path) -> None:
    [(figure, _)] = await figures_in(tmp_path, "image", picture(11, (3200, 1000)))
    assert (figure.width, figure.height) == (LONGEST_SIDE, 500)


async def test_what_is_transparent_is_white(tmp_path: Path) -> None:
    data = io.BytesIO()
    Image.new("RGBA", (100, 100), (0, 0, 0, 0)).save(data, "PNG")
    [(_, image)] = await figures_in(tmp_path, "image", data.getvalue())
    assert image.getpixel((50, 50)) == (255, 255, 255)


async def test_nothing_but_pixels_is_kept(tmp_path: Path) -> None:
    data = io.BytesIO()
    image = Image.new("RGB", (100, 100), "red")
    image.save(data, "JPEG", comment=b"<script>alert(1)</script>", exif=b"Exif\0\0secret place")
    path = tmp_path / "stored"
    path.write_bytes(data.getvalue() + b"<script>more</script>")
    async with extracted(path, "image") as [kept]:
        stored = kept.path.read_bytes()
    assert b"script" not in stored
    assert b"secret" not in stored


def _bomb() -> bytes:
    """400 megapixels in a few kilobytes."""
    data = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(data, "PNG")
    return data.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not a picture",
        picture(12)[:200],
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        picture(13, (20, 200)),
        None,
    ],
    ids=["empty", "text", "cut off", "svg", "a line", "bomb"],
)
async def test_what_is_left_out(tmp_path: Path, content: bytes | None) -> None:
    assert await figures_in(tmp_path, "image", _bomb() if content is None else content) == []


async def test_broken_pictures_leave_the_others(tmp_path: Path) -> None:
    data = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(docx_with_pictures())) as source, zipfile.ZipFile(data, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            target.writestr(name, content[:100] if name.endswith("image1.png") else content)
    found = await figures_in(tmp_path, "docx", data.getvalue())
    assert [figure.caption for figure, _ in found] == ["A valve"]


async def test_a_child_that_takes_too_long_gives_what_it_has(tmp_path: Path) -> None:
    """And no error: the text of the document is there already."""
    whole = await figures_in(tmp_path, "pdf", pdf_with_pictures())
    limits = msgspec.structs.replace(DEFAULT, seconds=0.01)
    some = await figures_in(tmp_path, "pdf", pdf_with_pictures(), limits)  # how many depends on the machine
    assert [figure for figure, _ in some] == [figure for figure, _ in whole][: len(some)]


async def test_a_damaged_document_has_none(tmp_path: Path) -> None:
    for kind in ("pdf", "docx", "pptx", "epub"):
        assert await figures_in(tmp_path, kind, b"%PDF-1.7 broken") == []
