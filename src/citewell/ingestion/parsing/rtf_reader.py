"""RTF as a stream of control words. Source: Rich Text Format Specification 1.9.1, and [MS-OXRTFEX] for mail.

Read by hand: LibreOffice takes the letters of footnotes for Western ones, and takes seconds to start.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from citewell.ingestion.charset import decode_as
from citewell.ingestion.parsing.powers import power
from citewell.ingestion.parsing.rtf_tables import CellFormat
from citewell.ingestion.parsing.symbols import PRIVATE

_TOKEN = re.compile(
    rb"\\([a-zA-Z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-fA-F]{2})|\\([^a-zA-Z'])|([{}])|[\r\n]+|([^\\{}\r\n]+)", re.DOTALL
)
_CODE_PAGES = {
    77: "mac-roman", 128: "cp932", 129: "cp949", 134: "gb18030", 136: "big5", 161: "cp1253", 162: "cp1254",
    163: "cp1258", 177: "cp1255", 178: "cp1256", 186: "cp1257", 204: "cp1251", 222: "cp874", 238: "cp1250",
    254: "cp437", 255: "cp850",
}  # fmt: skip
_SIGNS = {
    "emdash": "—", "endash": "–", "bullet": "•", "lquote": "‘", "rquote": "’", "ldblquote": "“", "rdblquote": "”",
    "tab": "\t", "line": "\n", "emspace": " ", "enspace": " ", "qmspace": " ", "lbr": "\n", "nestcell": " ",
}  # fmt: skip
_ESCAPED = {b"~": "\xa0", b"_": "-", b"\\": "\\", b"{": "{", b"}": "}"}
_SKIPPED = {
    "fonttbl", "colortbl", "stylesheet", "pict", "themedata", "colorschememapping", "datastore", "latentstyles",
    "listtable", "listoverridetable", "rsidtbl", "generator", "xmlnstbl", "fldinst", "bkmkstart", "bkmkend", "info",
    "nonshppict", "shprslt", "objdata", "objclass", "revtbl", "filetbl", "pnseclvl", "pgptbl", "atnid", "atndate",
    "atnref", "atrfstart", "atrfend", "mmathPr", "xe", "tc", "atnicn", "sp", "userprops", "docvar", "upr", "private",
}  # fmt: skip
_ASIDES = {
    "footnote": "footnote", "annotation": "comment", "atnauthor": "author", "header": "header", "headerl": "header",
    "headerr": "header", "headerf": "header", "footer": "footer", "footerl": "footer", "footerr": "footer",
    "footerf": "footer",
}  # fmt: skip
_KEPT_OPTIONAL = {"shpinst", "shptxt", "htmltag", "atnauthor", "annotation", "listtext", "shppict", "ud", "footnote"}
_SECTIONS = {"sbknone", "sbkcol", "sbkpage", "sbkodd", "sbkeven"}
_BREAK = re.compile(rb"\\(?:page|softpage|pagebb|sect)(?![a-z])")
_MOST_CELLS = 500  # of a row
_DEEPEST = 2000


@dataclass
class State:
    """The state of the open group. `target` says where its text goes; "" is the document."""

    target: str = ""
    font: int = -1
    code_page: str = ""
    unicode_skip: int = 1
    hidden: bool = False
    in_table: bool = False
    style: int = 0
    outline: int | None = None
    breaks_before: bool = False
    raised: bool = False


@dataclass
class Event:
    """`kind`: text (of a target), par, cell, row, page, softpage (where its program filled one), sect (the end of a
    section), end (of an aside)."""

    kind: str
    text: str = ""
    state: State = field(default_factory=State)


class RtfReader:
    """Reads one document. Fonts, styles and cell formats are those seen so far."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._default = "cp1252"
        self.fonts: dict[int, str] = {}
        self.styles: dict[int, str] = {}
        self.is_html = b"\\fromhtml" in data[:4096]
        self.has_breaks = _BREAK.search(data) is not None
        self.has_soft_breaks = b"\\softpage" in data
        self.cell_formats: list[CellFormat] = []  # of the row that was defined last
        self._follows_above = False
        self.section = "page"  # how the section begins: none, col, page, odd, even
        self.is_text = b"\\fromtext" in data[:4096]
        self._state = State()
        self._outer: list[State] = []  # of the groups around the open one
        self._begins_group = False  # nothing but `\\*` stands between the last brace and the next token
        self._is_optional = False  # the group begins with `\\*`: readers that do not know its word skip it
        self._replacements = 0  # characters to skip: they stand for one of Unicode, for old programs
        self._style_name: list[str] = []
        self._pending = b""  # a character may be spread over several tokens
        self._page = "cp1252"
        self._high = 0
        self._last = ""  # the last character of the paragraph so far
        self._was_raised = False  # the text that it ends

    def events(self) -> Iterator[Event]:
        """Yields the events in the order of the file."""
        place = 0
        while place < len(self._data):
            found = _TOKEN.match(self._data, place)
            if found is None:
                place += 1
                continue
            place = found.end()
            word, number, code, sign, brace, text = found.groups()
            if code is not None or text is not None:
                yield from self._read_bytes(bytes.fromhex(code.decode()) if code is not None else text)
                continue
            yield from self._flush()
            if brace == b"{":
                self._begin_group()
            elif brace == b"}":
                yield from self._end_group()
            elif sign is not None:
                yield from self._read_sign(sign)
            elif word is not None:
                name, value = word.decode(), int(number) if number is not None else None
                if name == "bin":
                    place += max(value or 0, 0)
                    self._begins_group = self._is_optional = False
                else:
                    yield from self._read_word(name, value)
        yield from self._flush()
        yield Event("par", "", State())

    def _read_bytes(self, piece: bytes) -> Iterator[Event]:
        if self._replacements:
            piece, self._replacements = piece[self._replacements :], max(self._replacements - len(piece), 0)
        self._begins_group = self._is_optional = False
        if not piece:
            return
        page = self._state.code_page or self._default
        if self._pending and page != self._page:
            yield from self._flush()
        self._page = page
        self._pending += piece

    def _begin_group(self) -> None:
        if len(self._outer) < _DEEPEST:
            self._outer.append(replace(self._state))
        self._begins_group, self._replacements = True, 0

    def _end_group(self) -> Iterator[Event]:
        ended, self._state = self._state, self._outer.pop() if self._outer else State()
        self._begins_group, self._is_optional, self._replacements = False, False, 0
        if ended.target == "styles":
            self._end_style(ended)
        if ended.target != self._state.target and ended.target not in ("skip", "fonts", "styles"):
            yield Event("end", ended.target, ended)

    def _read_sign(self, sign: bytes) -> Iterator[Event]:
        if sign == b"*" and self._begins_group:
            self._is_optional = True
            return
        self._begins_group = self._is_optional = False
        if sign in (b"\n", b"\r"):
            yield Event("par", "", self._state)
        elif sign in _ESCAPED:
            yield from self._text(_ESCAPED[sign])

    def _read_word(self, name: str, value: int | None) -> Iterator[Event]:
        is_aside = name in _SKIPPED or name in _ASIDES or (self._is_optional and name not in _KEPT_OPTIONAL)
        opens_aside = self._begins_group and is_aside
        self._begins_group = self._is_optional = False
        if name == "u" and value is not None:
            yield from self._text(self._character(value % 65536))
            self._replacements = self._state.unicode_skip
        elif opens_aside:
            self._open(name)
        else:
            yield from self._word(name, value)

    def _character(self, code: int) -> str:
        """The character of a number in UTF-16. Those beyond the basic plane have two, of which the first gives none."""
        high, self._high = self._high, code if 0xD800 <= code < 0xDC00 else 0
        if 0xDC00 <= code < 0xE000:
            return chr(0x10000 + ((high - 0xD800) << 10) + code - 0xDC00) if high else ""
        return "" if self._high else chr(code)

    def _open(self, name: str) -> None:
        """Sets the target of a group whose text is not part of the document."""
        state = self._state
        if state.target in ("skip", "fonts", "styles"):
            return
        self._last = ""
        if name in ("fonttbl", "stylesheet"):
            state.target = "fonts" if name == "fonttbl" else "styles"
        else:
            state.target = _ASIDES.get(name, "skip")

    def _word(self, name: str, value: int | None) -> Iterator[Event]:
        """Reads a word that is text, or belongs to a paragraph, a row or a section."""
        state = self._state
        if name in _SIGNS:
            yield from self._text(_SIGNS[name])
        elif name in ("par", "cell", "row", "page", "softpage", "sect"):
            self._last = ""
            yield Event(name, "", replace(state))
        elif name == "pard":
            state.in_table, state.style, state.outline, state.breaks_before = False, 0, None, False
        elif name == "pagebb":
            state.breaks_before = value != 0
        elif name == "sectd":
            self.section = "page"
        elif name == "trowd":
            self.cell_formats, self._follows_above = [], False
        elif name == "clvmrg":
            self._follows_above = True
        elif name == "cellx":
            if len(self.cell_formats) < _MOST_CELLS:
                self.cell_formats.append(CellFormat(value or 0, self._follows_above))
            self._follows_above = False
        elif name in _SECTIONS:
            self.section = name.removeprefix("sbk")
        elif name == "intbl":
            state.in_table = True
        elif name == "s" and value is not None:
            state.style = value
        elif name == "outlinelevel" and value is not None:
            state.outline = value
        else:
            self._format(name, value)

    def _format(self, name: str, value: int | None) -> None:
        """Reads a word that says how the bytes after it are decoded, or whether they are shown."""
        state = self._state
        if name == "f" and value is not None:
            state.font = value
            if state.target != "fonts":
                state.code_page = self.fonts.get(value, "")
        elif name == "fcharset" and value is not None and state.target == "fonts":
            self.fonts[state.font] = _CODE_PAGES.get(value, "")
        elif name == "ansicpg" and value:
            self._default = f"cp{value}" if value != 65001 else "utf-8"
        elif name in ("mac", "pc", "pca"):
            self._default = {"mac": "mac-roman", "pc": "cp437", "pca": "cp850"}[name]
        elif name == "uc" and value is not None:
            state.unicode_skip = min(value, 10)
        elif name in ("v", "deleted", "htmlrtf"):
            state.hidden = value != 0
        elif name == "super":
            state.raised = value != 0
        elif name in ("sub", "nosupersub"):
            state.raised = False
        elif name == "plain":
            state.hidden = state.raised = False
        elif name == "ftnalt" and state.target == "footnote":
            state.target = "endnote"

    def _flush(self) -> Iterator[Event]:
        """Decodes the bytes that were held back."""
        if self._pending:
            data, self._pending = self._pending, b""
            decoded = decode_as(data, self._page)
            yield from self._text(data.decode("cp1252", "replace") if decoded is None else decoded)

    def _text(self, text: str) -> Iterator[Event]:
        state = self._state
        if state.target == "styles":
            self._style_name.append(text)
        elif state.target not in ("skip", "fonts") and not state.hidden:
            text = text.translate(PRIVATE)
            shown = power(self._last, text) if state.raised and not self._was_raised else text
            self._last, self._was_raised = text[-1:], state.raised
            yield Event("text", shown, replace(state))

    def _end_style(self, ended: State) -> None:
        name = "".join(self._style_name).strip().rstrip(";")
        self._style_name.clear()
        if name:
            self.styles.setdefault(ended.style, name)
