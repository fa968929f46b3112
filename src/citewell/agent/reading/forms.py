"""Forms: which value belongs to which label, as invoices, letters and data sheets set them.

A label stands before its value on a line ("Total EUR 420.00", "Due date: 11 April", "Order no.      5510"), or above
it. That a line is no sentence is all that tells it from prose, so labels of words alone count only among others.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise

import msgspec

from citewell.agent.reading import periods
from citewell.agent.reading.labels import is_known, linking_words
from citewell.agent.reading.vocabulary import any_of, load

_MAX_LINE_WORDS = 16
_MAX_LABEL_WORDS = 6
_MAX_VALUE_WORDS = 12
_MAX_STACKED_WORDS = 3  # of a label above a value of words
_LEAST_PAIRS = 3  # in a chunk, for pairs that only their neighbours show to be pairs
_GAP = re.compile(r"[ \u00a0]{2,}|\t+")
# A form's "Label: value", of which several may stand in one paragraph: "Invoice no.: 17 Due date: 11 April".
_LABEL = re.compile(r"(?<!\S)[^\W\d_][\w./-]*(?: [^\W\d_A-ZÀ-Þ][\w./-]*){0,3}:(?=\s+\S)")
_SENTENCE_END = re.compile(r"[.!?;,]$")
_SENTENCES = re.compile(r"\w{4,}[.!?](?:\s+[A-ZÀ-Þ]|$)")  # "Dr. Stein" and "Acme Inc." are none
# Where a value begins that is a number, an amount or a code.
_FIGURE = re.compile(
    r"(?<!\S)(?:[$€£¥₹(+−-]|(?:EUR|USD|GBP|CHF|JPY|CAD|AUD|SEK|NOK|DKK|PLN|IBAN|US\$|Fr\.|Rs\.?)(?=\s?[\dA-Z]))?"
    r"\s?(?=\S*\d)\S+"
)
_OF_NAME = re.compile(r"\S*\d,\s+[^\W\d]")  # a number that ends a name: "Mini excavator Tarn 18, serial number ..."
_CAPITAL = re.compile(r"(?<=\s)[A-ZÀ-Þ]\S*")


class Line(msgspec.Struct, frozen=True):
    """`start` in characters of its chunk."""

    text: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)


class Pair(msgspec.Struct, frozen=True):
    """A label with its value; `start` and `end` hold both, in characters of their chunk."""

    label: str
    value: str
    start: int
    end: int
    has_colon: bool = False


def pairs(lines: Sequence[Line]) -> list[Pair]:
    """The labels and values of a chunk's lines, in their order. Lines are those of its text outside of tables."""
    sure: list[Pair] = []
    likely: list[Pair] = []
    number = 0
    while number < len(lines):
        line, after = lines[number], lines[number + 1] if number + 1 < len(lines) else None
        if found := list(_by_colons(line)) or _by_figure(line):
            known = found[0].has_colon or is_known(found[0].label)
            (sure if known else likely).extend(found)
        elif after is not None and (pair := _stacked(line, after)) and not _is_value_of(after, lines[number + 2 :]):
            (sure if is_known(pair.label) else likely).append(pair)
            number += 1
        else:
            likely += _by_capital(line)
        number += 1
    many = len(sure) + len(likely) >= _LEAST_PAIRS
    return sorted([*sure, *(likely if many else [])], key=lambda pair: pair.start)


def labels(text: str) -> list[int]:
    """Returns where labels with a colon begin in a text: "Invoice no.: 17 Due date: 11 April" has two."""
    return [found.start() for found in _LABEL.finditer(text) if found[0][0].isupper()]


def cells(line: Line) -> list[Line]:
    """The parts of a line between wide gaps: columns that a text sets with spaces."""
    parts, place = [], 0
    for gap in [*_GAP.finditer(line.text), None]:
        end = gap.start() if gap else len(line.text)
        if line.text[place:end].strip():
            left = len(line.text[place:end]) - len(line.text[place:end].lstrip())
            parts.append(Line(line.text[place:end].strip(), line.start + place + left))
        place = gap.end() if gap else end
    return parts


def signs_for(label: str) -> bool:
    """Whether a label says for whom somebody signs: "For the Client"."""
    return _signature().match(label) is not None


@cache
def _signature() -> re.Pattern[str]:
    words = load("fields")["signature"]
    return re.compile(rf"{any_of(words['begins'])}\s+(?:{any_of(words['articles'])}\s+)?[A-ZÀ-Þ]", re.IGNORECASE)


def _is_label(text: str) -> bool:
    """Few words without figures, beginning with a letter, and no sentence."""
    plain = text.strip().rstrip(":")
    return (
        0 < len(plain.split()) <= _MAX_LABEL_WORDS
        and plain[0].isalpha()
        and not any(character.isdigit() for character in plain)
        and not re.search(r"[.!?;]\s", plain)
    )


def _is_short(line: Line) -> bool:
    return len(line.text.split()) <= _MAX_LINE_WORDS and not _SENTENCES.search(line.text)


def _by_colons(line: Line) -> Iterator[Pair]:
    """The labels of a line that end in a colon, each with what stands up to the next one."""
    starts = labels(line.text)
    for begin, end in pairwise([*starts, len(line.text)]):
        text = line.text[begin:end].rstrip()
        label, _, value = text.partition(":")
        if value.strip() and _is_label(label) and len(value.split()) <= _MAX_VALUE_WORDS:
            if signs_for(line.text[:begin] + label):
                begin, text, label = 0, line.text[: begin + len(text)], line.text[:begin] + label
            yield Pair(label.strip(), value.strip(), line.start + begin, line.start + begin + len(text), has_colon=True)


def _by_figure(line: Line) -> list[Pair]:
    """A label, and from the first figure on its value."""
    found = _FIGURE.search(line.text)
    if found is None or found.start() == 0 or not _is_short(line):
        return []
    days = [mention.start for mention in periods.find(line.text) if mention.start < found.start() < mention.end]
    begin = days[0] if days else found.start()  # "Date March 3, 2026": the month is no label
    label, value = line.text[:begin].strip().rstrip(":"), line.text[begin:].strip()
    if not _is_label(label) or not label[0].isupper() or _SENTENCE_END.search(label):
        return []
    if label.split()[-1].lower() in linking_words() or len(value.split()) > _MAX_VALUE_WORDS:
        return []
    if _OF_NAME.match(value):
        return []
    return [Pair(label, value, line.start, line.end)]


def _by_capital(line: Line) -> list[Pair]:
    """A label that begins with a capital and goes on in small letters, and a name behind it."""
    found = _CAPITAL.search(line.text)
    if found is None or not _is_short(line) or _SENTENCE_END.search(line.text):
        return []
    label, value = line.text[: found.start()].strip(), line.text[found.start() :].strip()
    if not _is_label(label) or not label[0].isupper() or len(value.split()) > _MAX_VALUE_WORDS:
        return []
    return [Pair(label, value, line.start, line.end)]


def _is_value_of(label: Line, rest: Sequence[Line]) -> bool:
    """Whether a line that may be a value is the label of the figure below it."""
    return bool(rest) and _is_label(label.text) and _FIGURE.match(rest[0].text.strip()) is not None


def _stacked(line: Line, after: Line) -> Pair | None:
    """A label with its value below."""
    label, value = line.text.strip().rstrip(":"), after.text.strip()
    if not _is_label(label) or _SENTENCE_END.search(line.text) or not label[0].isupper():
        return None
    if not _is_short(after) or len(value.split()) > _MAX_VALUE_WORDS or labels(value):
        return None
    figure = _FIGURE.match(value) or any(mention.start == 0 for mention in periods.find(value))
    if not figure and not is_known(label):
        alone = len(label.split()) <= _MAX_STACKED_WORDS and not _by_capital(line) and value[0].isupper()
        if not alone or _by_figure(after):
            return None
    return Pair(label, value, line.start, after.end)
