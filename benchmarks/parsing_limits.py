"""What hostile and huge files cost: peak memory and time of the child that parses each, and of the process beside it.

Usage: python benchmarks/parsing_limits.py [NAME...]

Makes its files in a temporary folder (about 600 MB, most of it one CSV). For each it prints how the parse ended, how
long it took, the largest resident memory of the child and of the programs that it started, and that of this process,
which stands for the server. Names choose among the files; without one all are parsed.
"""

import asyncio
import io
import json
import resource
import shutil
import sys
import tempfile
import time
import zipfile
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import docx
import msgspec
import openpyxl
import pptx
import psutil
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from fpdf import FPDF
from tests.ingestion.containers import epub, msg, odf

from citewell.ingestion.parsing import DEFAULT, ParseFailed, parse
from citewell.ingestion.sniff import sniff_file

MIB = 2**20
_TICK = 0.02  # seconds between two looks at the memory
_WORDS = "Employees travel by train when the journey takes less than six hours and a seat can be had. "


@dataclass
class Result:
    ended: str
    seconds: float
    child_bytes: int
    server_bytes: int


def pdf_of_many_pages(path: Path, pages: int = 2000) -> None:
    pdf = FPDF(unit="pt")
    pdf.set_font("helvetica", size=10)
    for number in range(pages):
        pdf.add_page()
        pdf.multi_cell(0, 12, f"Section {number}\n" + _WORDS * 30)
    path.write_bytes(pdf.output())


def pdf_with_a_flate_bomb(path: Path) -> None:
    """A page whose content is 1 GiB of operators when unpacked; the file is 1 MB."""
    packer = zlib.compressobj(9)
    block = b"0 0 m 1 1 l S\n" * (MIB // 14)
    stream = b"".join(packer.compress(block) for _ in range(1024)) + packer.flush()
    path.write_bytes(_pdf(b"<</Length %d/Filter/FlateDecode>>stream\n%s\nendstream" % (len(stream), stream)))


def pdf_that_loops(path: Path) -> None:
    """Its page draws a form that draws another twice, and so on for 60 levels: 2 to the power of 60 drawings."""
    forms = [
        b"<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</F %d 0 R>>>>/Length 12>>stream\n"
        b"/F Do /F Do \nendstream" % (6 + level)
        for level in range(1, 60)
    ]
    last = b"<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Length 0>>stream\n\nendstream"
    path.write_bytes(_pdf(b"<</Length 12>>stream\n/F Do /F Do \nendstream", *forms, last))


def pdf_whose_pages_are_their_own_parents(path: Path) -> None:
    objects = [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Count 1000/Kids[2 0 R 2 0 R]/Parent 2 0 R>>"]
    path.write_bytes(_file(objects))


def csv_of_500_mb(path: Path) -> None:
    row = b"1234567,Ada Lovelace,Research,London,2026-11-23,a remark of some words\n"
    block = row * (MIB // len(row))
    with path.open("wb") as file:
        file.write(b"id,name,team,office,since,remark\n")
        while file.tell() < 500 * MIB:
            file.write(block)


def csv_at_the_limit(path: Path) -> None:
    """As many rows and characters as are read."""
    row = b"1234567,Ada Lovelace,Research,London,2026-11-23,a remark of some words and more of them\n"
    path.write_bytes(b"id,name,team,office,since,remark\n" + row * (DEFAULT.max_text_chars // (len(row) + 12)))


def docx_bomb(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("word/document.xml", "w") as member:
        for _ in range(2000):
            member.write(b" " * MIB)


def html_of_deep_nesting(path: Path) -> None:
    path.write_text("<html><body>" + "<div>" * 300_000 + "The end.")


def xlsx_that_inflates(path: Path, rows: int = 20_000, columns: int = 40) -> None:
    """200 KB that unpack to 30 MB of cells, which is below what is refused as a bomb."""
    head = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    book = io.BytesIO()
    openpyxl.Workbook().save(book)
    with zipfile.ZipFile(book) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "xl/worksheets/sheet1.xml":
                lines = (
                    b"<row>" + b"<c><v>12.5</v></c>" * columns + b"<c><v>%d</v></c></row>" % row for row in range(rows)
                )
                content = head + b"".join(lines) + b"</sheetData></worksheet>"
            new.writestr(name, content)


def docx_of_deep_tables(path: Path, depth: int = 40) -> None:
    """Tables in tables, each with a hundred rows around."""
    document = docx.Document()
    cell = "<w:tc><w:p><w:r><w:t>words</w:t></w:r></w:p></w:tc>"
    inner = "<w:p/>"
    for _ in range(depth):
        inner = f"<w:tbl>{f'<w:tr>{cell * 3}</w:tr>' * 100}<w:tr><w:tc>{inner}<w:p/></w:tc></w:tr></w:tbl>"
    document.element.body.insert(0, parse_xml(inner.replace("<w:tbl>", f"<w:tbl {nsdecls('w')}>", 1)))
    document.save(str(path))


def pptx_of_many_shapes(path: Path, shapes: int = 3000) -> None:
    deck = pptx.Presentation()
    tree = deck.slides.add_slide(deck.slide_layouts[6]).shapes
    for number in range(shapes):
        tree.add_textbox(number * 91 % 9_000_000, number * 57 % 6_000_000, 400_000, 200_000).text_frame.text = _WORDS
    deck.save(str(path))


def markdown_of_deep_nesting(path: Path) -> None:
    path.write_text("> " * 100_000 + "The end.\n\n" + "[" * 20_000 + "x" + "]" * 20_000)


def mail_of_many_parts(path: Path, parts: int = 5000) -> None:
    part = b"--b\nContent-Type: text/plain; name=a.txt\nContent-Disposition: attachment\n\nwords\n"
    path.write_bytes(b"From: a@example.org\nSubject: x\nContent-Type: multipart/mixed; boundary=b\n\n" + part * parts)


def rtf_of_deep_groups(path: Path) -> None:
    path.write_bytes(b"{\\rtf1 " + b"{\\b x" * 200_000 + b"}" * 200_001)


def epub_of_one_chapter_many_times(path: Path, entries: int = 15_000) -> None:
    """Its list of contents names a chapter of 1 MB 15,000 times, each time by another name."""
    path.write_bytes(epub({"a.xhtml": f"<p>{_WORDS}</p>" * 11_000}))
    items = "".join(f'<item id="x{n}" href="text/a.xhtml" media-type="text/html"/>' for n in range(entries)).encode()
    spine = "".join(f'<itemref idref="x{n}"/>' for n in range(entries)).encode()
    with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = (
                old.read(name).replace(b"<manifest>", b"<manifest>" + items).replace(b"<spine>", b"<spine>" + spine)
            )
            new.writestr(name, content)


def epub_of_deep_nesting(path: Path) -> None:
    path.write_bytes(epub({"a.xhtml": "<div>" * 300_000 + "The end."}))


def ods_of_repeated_rows(path: Path) -> None:
    """A row of 100,000 characters that the file repeats 400,000 times."""
    cell = f"<table:table-cell><text:p>{'words ' * 16_000}</text:p></table:table-cell>"
    row = f'<table:table-row table:number-rows-repeated="400000">{cell}</table:table-row>'
    path.write_bytes(odf("spreadsheet", f'<table:table table:name="T">{row}</table:table>'))


def ods_of_merged_cells(path: Path, rows: int = 20_000) -> None:
    """Each row begins a cell that goes on over all rows below it."""
    cell = '<table:table-cell table:number-rows-spanned="1000000"><text:p>words</text:p></table:table-cell>'
    body = f"<table:table-row>{cell * 3}</table:table-row>" * rows
    path.write_bytes(odf("spreadsheet", f'<table:table table:name="T">{body}</table:table>'))


def odt_of_boxes(path: Path, boxes: int = 5000) -> None:
    """Boxes in boxes, each paragraph with a note, and tables whose cells go on over all rows."""
    note = '<text:note text:note-class="footnote"><text:note-body><text:p>A note.</text:p></text:note-body></text:note>'
    inner = "<text:p>words</text:p>"
    for _ in range(60):
        inner = f"<text:p>words{note}<draw:frame><draw:text-box>{inner}</draw:text-box></draw:frame></text:p>"
    cell = '<table:table-cell table:number-rows-spanned="1000000"><text:p>words</text:p></table:table-cell>'
    table = f"<table:table>{f'<table:table-row>{cell}</table:table-row>' * boxes}</table:table>"
    path.write_bytes(odf("text", inner * 100 + table))


def json_of_long_names(path: Path) -> None:
    """100,000 values below a name of 100,000 characters, which each of their lines repeats."""
    values: object = {f"v{number}": 1 for number in range(100_000)}
    for name in ("n" * 100_000, "d", "c", "b", "a"):
        values = {name: values}
    path.write_text(json.dumps(values))


def json_of_deep_nesting(path: Path) -> None:
    path.write_text("[" * 500_000 + "]" * 500_000)


def msg_of_one_stream_many_times(path: Path, attachments: int = 400) -> None:
    """Attachments that all have the same 5 MB of the file as their content."""
    content = _WORDS.encode() * 54_000
    path.write_bytes(msg({"0037": "x", "1000": _WORDS}, {f"{n}.txt": content for n in range(attachments)}))


def _pdf(content: bytes, *more: bytes) -> bytes:
    """A page with this content (object 4), and objects from 5 on, of which the first is the form F."""
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</XObject<</F 5 0 R>>>>>>"
    return _file([b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Count 1/Kids[3 0 R]>>", page, content, *more])


def _file(objects: list[bytes]) -> bytes:
    parts, places = [b"%PDF-1.7\n"], []
    for number, content in enumerate(objects, 1):
        places.append(sum(map(len, parts)))
        parts.append(b"%d 0 obj%s\nendobj\n" % (number, content))
    start = sum(map(len, parts))
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    parts.append(b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(objects) + 1, table))
    parts.append(b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, start))
    return b"".join(parts)


FILES: dict[str, tuple[str, Callable[[Path], None]]] = {
    "pages": ("a.pdf", pdf_of_many_pages),
    "flate-bomb": ("a.pdf", pdf_with_a_flate_bomb),
    "loop": ("a.pdf", pdf_that_loops),
    "own-parent": ("a.pdf", pdf_whose_pages_are_their_own_parents),
    "csv-500mb": ("a.csv", csv_of_500_mb),
    "csv-limit": ("a.csv", csv_at_the_limit),
    "zip-bomb": ("a.docx", docx_bomb),
    "deep-html": ("a.html", html_of_deep_nesting),
    "deep-md": ("a.md", markdown_of_deep_nesting),
    "inflating": ("a.xlsx", xlsx_that_inflates),
    "deep-docx": ("a.docx", docx_of_deep_tables),
    "many-shapes": ("a.pptx", pptx_of_many_shapes),
    "many-parts": ("a.eml", mail_of_many_parts),
    "deep-rtf": ("a.rtf", rtf_of_deep_groups),
    "same-epub": ("a.epub", epub_of_one_chapter_many_times),
    "deep-epub": ("a.epub", epub_of_deep_nesting),
    "repeated-ods": ("a.ods", ods_of_repeated_rows),
    "merged-ods": ("a.ods", ods_of_merged_cells),
    "boxes-odt": ("a.odt", odt_of_boxes),
    "names-json": ("a.json", json_of_long_names),
    "deep-json": ("a.json", json_of_deep_nesting),
    "same-msg": ("a.msg", msg_of_one_stream_many_times),
}


async def measured(path: Path) -> Result:
    limits = msgspec.structs.replace(DEFAULT, seconds=60, recognition_seconds=60)
    me = psutil.Process()
    before = me.memory_info().rss
    peaks = {"child": 0, "server": before}

    async def watch() -> None:
        while True:
            total = 0
            for child in me.children(recursive=True):
                with suppress(psutil.Error):
                    total += child.memory_info().rss
            peaks["child"] = max(peaks["child"], total)
            peaks["server"] = max(peaks["server"], me.memory_info().rss)
            await asyncio.sleep(_TICK)

    watcher = asyncio.create_task(watch())
    started = time.perf_counter()
    try:
        parsed = await parse(path, sniff_file(path, path.name).kind, limits=limits)
        ended = f"read: {len(parsed.text):,} characters, {len(parsed.blocks):,} blocks"
    except ParseFailed as failed:
        ended = f"{failed.code}: {failed.message}"
    finally:
        watcher.cancel()
    return Result(ended, time.perf_counter() - started, peaks["child"], peaks["server"])


async def main(names: list[str]) -> None:
    folder = Path(tempfile.mkdtemp(prefix="citewell-limits-"))
    print(f"{'file':<12} {'size':>9} {'seconds':>8} {'child':>9} {'server':>9}  ended")
    try:
        for name in names:
            file_name, make = FILES[name]
            path = folder / file_name
            await asyncio.to_thread(make, path)
            result = await measured(path)
            size = f"{path.stat().st_size / MIB:,.1f} MB"
            child, server = (f"{found / MIB:,.0f} MB" for found in (result.child_bytes, result.server_bytes))
            print(
                f"{name:<12} {size:>9} {result.seconds:>8.1f} {child:>9} {server:>9}  {result.ended[:110]}", flush=True
            )
            path.unlink()
    finally:
        shutil.rmtree(folder)
    print(f"largest of all children: {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024:,.0f} MB")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:] or list(FILES)))
