"""The words of a shape: paragraphs with their bullets or numbers, tables, comments."""

from dataclasses import dataclass

from lxml.etree import _Element as Element

from citewell.ingestion.parsing.docx_inline import chosen
from citewell.ingestion.parsing.list_numbers import written
from citewell.ingestion.parsing.omml import equation
from citewell.ingestion.parsing.ooxml import MC, A, M, P
from citewell.ingestion.parsing.powers import power

_MAX_COLUMNS = 500
_NUMBERS = {
    "arabic": "decimal", "alphaLc": "lowerLetter", "alphaUc": "upperLetter", "romanLc": "lowerRoman",
    "romanUc": "upperRoman",
}  # fmt: skip
_CHANGING = ("slidenum", "datetime")  # fields that say nothing of the content


@dataclass(frozen=True)
class Paragraph:
    """`mark` is its bullet ("-") or number; None where nothing is said. `is_plain` says that it has none."""

    text: str
    level: int = 0
    mark: str | None = None
    is_plain: bool = False


def paragraphs_of(shape: Element) -> list[Paragraph]:
    """Returns the paragraphs that have words, with the numbers that the deck gives them."""
    body = shape.find(f"{P}txBody")
    if body is None:
        body = shape.find(f"{A}txBody")
    found: list[Paragraph] = []
    counts: dict[int, int] = {}
    for element in body.iterfind(f"{A}p") if body is not None else ():
        text = paragraph_text(element)
        if not text:
            continue
        properties = element.find(f"{A}pPr")
        stated = (properties.get("lvl") or "0") if properties is not None else "0"
        level = int(stated) if stated.isdigit() and len(stated) == 1 else 0
        numbered = properties.find(f"{A}buAutoNum") if properties is not None else None
        for deeper in [depth for depth in counts if depth > level or (depth == level and numbered is None)]:
            del counts[deeper]
        mark = None
        if numbered is not None:
            start = numbered.get("startAt") or "1"
            counts[level] = counts.get(level, int(start) - 1 if start.isdigit() and len(start) < 6 else 0) + 1
            mark = _number(numbered.get("type") or "arabicPeriod", counts[level])
        elif properties is not None and (
            properties.find(f"{A}buChar") is not None or properties.find(f"{A}buBlip") is not None
        ):
            mark = "-"
        plain = properties is not None and properties.find(f"{A}buNone") is not None
        found.append(Paragraph(text, level, mark, plain))
    return found


def _number(kind: str, count: int) -> str:
    name = next((own for start, own in _NUMBERS.items() if kind.startswith(start)), "decimal")
    number = written(count, name)
    if kind.endswith("ParenBoth"):
        return f"({number})"
    return f"{number})" if kind.endswith("ParenR") else number if kind.endswith("Plain") else f"{number}."


def paragraph_text(element: Element) -> str:
    """Returns the words in one line; a line break becomes a space."""
    return " ".join("".join(_pieces(element)).replace("\v", " ").replace("\xad", "").split())


def _pieces(element: Element) -> list[str]:
    pieces: list[str] = []
    raised = False
    for child in element:
        if child.tag == f"{A}r":
            text = "".join(piece.text or "" for piece in child.iterfind(f"{A}t"))
            now = _is_raised(child)
            pieces.append(power("".join(pieces[-1:]), text) if now and not raised else text)
            raised = now
        elif child.tag == f"{A}br":
            pieces.append(" ")
        elif child.tag == f"{A}fld":
            if not (child.get("type") or "").startswith(_CHANGING):
                pieces.append(child.findtext(f"{A}t") or "")
        elif child.tag == f"{MC}AlternateContent":
            pieces += _pieces(chosen(child))
        elif isinstance(child.tag, str) and child.tag.endswith("}m"):
            pieces += [f" {equation(math)} " for math in child.iter(f"{M}oMath")]
    return pieces


def _is_raised(run: Element) -> bool:
    properties = run.find(f"{A}rPr")
    baseline = (properties.get("baseline") or "") if properties is not None else ""
    return baseline.rstrip("%").isdigit() and baseline.strip("0%") != ""


def table_rows(table: Element) -> list[list[str]]:
    """A cell over several columns is followed by blank ones; one over several rows has its text in each."""
    rows: list[list[str]] = []
    for row in table.iterfind(f"{A}tr"):
        cells: list[str] = []
        for cell in row.iterfind(f"{A}tc"):
            lines = (paragraph_text(line) for line in cell.iterfind(f"{A}txBody/{A}p"))
            text = "\n".join(line for line in lines if line)
            if cell.get("vMerge") in ("1", "true") and rows and len(cells) < len(rows[-1]):
                text = rows[-1][len(cells)]
            elif cell.get("hMerge") in ("1", "true"):
                text = ""
            cells.append(text)
            if len(cells) >= _MAX_COLUMNS:
                break
        rows.append(cells)
    return rows


def comment_text(comment: Element) -> str:
    """Returns the text of a comment of either kind, with its answers."""
    own = [piece.text or "" for piece in comment.iter(f"{P}text")]
    bodies = sorted(comment.iter("{*}txBody"), key=lambda body: sum(1 for _ in body.iterancestors()))
    lines = own or [paragraph_text(line) for body in bodies for line in body.iter(f"{A}p")]
    text = " ".join(" ".join(line.split()) for line in lines if line.strip())
    return f"Comment: {text}" if text else ""


def is_generated(words: str) -> bool:
    """Descriptions that programs make up say nothing of the deck."""
    lowered = words.lower()
    return "description automatically generated" in lowered or lowered.endswith(
        (".png", ".jpg", ".jpeg", ".gif", ".emf", ".wmf", ".bmp", ".tiff", ".svg")
    )
