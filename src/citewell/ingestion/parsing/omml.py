"""Equations of Office (OMML) as text that can be searched and read: "(a+b)/2", "x^2", "√(y)", "∑_(i=1)^n x_i".

The notation is the linear format of Unicode Technical Note 28, which Office itself accepts.
"""

from collections.abc import Callable

from lxml.etree import _Element as Element

from citewell.ingestion.parsing.ooxml import M, W

_DEEPEST = 60


def equation(element: Element, depth: int = 0) -> str:
    """The text of an equation, or of a part of one."""
    if depth > _DEEPEST:
        return "".join(element.itertext())
    return "".join(_part(child, depth + 1) for child in element)


def _part(element: Element, depth: int) -> str:
    if not isinstance(element.tag, str):
        return ""
    if element.tag in (f"{M}t", f"{W}t"):
        return element.text or ""
    if element.tag.startswith(M):
        name = element.tag[len(M) :]
        if name.endswith("Pr"):
            return ""
        if name in _FORMS:
            return _FORMS[name](element, depth)
    elif element.tag in (f"{W}rPr", f"{W}del", f"{W}pPr"):
        return ""
    return equation(element, depth)


def _child(element: Element, name: str, depth: int) -> str:
    found = element.find(f"{M}{name}")
    return equation(found, depth).strip() if found is not None else ""


def _sign(element: Element, properties: str, name: str, default: str) -> str:
    found = element.find(f"{M}{properties}/{M}{name}")
    return default if found is None else found.get(f"{M}val") or ""


def grouped(text: str) -> str:
    """Returns the text in brackets unless it is a single item."""
    return text if text.isalnum() or len(text) <= 1 or _is_bracketed(text) else f"({text})"


def _is_bracketed(text: str) -> bool:
    if not (text.startswith("(") and text.endswith(")")):
        return False
    open_brackets = 0
    for place, char in enumerate(text):
        open_brackets += (char == "(") - (char == ")")
        if open_brackets == 0 and place < len(text) - 1:
            return False
    return True


def scripts(below: str, above: str) -> str:
    """Returns subscript and superscript as they follow their base: "_(i=1)^n"."""
    return (f"_{grouped(below)}" if below else "") + (f"^{grouped(above)}" if above else "")


def root(degree: str, inner: str) -> str:
    sign = {"": "√", "3": "∛", "4": "∜"}.get(degree)
    return f"{sign}{grouped(inner)}" if sign else f"√({degree}&{grouped(inner)})"


def _fraction(element: Element, depth: int) -> str:
    return f"{grouped(_child(element, 'num', depth))}/{grouped(_child(element, 'den', depth))}"


def _scripts(element: Element, depth: int) -> str:
    base = grouped(_child(element, "e", depth))
    return base + scripts(_child(element, "sub", depth), _child(element, "sup", depth))


def _root(element: Element, depth: int) -> str:
    return root(_child(element, "deg", depth), _child(element, "e", depth))


def _nary(element: Element, depth: int) -> str:
    limits = scripts(_child(element, "sub", depth), _child(element, "sup", depth))
    return f"{_sign(element, 'naryPr', 'chr', '∫')}{limits} {_child(element, 'e', depth)}"


def _delimited(element: Element, depth: int) -> str:
    begin, end = _sign(element, "dPr", "begChr", "("), _sign(element, "dPr", "endChr", ")")
    separator = _sign(element, "dPr", "sepChr", "|")
    return begin + separator.join(equation(part, depth).strip() for part in element.iterfind(f"{M}e")) + end


def _function(element: Element, depth: int) -> str:
    return f"{_child(element, 'fName', depth)} {_child(element, 'e', depth)}"


def _limit(element: Element, depth: int) -> str:
    sign = "_" if element.tag == f"{M}limLow" else "^"
    return f"{_child(element, 'e', depth)}{sign}{grouped(_child(element, 'lim', depth))}"


def _matrix(element: Element, depth: int) -> str:
    rows = (
        ", ".join(equation(cell, depth).strip() for cell in row.iterfind(f"{M}e")) for row in element.iterfind(f"{M}mr")
    )
    return f"[{'; '.join(rows)}]"


def _array(element: Element, depth: int) -> str:
    return "\n".join(equation(line, depth).strip() for line in element.iterfind(f"{M}e"))


def _accent(element: Element, depth: int) -> str:
    return f"{_child(element, 'e', depth)}{_sign(element, 'accPr', 'chr', chr(0x302))}"


_FORMS: dict[str, Callable[[Element, int], str]] = {
    "f": _fraction,
    "sSup": _scripts,
    "sSub": _scripts,
    "sSubSup": _scripts,
    "sPre": _scripts,
    "rad": _root,
    "nary": _nary,
    "d": _delimited,
    "func": _function,
    "limLow": _limit,
    "limUpp": _limit,
    "m": _matrix,
    "eqArr": _array,
    "acc": _accent,
}
