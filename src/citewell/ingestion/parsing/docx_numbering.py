"""The numbers that Word counts itself: "2.1", "(b)", "Article IV". They stand nowhere in the text of the file.

Source: ECMA-376 part 1, 17.9. A list (`w:num`) refers to an abstract one, which has up to nine levels; lists of the
same abstract one count on together, unless a list starts again by an override.
"""

from dataclasses import dataclass, field, replace

from lxml.etree import _Element as Element

from citewell.ingestion.parsing.list_numbers import written
from citewell.ingestion.parsing.ooxml import W

_LEVELS = 9
_DEEPEST = 10  # links from one list to another


@dataclass(frozen=True)
class Level:
    """`restart` is the number of levels that start it again (None: all above it)."""

    start: int = 1
    format: str = "decimal"
    text: str = ""
    restart: int | None = None
    separator: str = " "
    legal: bool = False
    style: str | None = None


@dataclass
class _List:
    abstract: str
    levels: list[Level]
    starts: dict[int, int] = field(default_factory=dict)  # overrides, by level


class Numbering:
    """Counts through the document: `label` must be called for each numbered paragraph in order."""

    def __init__(self, root: Element | None) -> None:
        self._abstracts: dict[str, list[Level]] = {}
        self._lists: dict[str, _List] = {}
        self._counts: dict[str, list[int | None]] = {}
        self._started: set[tuple[str, int]] = set()
        if root is not None:
            self._load(root)

    def _load(self, root: Element) -> None:
        elements = {element.get(f"{W}abstractNumId") or "": element for element in root.iterfind(f"{W}abstractNum")}
        nums = {element.get(f"{W}numId") or "": element for element in root.iterfind(f"{W}num")}
        by_style = {_value(element, "styleLink"): abstract for abstract, element in elements.items()}
        for abstract, element in elements.items():
            linked = _value(element, "numStyleLink")
            source = elements.get(by_style.get(linked, ""), element) if linked else element
            self._abstracts[abstract] = _levels(source)
        for num_id, element in nums.items():
            abstract = _value(element, "abstractNumId") or ""
            levels = list(self._abstracts.get(abstract) or [])
            made = _List(abstract, levels)
            for override in element.iterfind(f"{W}lvlOverride"):
                _override(made, override)
            self._lists[num_id] = made

    def level_of_style(self, num_id: str, style_id: str) -> int | None:
        """The level that a style stands for in a list, if it is one of its styles."""
        found = self._lists.get(num_id)
        levels = enumerate(found.levels) if found is not None else ()
        return next((number for number, level in levels if level.style == style_id), None)

    def label(self, num_id: str, ilvl: int) -> tuple[str, str] | None:
        """Count on; returns the paragraph's number or bullet and what stands behind it. None: no list, or no number."""
        found = self._lists.get(num_id)
        if found is None or ilvl >= len(found.levels):
            return None
        counts = self._counts.setdefault(found.abstract, [None] * _LEVELS)
        self._count(num_id, found, counts, ilvl)
        level = found.levels[ilvl]
        if level.format == "bullet":
            return "-", " "
        shown = level.text
        for other in range(_LEVELS):
            mark = f"%{other + 1}"
            if mark in shown and other < len(found.levels):
                count = counts[other]
                kind = "decimal" if level.legal and other < ilvl else found.levels[other].format
                shown = shown.replace(mark, written(found.levels[other].start if count is None else count, kind))
        return (shown.strip(), level.separator) if shown.strip() else None

    def _count(self, num_id: str, found: _List, counts: list[int | None], ilvl: int) -> None:
        level = found.levels[ilvl]
        restarts = ilvl in found.starts and (num_id, ilvl) not in self._started
        self._started.add((num_id, ilvl))
        before = counts[ilvl]
        if restarts:
            counts[ilvl] = found.starts[ilvl]
        else:
            counts[ilvl] = level.start if before is None else before + 1
        for below in range(ilvl + 1, min(len(found.levels), _LEVELS)):
            restart = found.levels[below].restart
            if restart is None or (restart > 0 and ilvl < restart):
                counts[below] = None


def _levels(abstract: Element) -> list[Level]:
    levels = [Level(text=f"%{number + 1}.") for number in range(_LEVELS)]
    for element in abstract.iterfind(f"{W}lvl"):
        number = _int(element.get(f"{W}ilvl"))
        if number is not None and number < _LEVELS:
            levels[number] = _level(element)
    return levels


def _level(element: Element) -> Level:
    start = _int(_value(element, "start"))
    suffix = _value(element, "suff")
    return Level(
        start=start if start is not None else 0,
        format=_format(element),
        text=_value(element, "lvlText") or "",
        restart=_int(_value(element, "lvlRestart")),
        separator="" if suffix == "nothing" else " ",
        legal=element.find(f"{W}isLgl") is not None,
        style=_value(element, "pStyle"),
    )


def _format(element: Element) -> str:
    """Newer formats stand in a choice, with an old one for programs that do not know them."""
    found = element.find(f"{W}numFmt")
    if found is None:
        found = next(element.iter(f"{W}numFmt"), None)
    if found is None:
        return "decimal"
    if found.get(f"{W}val") == "custom":
        sample = found.get(f"{W}format") or ""
        return "decimalZero" if sample.startswith("0") else "decimal"
    return found.get(f"{W}val") or "decimal"


def _override(made: _List, override: Element) -> None:
    number = _int(override.get(f"{W}ilvl"))
    if number is None or number >= len(made.levels):
        return
    level = override.find(f"{W}lvl")
    if level is not None:
        made.levels[number] = _level(level)
    start = _int(_value(override, "startOverride"))
    if start is not None:
        made.starts[number] = start
        made.levels[number] = replace(made.levels[number], start=start)


def _value(element: Element, name: str) -> str | None:
    found = element.find(f"{W}{name}")
    return found.get(f"{W}val") if found is not None else None


def _int(value: str | None) -> int | None:
    return int(value) if value and value.isascii() and value.isdigit() and len(value) < 10 else None
