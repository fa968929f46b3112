"""Formulas in MathML (HTML, EPUB, OpenDocument) as text in the notation of `omml.py`: "E = mc^2", "(a+b)/2"."""

from collections.abc import Callable

from lxml import etree
from lxml.etree import _Element as Element

from citewell.ingestion.parsing.omml import grouped, root, scripts

_DEEPEST = 60
_RELATIONS = ("=", "<", ">", "≤", "≥", "≠", "≈", "→", "⇒", "∈", ":=")
_SILENT = ("annotation", "annotation-xml", "mphantom")


def formula(element: Element, depth: int = 0) -> str:
    """The text of a formula, or of a part of one."""
    if depth > _DEEPEST:
        return "".join(element.itertext())
    name = etree.QName(element).localname
    if name in _SILENT:
        return ""
    words = " ".join((element.text or "").split())
    if name == "mo" and words in _RELATIONS:
        return f" {words} "
    parts = [formula(child, depth + 1) for child in element if isinstance(child.tag, str)]
    if name == "mspace":
        return " "
    if name in _FORMS and len(parts) >= _MIN_PARTS.get(name, 2):
        return _FORMS[name](parts)
    if name in ("mtr", "mlabeledtr"):
        return ", ".join(parts)
    tails = [" ".join((child.tail or "").split()) for child in element if isinstance(child.tag, str)]
    whole = words + "".join(f"{part} {tail}" if tail else part for part, tail in zip(parts, tails, strict=True))
    return f" {whole} " if name == "math" and depth else whole  # a formula in a formula


def formula_of(source: str) -> str:
    """The text of a formula in a page's source; what is no MathML gives its words."""
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True)
    tree = etree.fromstring(source.encode(), parser)
    return formula(tree) if tree is not None else ""


_FORMS: dict[str, Callable[[list[str]], str]] = {
    "mfrac": lambda parts: f"{grouped(parts[0])}/{grouped(parts[1])}",
    "msup": lambda parts: grouped(parts[0]) + scripts("", parts[1]),
    "mover": lambda parts: grouped(parts[0]) + scripts("", parts[1]),
    "msub": lambda parts: grouped(parts[0]) + scripts(parts[1], ""),
    "munder": lambda parts: grouped(parts[0]) + scripts(parts[1], ""),
    "msubsup": lambda parts: grouped(parts[0]) + scripts(parts[1], parts[2]),
    "munderover": lambda parts: grouped(parts[0]) + scripts(parts[1], parts[2]),
    "msqrt": lambda parts: root("", "".join(parts)),
    "mroot": lambda parts: root(parts[1], parts[0]),
    "mfenced": lambda parts: f"({', '.join(parts)})",
    "mtable": lambda parts: f"[{'; '.join(parts)}]",
}
_MIN_PARTS = {"msubsup": 3, "munderover": 3, "msqrt": 1, "mfenced": 1, "mtable": 1}
