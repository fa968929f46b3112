"""Citation spans: does each open at the right page, with the exact text marked?

Usage: python -m benchmarks.citation_pages [FOLDER_OF_PDFS] [SPANS] [SEED]

Draws spans of 5 to 30 words at random from the chunks of real PDFs, as an answer would cite them, and has the reference
page mark them. What stands under the marks is then read back from the PDF, and must be the characters of the span, all
of them and no others, but for white space, the lines between a table's cells, and hyphens at the end of lines.
Without an argument the folder is ../shared/samples/sec-10q beside the repository.
"""

import asyncio
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from statistics import median

import pypdfium2 as pdfium

from benchmarks.report import machine, percentile, table
from citewell.ingestion.blocks import Box, ParsedDocument
from citewell.ingestion.chunking import ChunkSettings, chunk
from citewell.ingestion.parsing import parse
from citewell.reference.marks import parts
from citewell.reference.page_image import Marks, PageImages, Source

SAMPLES = Path(__file__).parents[2] / "shared" / "samples" / "sec-10q"
SPANS = 200
SEED = 7
_WORDS = re.compile(r"\S+")
_LOOSE = re.compile(r"[\s|\-\u00ad\u2010\ufffe\u0002]+")


@dataclass(frozen=True)
class Span:
    path: Path
    document: ParsedDocument
    start: int
    end: int

    @property
    def text(self) -> str:
        return self.document.text[self.start : self.end]


async def draw_spans(paths: Sequence[Path], count: int, seed: int) -> list[Span]:
    """The same in every run with this seed."""
    documents = {path: await parse(path, "pdf") for path in paths}
    chance = random.Random(seed)
    chunks = [(path, found) for path, document in documents.items() for found in chunk(document, ChunkSettings())]
    spans = []
    while len(spans) < count:
        path, found = chance.choice(chunks)
        words = list(_WORDS.finditer(found.content))
        length = chance.randint(5, 30)
        if len(words) < length:
            continue
        first = chance.randrange(len(words) - length + 1)
        start, end = words[first].start(), words[first + length - 1].end()
        spans.append(Span(path, documents[path], found.start + start, found.start + end))
    return spans


async def check(images: PageImages, span: Span) -> str:
    """What is wrong with the marks of a span, or nothing."""
    marks = parts(span.document, span.start, span.end)
    if not marks:
        return "no line found"
    read = ""
    for page in sorted({part.page for part in marks}):
        drawn = await images.draw(Source(span.path, "pdf", span.path.name), page, Marks(marks))
        read += _text_under(span.path, page, drawn.marked.boxes)
    # In any order: the words of a table's head stand above each other, and are read from left to right.
    if Counter(_LOOSE.sub("", span.text)) == Counter(_LOOSE.sub("", read)):
        return ""
    return f"marked is: {read[:200]}"


def _text_under(path: Path, number: int, boxes: Sequence[Box]) -> str:
    """The characters whose middle is in one of the boxes, in the order of the boxes."""
    characters = _characters(path, number)
    return "".join(
        character
        for left, top, right, bottom in boxes
        for character, across, down in characters
        if left <= across <= right and top <= down <= bottom
    )


@lru_cache(maxsize=512)
def _characters(path: Path, number: int) -> list[tuple[str, float, float]]:
    """The characters of a page with their middles, in points from its top left."""
    document = pdfium.PdfDocument(path)
    page = document[number - 1]
    text_page = page.get_textpage()
    left, _, _, top = page.get_bbox()
    found = []
    for index in range(text_page.count_chars()):
        box = text_page.get_charbox(index, loose=True)
        character = text_page.get_text_range(index, 1)
        found.append((character, (box[0] + box[2]) / 2 - left, top - (box[1] + box[3]) / 2))
    document.close()
    return found


async def run(paths: Sequence[Path], count: int, seed: int) -> None:
    spans = await draw_spans(paths, count, seed)
    images, problems, times = PageImages(), [], []
    for span in spans:
        started = time.perf_counter()
        problem = await check(images, span)
        times.append(time.perf_counter() - started)
        if problem:
            problems.append((problem, span.path.name, span.text))
    right = count - len(problems)
    rows = [
        ("spans at the right page with the exact text marked", f"{right} of {count} ({100 * right / count:.1f} %)"),
        ("drawing a page, p50 / p95", f"{1000 * median(times):.0f} / {1000 * percentile(times, 0.95):.0f} ms"),
    ]
    print(f"{len(paths)} PDFs; {machine()}\n")
    print(table(("measure", "result"), rows))
    for problem, name, text in problems:
        print(f"\n{problem}, {name}:\n{text[:400]}")


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else SAMPLES
    paths = sorted(folder.glob("*.pdf"))
    if not paths:
        print(f"Skipped: no PDFs in {folder}.")
        return
    count, seed = (int(sys.argv[at]) if len(sys.argv) > at else usual for at, usual in ((2, SPANS), (3, SEED)))
    asyncio.run(run(paths, count, seed))


if __name__ == "__main__":
    main()
