"""The text of a Word paragraph as Word shows it, and what is anchored in it: notes, comments, drawings, page breaks."""

from dataclasses import dataclass, field

from lxml.etree import _Element as Element

from citewell.ingestion.parsing.docx_styles import Styles
from citewell.ingestion.parsing.omml import equation
from citewell.ingestion.parsing.ooxml import MC, M, W, is_on
from citewell.ingestion.parsing.powers import power
from citewell.ingestion.parsing.symbols import GREEK, PRIVATE, SIGNS

# Tracked changes are taken as accepted.
_LEFT_OUT = {
    f"{W}{name}"
    for name in ("pPr", "rPr", "del", "moveFrom", "delText", "instrText", "delInstrText", "sdtPr", "sdtEndPr", "rt")
}
_TEXTBOX = f"{W}txbxContent"
_FALLBACK = f"{MC}Fallback"


@dataclass
class Inline:
    """`breaks` are (offset, whether a page that was shown began there; else one that the author began).

    `notes` are (kind, id), kind "footnote" or "endnote"; `comments` are ids; `boxes` the text boxes.
    """

    text: str = ""
    breaks: list[tuple[int, bool]] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    boxes: list[Element] = field(default_factory=list)
    drawings: list[Element] = field(default_factory=list)


class InlineReader:
    def __init__(self, styles: Styles) -> None:
        self._styles = styles

    def read(self, paragraph: Element) -> Inline:
        return _Run(self._styles, paragraph).found


class _Run:
    """Walks one paragraph."""

    def __init__(self, styles: Styles, paragraph: Element) -> None:
        self.found = Inline()
        self._styles = styles
        self._parts: list[str] = []
        self._length = 0
        self._is_raised = self._begins_raised = False
        # For each open field: whether its result has begun. Before that comes the field's formula.
        self._fields: list[bool] = []
        self._hidden = styles.of_paragraph(paragraph.find(f"{W}pPr")).hidden
        self._walk(paragraph)
        self.found.text = "".join(self._parts)

    def _add(self, text: str) -> None:
        if all(self._fields):
            self._parts.append(text)
            self._length += len(text)

    def _walk(self, parent: Element) -> None:
        for element in parent:
            tag = element.tag
            if tag in _LEFT_OUT or not isinstance(tag, str):
                continue
            if tag == f"{W}r":
                self._run(element)
            elif tag == f"{M}oMath":
                self._add(_spaced(self._parts, equation(element)))
            elif tag == f"{MC}AlternateContent":
                self._walk(chosen(element))
            elif tag == f"{W}sdt":
                if not is_placeholder(element):
                    self._walk(element)
            elif tag == f"{W}commentReference":
                self.found.comments.append(element.get(f"{W}id") or "")
            elif tag not in (f"{W}p", f"{W}tbl"):
                self._walk(element)

    def _run(self, run: Element) -> None:
        hidden = self._is_hidden(run.find(f"{W}rPr"))
        position = run.find(f"{W}rPr/{W}vertAlign")
        raised = position is not None and position.get(f"{W}val") == "superscript"
        self._begins_raised, self._is_raised = raised and not self._is_raised, raised
        for element in run:
            if isinstance(element.tag, str) and element.tag not in _LEFT_OUT:
                self._piece(element, hidden)

    def _is_hidden(self, properties: Element | None) -> bool:
        if properties is None:
            return self._hidden
        vanish = properties.find(f"{W}vanish")
        if vanish is not None:
            return is_on(vanish)
        style = properties.find(f"{W}rStyle")
        return self._hidden or (style is not None and self._styles.style(style.get(f"{W}val") or "").hidden)

    def _piece(self, element: Element, hidden: bool) -> None:
        name = element.tag.rpartition("}")[2]
        if name == "lastRenderedPageBreak":
            self.found.breaks.append((self._length, True))
        elif name == "br" and element.get(f"{W}type") == "page":
            self.found.breaks.append((self._length, False))
            self._add("\n" if self._length else "")
        elif name == "fldChar":
            self._field(element)
        elif hidden:
            return
        elif name == "t":
            text = (element.text or "").replace("\xad", "").translate(PRIVATE)
            self._add(power(self._parts[-1] if self._parts else "", text) if self._begins_raised else text)
        elif name in ("tab", "ptab"):
            self._add("\t")
        elif name in ("br", "cr"):
            self._add("\n")
        elif name == "noBreakHyphen":
            self._add("-")
        elif name == "sym":
            self._add(_symbol(element))
        elif name in ("footnoteReference", "endnoteReference"):
            self.found.notes.append((name.removesuffix("Reference"), element.get(f"{W}id") or ""))
        elif name == "commentReference":
            self.found.comments.append(element.get(f"{W}id") or "")
        elif name in ("drawing", "pict", "object"):
            self._drawing(element)
        elif name == "AlternateContent":
            for inner in chosen(element):
                self._piece(inner, hidden)
        elif name in ("ruby", "rubyBase", "r"):
            self._walk(element)

    def _drawing(self, element: Element) -> None:
        self.found.drawings.append(element)
        self.found.boxes += [box for box in element.iter(_TEXTBOX) if not _is_within(box, element)]

    def _field(self, element: Element) -> None:
        kind = element.get(f"{W}fldCharType")
        if kind == "begin":
            self._add(_form_field(element))
            self._fields.append(False)
        elif kind == "separate" and self._fields:
            self._fields[-1] = True
        elif kind == "end" and self._fields:
            self._fields.pop()


def chosen(alternatives: Element) -> Element:
    """Returns the alternative that newer programs show; the fallback is for programs that do not know it."""
    for element in alternatives:
        if element.tag == f"{MC}Choice":
            return element
    fallback = alternatives.find(_FALLBACK)
    return fallback if fallback is not None else alternatives


def is_placeholder(control: Element) -> bool:
    """Whether a content control shows only what to enter ("Click here to enter text")."""
    return is_on(control.find(f"{W}sdtPr/{W}showingPlcHdr"))


def _is_within(box: Element, outer: Element) -> bool:
    """True for a box in another one, and for one that stands there for old programs only."""
    for above in box.iterancestors():
        if above is outer:
            return False
        if above.tag == _TEXTBOX or (above.tag == _FALLBACK and above.getparent().find(f"{MC}Choice") is not None):
            return True
    return False


def _symbol(element: Element) -> str:
    try:
        code = int(element.get(f"{W}char") or "", 16)
    except ValueError:
        return ""
    font = (element.get(f"{W}font") or "").lower()
    if 0xF000 <= code <= 0xF0FF:
        code -= 0xF000
        if font == "symbol":
            return GREEK.get(chr(code), chr(code) if 32 <= code < 127 else SIGNS.get(code, ""))
        if "wingdings" in font or "webdings" in font:
            return SIGNS.get(code, "•")
    return chr(code) if code >= 32 else ""


def _form_field(element: Element) -> str:
    """Returns what an old form field shows: a ticked or an empty box, or the chosen entry of a list."""
    box = element.find(f"{W}ffData/{W}checkBox")
    if box is not None:
        state = box.find(f"{W}checked")
        return "☒" if is_on(state if state is not None else box.find(f"{W}default")) else "☐"
    choices = element.find(f"{W}ffData/{W}ddList")
    if choices is not None:
        entries = [entry.get(f"{W}val") or "" for entry in choices.iterfind(f"{W}listEntry")]
        result = choices.find(f"{W}result")
        index = (result.get(f"{W}val") or "0") if result is not None else "0"
        return entries[int(index)] if index.isdigit() and int(index) < len(entries) else ""
    return ""


def _spaced(before: list[str], text: str) -> str:
    """An equation is set off from the words before it."""
    return f" {text}" if before and before[-1][-1:].isalnum() and text[:1].isalnum() else text
