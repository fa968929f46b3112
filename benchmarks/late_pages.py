"""Do citations name the page on which their words stand?

Usage: python -m benchmarks.late_pages [--reports FOLDER] [--data FOLDER]

Asks 20 questions about quarterly reports whose answers stand on late pages, through the agent loop with the built-in
model, and looks every quoted passage up in the text of the PDF as PDFium gives it, page by page. A citation is right if
the pages that it names are those that hold its words. Beside it: how many the first page of the cited chunk would have
named rightly. Without arguments the reports are ../shared/samples/sec-10q beside the repository.
"""

import argparse
import asyncio
import itertools
import re
import tempfile
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import UUID

import pypdfium2 as pdfium

from benchmarks.filings import SHARED, answer_message, store
from benchmarks.report import machine, table
from citewell.models import Chunk
from citewell.process import Process

QUESTIONS = (
    "What was Apple's total unrecognized compensation cost related to outstanding RSUs as of June 25, 2022?",
    "What was Apple's total unrecognized compensation cost related to outstanding RSUs as of April 1, 2023?",
    "What was Apple's total unrecognized compensation cost related to outstanding RSUs as of July 1, 2023?",
    "How much of its common stock did Apple repurchase during the first quarter of 2023?",
    "What was the fair value of Apple's RSUs as of the vesting dates in the three months ended December 31, 2022?",
    "How large is Amazon's secured revolving credit facility with a lender, as increased in August 2022?",
    "What were Amazon's restricted cash, cash equivalents and marketable securities as of September 30, 2022?",
    "What was Amazon's other income (expense), net for the nine months ended September 30, 2022?",
    "Why did Amazon's International operating loss increase in Q3 2022?",
    "Which term loan did Amazon enter into in January 2023 and what interest does it bear?",
    "By how much did AWS sales increase in Q1 2023?",
    "What were Amazon's shipping costs in Q1 2023?",
    "What was Amazon's income tax provision for the three months ended March 31, 2023?",
    "What was the purchase price of Microsoft's acquisition of Nuance Communications?",
    "How much revenue did Microsoft allocate to remaining performance obligations as of December 31, 2022?",
    "By how much did Microsoft's server products and cloud services revenue increase?",
    "By how much did Microsoft's research and development expenses increase, and why?",
    "What was NVIDIA's revenue for the third quarter of fiscal year 2024?",
    "By how much did NVIDIA's operating expenses grow from a year ago in the third quarter of fiscal year 2024?",
    "By how much did NVIDIA's board increase the share repurchase program in August 2023?",
)
_LATE = 10  # the first page that counts as late
_LOOSE = re.compile(r"[\s|\-\u00ad\u2010\ufffe\u0002]+")
_WORD = re.compile(r"[\w.,]*\w")


async def run(reports: Sequence[Path], data: Path) -> None:
    paths = {path.name: path for path in reports}
    counts = dict.fromkeys(("citations", "late", "right", "all words", "by chunk"), 0)
    answered, wrong = 0, []
    async with store(data, reports) as (process, access):
        for question in QUESTIONS:
            message = await answer_message(process, access, question)
            cited = [entry for entry in message.get("citations", []) if "claim" not in entry and entry["verified"]]
            answered += bool(cited)
            for citation in cited:
                holding = _pages_with(paths[citation["document_name"]], citation["verbatim"])
                named = list(range(citation["min_page"], citation["max_page"] + 1))
                right = named in holding
                counts["citations"] += 1
                counts["late"] += named[0] >= _LATE
                counts["right"] += right
                counts["all words"] += right or _has_all_words(
                    paths[citation["document_name"]], named, citation["verbatim"]
                )
                counts["by chunk"] += [await _first_page(process, access.project_id, citation)] in holding
                if not right:
                    wrong.append(
                        f"{citation['document_name']}, named {named}, stands on {holding}: {citation['verbatim']}"
                    )
    total = counts["citations"]
    rows = [
        ("questions with a verified citation", f"{answered} of {len(QUESTIONS)}"),
        ("citations, of which on page 10 or later", f"{total}, {counts['late']}"),
        ("citations that name the pages of their words", f"{counts['right']} of {total}"),
        ("those, and heads of tables whose words all stand there", f"{counts['all words']} of {total}"),
        ("the first page of the chunk would have been right", f"{counts['by chunk']} of {total}"),
    ]
    print(f"{machine()}\n")
    print(table(("measure", "result"), rows))
    print("\n".join(wrong))


def _pages_with(path: Path, words: str) -> list[list[int]]:
    """Runs of pages that hold the words: one page, or two where they go on on the next."""
    wanted = _LOOSE.sub("", words)
    pages = _texts(path)
    single = [[number] for number, text in enumerate(pages, start=1) if _holds(text, wanted)]
    both = [
        [number, number + 1]
        for number, (text, after) in enumerate(itertools.pairwise(pages), start=1)
        if not _holds(text, wanted) and not _holds(after, wanted) and _holds(text + after, wanted)
    ]
    return single + both


def _has_all_words(path: Path, numbers: Sequence[int], words: str) -> bool:
    """Whether each word stands on the pages, in any order: PDFium gives the dates of several columns line by line."""
    document = pdfium.PdfDocument(path)
    there = {word for number in numbers for word in _WORD.findall(document[number - 1].get_textpage().get_text_range())}
    document.close()
    return there.issuperset(_WORD.findall(words))


def _holds(text: str, wanted: str) -> bool:
    """Whether all of the words stand there; the rows of a table's head are read in another order than they stand."""
    if wanted in text:
        return True
    pieces = [wanted[at : at + 12] for at in range(0, len(wanted), 12)]
    return len(pieces) > 2 and sum(piece in text for piece in pieces) >= 0.8 * len(pieces)


@lru_cache(maxsize=16)
def _texts(path: Path) -> list[str]:
    document = pdfium.PdfDocument(path)
    texts = [_LOOSE.sub("", page.get_textpage().get_text_range()) for page in document]
    document.close()
    return texts


async def _first_page(process: Process, project_id: UUID, citation: dict[str, Any]) -> int | None:
    async with process.database.read() as session:
        return (await session.get_one(Chunk, (project_id, UUID(str(citation["chunk_id"]))))).min_page


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reports", type=Path, default=SHARED / "samples" / "sec-10q")
    parser.add_argument("--data", type=Path, help="keep the indexed reports here")
    arguments = parser.parse_args()
    reports = sorted(arguments.reports.glob("*.pdf"))
    if not reports:
        print(f"Skipped: no PDFs in {arguments.reports}.")
        return
    with tempfile.TemporaryDirectory(prefix="cw-l-") as folder:
        asyncio.run(run(reports, arguments.data or Path(folder)))


if __name__ == "__main__":
    main()
