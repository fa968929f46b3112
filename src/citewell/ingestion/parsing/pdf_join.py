"""Joins lines to one text, with the offsets and the box of each line."""

from collections.abc import Iterable, Sequence

from citewell.ingestion.blocks import Box, clean
from citewell.ingestion.parsing.pdf_lines import TextLine, lines_of
from citewell.ingestion.parsing.pdf_ruling import RuledTable, cell_box
from citewell.ingestion.parsing.pdf_spans import Cells
from citewell.ingestion.parsing.pdf_tables import Row
from citewell.ingestion.parsing.pdf_text import Word

_PUNCTUATION = ".,;:()[]“”\"'?!"
# Words that form compounds with a hyphen ("long-term"), and the endings of their own longer forms ("long-er").
_COMPOUNDING = {"well", "self", "long", "short", "high", "low", "half", "full", "cross", "third", "first", "second"}
_ENDINGS = ("er", "est", "ly", "ness", "ing", "ed", "age", "en", "y", "ish", "temps")
Joined = tuple[str, list[tuple[int, int, Box]]]


class LineJoiner:
    """Joins lines. The document's words tell whether a hyphen at the end of a line belongs to the word."""

    def __init__(self, words: Iterable[Word]) -> None:
        self._words = {word.text.strip(_PUNCTUATION).lower() for word in words}

    def paragraph(self, lines: Sequence[TextLine]) -> Joined:
        """Joins the lines of a paragraph: words that are hyphenated at the end of a line become whole."""
        texts = [clean(line.text) for line in lines]
        ends: list[str] = []
        for index, following in enumerate(texts[1:]):
            texts[index], end = self._end(texts[index], following)
            ends.append(end)
        return _joined(texts, ends, [line.box for line in lines])

    def lines(self, lines: Sequence[TextLine]) -> Joined:
        texts = [clean(line.text) for line in lines]
        return _joined(texts, ["\n"] * (len(texts) - 1), [line.box for line in lines])

    def rows(self, rows: Sequence[Row]) -> Joined:
        """Makes a line of each row. In a wrapped row, the box of its first line is that of this part of the label."""
        texts: list[str] = []
        ends: list[str] = []
        for row in rows:
            rest = row.text
            for line in row.lines[:-1]:
                part = clean(line.text)
                texts.append(part)
                ends.append(" ")
                rest = rest[len(part) + 1 :]
            texts.append(rest)
            ends.append("\n")
        return _joined(texts, ends[:-1], [line.box for row in rows for line in row.lines])

    def texts(self, table: RuledTable) -> list[list[str]]:
        """Returns the text of each cell; words that are hyphenated at the end of a line become whole."""
        return [[self.paragraph(lines_of(words))[0] if words else "" for words in row] for row in table.rows]

    def cells(self, rows: Cells, texts: Sequence[Sequence[str]]) -> Joined:
        """Makes a line of each row, with a box for each cell that is not empty. `texts` are those of the cells."""
        parts: list[str] = []
        places: list[tuple[int, int, Box]] = []
        length = 0
        for number, (row, cells) in enumerate(zip(rows, texts, strict=True)):
            for column, (words, text) in enumerate(zip(row, cells, strict=True)):
                before = ("\n" if number else "") if column == 0 else " | "
                text = clean(text)
                length += len(before)
                if words:
                    places.append((length, length + len(text), cell_box(words)))
                parts += [before, text]
                length += len(text)
        return "".join(parts), places

    def is_divided(self, text: str, following: str) -> bool:
        """Whether a word is divided at the end of the line, and goes on in the following one."""
        return self._end(clean(text), clean(following))[0] != clean(text)

    def _end(self, text: str, following: str) -> tuple[str, str]:
        """Returns (text of the line without a hyphen that only divides a word, separator from the next line)."""
        tail = text.rpartition(" ")[2]
        first = following.split(" ", 1)[0]
        if len(tail) > 2 and tail.endswith("-") and tail[-2].isalpha() and first[:1].isalpha():
            return (text[:-1] if first[0].islower() and self._is_divided(tail, first) else text), ""
        if len(tail) > 1 and tail[-1] in "-–—/" and first[:1].isalnum() and not tail[-2].isspace():
            return text, ""
        return text, "" if has_no_spaces(text[-1:]) and has_no_spaces(following[:1]) else " "

    def _is_divided(self, tail: str, first: str) -> bool:
        """Whether the hyphen only divides a word, and is not part of a compound such as "long-term"."""
        before, behind = tail.lstrip(_PUNCTUATION).lower(), first.rstrip(_PUNCTUATION).lower()
        if before[:-1] + behind in self._words:
            return True
        if before + behind in self._words or before.count("-") > 1:
            return False
        if before[:-1] in _COMPOUNDING and not behind.startswith(_ENDINGS):
            return False
        return not (before[:-1] in self._words and behind in self._words)


def _joined(texts: Sequence[str], ends: Sequence[str], boxes: Sequence[Box]) -> Joined:
    parts: list[str] = []
    places: list[tuple[int, int, Box]] = []
    length = 0
    for text, end, box in zip(texts, [*ends, ""], boxes, strict=True):
        places.append((length, length + len(text), box))
        parts.append(text + end)
        length += len(text) + len(end)
    return "".join(parts), places


def has_no_spaces(char: str) -> bool:
    """Whether the character is Chinese or Japanese, which have no spaces between words."""
    return "\u3000" <= char <= "\u9fff" or "\uff00" <= char <= "\uffef"
