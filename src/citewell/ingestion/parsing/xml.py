"""XML of any kind: data become lines `name: value` and tables like JSON, texts become headings and paragraphs."""

from collections.abc import Container, Iterator
from pathlib import Path
from typing import Any

from lxml import etree
from lxml.etree import _Element as Element

from citewell.ingestion.blocks import BlockType, Builder, ParsedDocument, table_text
from citewell.ingestion.parsing.json import ValueWriter
from citewell.ingestion.parsing.limits import ParseLimits
from citewell.ingestion.parsing.text import add_paragraphs, read_text

# Names of DocBook, DITA, JATS and TEI.
_PARAGRAPHS = {"p", "para", "simpara"}
_TITLES = {"title", "head", "subtitle", "article-title"}
_CAPTIONS = {*_TITLES, "caption"}
_TABLES = {"table", "informaltable", "simpletable"}
_ROWS, _CELLS = {"tr", "row", "strow", "sthead"}, {"td", "th", "entry", "cell", "stentry"}
_KINDS: dict[str, BlockType] = {
    "li": "list", "listitem": "list", "item": "list", "list-item": "list",
    "programlisting": "code", "screen": "code", "codeblock": "code", "pre": "code", "code": "code",
}  # fmt: skip
_SHOWN_IN_DRAWINGS = {"title", "desc", "text"}
_MOSTLY = 0.25  # of the elements without children, as many are paragraphs
_HIGHEST, _DEEPEST = 1, 6  # levels of headings


def parse_xml(path: Path, limits: ParseLimits) -> ParsedDocument:
    text = read_text(path, limits)
    builder = Builder()
    try:
        root = _root(text)
    except etree.XMLSyntaxError:
        # Its words can be found nevertheless.
        add_paragraphs(builder, text)
        return builder.document()
    if _name(root) == "svg":
        for element in _outermost(root, _SHOWN_IN_DRAWINGS):
            builder.add("text", _text(element))
    elif _is_prose(root):
        _add_prose(builder, root, _HIGHEST)
    else:
        ValueWriter(builder, limits).add(_value(root), _HIGHEST)
    return builder.document()


def _root(text: str) -> Element:
    """Parses the text. libxml2 refuses elements that are nested more than 256 deep, and entities are not expanded."""
    declaration = text.find("?>") + 2 if text.lstrip().startswith("<?xml") else 0
    parser = etree.XMLParser(
        encoding="utf-8", resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True
    )
    return etree.fromstring(text[declaration:].strip().encode(), parser)


def _elements(root: Element) -> Iterator[Element]:
    return (element for element in root.iter() if isinstance(element.tag, str))


def _outermost(root: Element, names: Container[str]) -> Iterator[Element]:
    """Yields the elements with these names that are not inside another one of them."""
    for child in _children(root):
        if _name(child) in names:
            yield child
        else:
            yield from _outermost(child, names)


def _children(element: Element) -> list[Element]:
    return [child for child in element if isinstance(child.tag, str)]


def _name(element: Element) -> str:
    return str(etree.QName(element).localname)


def _text(element: Element) -> str:
    return " ".join("".join(map(str, element.itertext())).split())


def _is_mixed(element: Element) -> bool:
    """Whether text stands between the children of an element."""
    children = _children(element)
    return bool(children) and any((text or "").strip() for text in (element.text, *(child.tail for child in children)))


def _is_prose(root: Element) -> bool:
    """Whether it is a text with paragraphs rather than data, of which some may be marked up."""
    leaves = sum(not len(element) for element in _elements(root))
    texts = sum(_name(element) in _PARAGRAPHS or _is_mixed(element) for element in _elements(root))
    return texts > _MOSTLY * leaves


def _add_prose(builder: Builder, element: Element, level: int) -> None:
    name, children = _name(element), _children(element)
    if name in _TITLES:
        kind: BlockType = "section_heading" if builder.blocks else "title"
        builder.add(kind, _text(element), level=min(max(level - 1, _HIGHEST), _DEEPEST))
    elif name in _TABLES and (rows := _rows(element)):
        for caption in _captions(element):
            builder.add("text", _text(caption))
        builder.add("table", table_text(rows), rows=rows)
    elif name in _KINDS and (kind := _KINDS[name]) == "code":
        builder.add(kind, "".join(map(str, element.itertext())))
    elif not children or name in _PARAGRAPHS or _is_mixed(element) or name in _KINDS:
        builder.add(_KINDS.get(name, "text"), _text(element))
    else:
        deeper = level + any(_name(child) in _TITLES for child in children)
        for child in children:
            _add_prose(builder, child, deeper)


def _rows(table: Element) -> list[list[str]]:
    """Returns the cells of a table; [] if it has none, or another table is in it."""
    if any(_name(inner) in _TABLES for inner in table.iterdescendants(etree.Element)):
        return []
    rows = ([_text(cell) for cell in _outermost(row, _CELLS)] for row in _outermost(table, _ROWS))
    return [row for row in rows if any(row)]


def _captions(table: Element) -> Iterator[Element]:
    """Yields the captions of a table, which are outside its rows."""
    return (part for part in _outermost(table, _CAPTIONS | _ROWS) if _name(part) in _CAPTIONS)


def _value(element: Element) -> Any:
    """Returns an element as JSON: its text, or an object of its attributes and children.

    A name that is repeated has a list. An object that would hold nothing but one list is returned as that list.
    """
    children = [] if _is_mixed(element) else _children(element)
    attributes = {etree.QName(name).localname: str(value) for name, value in element.attrib.items()}
    if not children:
        text = _text(element)
        if not text:
            return attributes or ""
        named = ", ".join(f"{name}: {value}" for name, value in attributes.items())
        return f"{text} ({named})" if named else text
    found: dict[str, list[Any]] = {name: [value] for name, value in attributes.items()}
    for child in children:
        found.setdefault(_name(child), []).append(_value(child))
    values = {name: several[0] if len(several) == 1 else several for name, several in found.items()}
    only = next(iter(values.values()))
    return only if len(values) == 1 and isinstance(only, list) else values
