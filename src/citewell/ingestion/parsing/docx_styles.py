"""Styles of a Word file, with what they take over from the styles that they are based on."""

import re
from dataclasses import dataclass

from lxml.etree import _Element as Element

from citewell.ingestion.parsing.ooxml import W, is_on

_HEADING = re.compile(
    r"(?:heading|überschrift|titre|título|titolo|kop|rubrik|nagłówek|nadpis|заголовок|otsikko|overskrift|cím(?:sor)?|"
    r"başlık|標題|标题|見出し)\s*(\d)(?!\d)",
    re.IGNORECASE,
)
_TITLES = ("title", "titel", "titre", "título", "titolo", "название", "標題", "表題", "标题")
_LIST = re.compile(r"(?:list bullet|list number|listbullet|listnumber|aufzählung|liste à puces)", re.IGNORECASE)
_DEEPEST = 20  # styles that one may be based on, each on the next


@dataclass(frozen=True)
class Style:
    """`level` is 0 for a title and 1 to 9 for headings. `num_id` is that of a numbering, and `ilvl` its level."""

    style_id: str
    level: int | None = None
    hidden: bool = False
    num_id: str | None = None
    ilvl: int | None = None
    is_list: bool = False
    page_break_before: bool = False


_PLAIN = Style("")


class Styles:
    def __init__(self, root: Element | None) -> None:
        elements = root.iterfind(f"{W}style") if root is not None else ()
        self._elements = {element.get(f"{W}styleId") or "": element for element in elements}
        self._known: dict[str, Style] = {}
        self._default = next(
            (
                style_id
                for style_id, element in self._elements.items()
                if element.get(f"{W}type") == "paragraph" and element.get(f"{W}default") in ("1", "true", "on")
            ),
            "",
        )

    def of_paragraph(self, properties: Element | None) -> Style:
        named = properties.find(f"{W}pStyle") if properties is not None else None
        return self.style((named.get(f"{W}val") or "") if named is not None else self._default)

    def style(self, style_id: str) -> Style:
        if style_id not in self._known:
            self._known[style_id] = self._made(style_id, 0)
        return self._known[style_id]

    def _made(self, style_id: str, depth: int) -> Style:
        element = self._elements.get(style_id)
        if element is None:
            # A file may use Word's own styles without defining them.
            return Style(style_id, level_by_name(style_id)) if style_id else _PLAIN
        based = element.find(f"{W}basedOn")
        parent = self._made(based.get(f"{W}val") or "", depth + 1) if based is not None and depth < _DEEPEST else _PLAIN
        name = element.find(f"{W}name")
        called = (name.get(f"{W}val") or "") if name is not None else ""
        properties = element.find(f"{W}pPr")
        level = level_by_name(called)
        if level is None:
            level = level_by_name(style_id)
        outline = outline_level(properties)
        if level is None:
            level = parent.level if outline is None else outline if 0 < outline < 10 else None
        num_id, ilvl = numbering_of(properties)
        vanish = element.find(f"{W}rPr/{W}vanish")
        breaks = properties.find(f"{W}pageBreakBefore") if properties is not None else None
        return Style(
            style_id=style_id,
            level=level,
            hidden=parent.hidden if vanish is None else is_on(vanish),
            num_id=parent.num_id if num_id is None else num_id,
            ilvl=parent.ilvl if ilvl is None else ilvl,
            is_list=parent.is_list or bool(_LIST.match(called) or _LIST.match(style_id)),
            page_break_before=parent.page_break_before if breaks is None else is_on(breaks),
        )


def outline_level(properties: Element | None) -> int | None:
    """1 to 9 for headings, 10 for body text, None where nothing is said."""
    outline = properties.find(f"{W}outlineLvl") if properties is not None else None
    value = outline.get(f"{W}val", "") if outline is not None else ""
    return min(int(value) + 1, 10) if value.isascii() and value.isdigit() else None


def numbering_of(properties: Element | None) -> tuple[str | None, int | None]:
    """The id of a numbering and the level in it, each None where nothing is said."""
    numbering = properties.find(f"{W}numPr") if properties is not None else None
    if numbering is None:
        return None, None
    num_id, ilvl = numbering.find(f"{W}numId"), numbering.find(f"{W}ilvl")
    level = ilvl.get(f"{W}val", "") if ilvl is not None else ""
    return (
        num_id.get(f"{W}val") if num_id is not None else None,
        min(int(level), 8) if level.isascii() and level.isdigit() else None,
    )


def level_by_name(name: str) -> int | None:
    if name.lower() in _TITLES:
        return 0
    found = _HEADING.match(name)
    return int(found.group(1)) if found else None
