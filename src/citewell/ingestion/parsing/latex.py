"""LaTeX sources: headings, paragraphs, lists, tables and code, without the commands that only shape the page."""

import re
from pathlib import Path

from citewell.ingestion.blocks import BlockType, Builder, ParsedDocument, table_text
from citewell.ingestion.parsing.limits import ParseLimits
from citewell.ingestion.parsing.text import read_text

_CODE_OR_COMMENT = re.compile(r"\\begin\{(verbatim|lstlisting|minted)\}|(?<!\\)%[^\n]*")
_PART = re.compile(
    r"\\(part|chapter|section|subsection|subsubsection|paragraph)\*?(?:\[[^\[\]\n]{0,300}\])?\{"
    r"|\\begin\{(tabular[xy*]?|longtable|verbatim|lstlisting|minted)\}"
    r"|\\(item)\b(?:\[([^\[\]\n]{0,200})\])?|(\n[ \t]*\n\s*)|\\(title|author|date|caption)\{"
    r"|\\(?:begin|end)\{(?:itemize|enumerate|description|document|abstract|quote|quotation)\}"
)
_BRACE = re.compile(r"\\[\\{}]|[{}]")
_DEEPEST = 20  # braces in an argument
_LONGEST_ARGUMENT = 5000  # characters
_MOST_ARGUMENTS = 4  # of a table
_LEVELS = {"part": 1, "chapter": 1, "section": 2, "subsection": 3, "subsubsection": 4, "paragraph": 5}
_CODE = ("verbatim", "lstlisting", "minted")
_CITED = re.compile(
    r"\\(?:[a-z]{0,20}cite[a-z]{0,20}|[a-zA-Z]{0,20}ref)\*?(?:\[[^\[\]\n]{0,200}\])*\{([^{}\n]{0,300})\}"
)
_DROPPED = re.compile(
    r"\\(?:label|usepackage|documentclass|bibliography(?:style)?|input|include|vspace|hspace|setlength|pagestyle|newcommand"
    r"|includegraphics|begin|end|centering|maketitle|tableofcontents|newpage|clearpage|noindent|toprule|midrule|bottomrule"
    r"|hline|cline|cmidrule)\b\*?(?:\([^()\n]{0,50}\))?(?:\[[^\[\]]{0,300}\])*(?:\{[^{}]{0,300}\})*"
)
_COMMAND = re.compile(r"\\[a-zA-Z]{1,40}\*?(?:\[[^\[\]\n]{0,200}\])?(?=\{)|\\[a-zA-Z]{1,40}\*?[ \t]?")
_FORMULA = re.compile(r"\$\$[^$]{1,5000}\$\$|(?<!\\)\$[^$\n]{1,2000}\$|\\\[[^\[\]]{1,2000}\\\]|\\\([^()]{1,2000}\\\)")
_SIGNS = {"~": " ", "\\,": " ", "\\ ": " ", "\\;": " ", "``": "“", "''": "”", "---": "—", "--": "–"}
_MARKED = re.compile(r"[\\$~{}`'\x00-]")
_ESCAPED = re.compile(r"\\([%&$#_{}])")
_ACCENTED = re.compile(r"""\\(["'`^~])\s?\{?([A-Za-z])\}?""")
_ACCENTS = {'"': "\u0308", "'": "\u0301", "`": "\u0300", "^": "\u0302", "~": "\u0303"}
_MULTICOLUMN = re.compile(r"\\multi(?:column|row)\{(\d{1,2})\}\{[^{}]{0,100}\}\{([^{}]{0,500})\}")


def parse_latex(path: Path, limits: ParseLimits) -> ParsedDocument:
    text = _without_comments(read_text(path, limits))
    preamble, begin, body = text.partition("\\begin{document}")
    builder = Builder()
    title = _titled(preamble) or _titled(body)
    if title:
        builder.add("title", title, level=1)
    _Writer(builder, body.partition("\\end{document}")[0] if begin else text).write()
    return builder.document(title=title or None)


def _without_comments(text: str) -> str:
    """Removes comments. In code, a percent sign begins none."""
    parts, at = [], 0
    while found := _CODE_OR_COMMENT.search(text, at):
        end = found.start()
        if name := found.group(1):
            end = text.find(f"\\end{{{name}}}", found.end())
            end = end if end >= 0 else len(text)
        parts.append(text[at:end])
        at = max(end, found.end())
    return "".join([*parts, text[at:]])


def _titled(text: str) -> str:
    found = re.search(r"\\title\s?\{", text)
    return _plain(_argument(text, found.end())[0]) if found else ""


class _Writer:
    def __init__(self, builder: Builder, text: str) -> None:
        self._builder = builder
        self._text = text
        self._kind: BlockType = "text"
        self._parts: list[str] = []

    def write(self) -> None:
        at = 0
        while found := _PART.search(self._text, at):
            self._parts.append(self._text[at : found.start()])
            at = found.end()
            heading, environment, item, label, _, named = found.groups()
            if heading or named or environment or item or not self._has_open_item():
                self._flush()
            if heading:
                name, at = _argument(self._text, at)
                self._builder.add("section_heading", _plain(name), level=_LEVELS[heading])
            elif named:
                name, at = _argument(self._text, at)
                if named != "title":
                    self._builder.add("text", _plain(name))
            elif environment:
                at = self._add_environment(environment, at)
            elif item:
                self._kind = "list"
                self._parts = [f"- {label} " if label else "- "]
        self._parts.append(self._text[at:])
        self._flush()

    def _has_open_item(self) -> bool:
        return self._kind == "list" and len(self._parts) < 5 and not "".join(self._parts).strip("- \n")

    def _flush(self) -> None:
        text = _plain("".join(self._parts))
        if text.strip("- "):
            self._builder.add(self._kind, text)
        self._kind, self._parts = "text", []

    def _add_environment(self, name: str, at: int) -> int:
        """Adds the table or code that begins here. Returns the place behind it."""
        end = self._text.find(f"\\end{{{name}}}", at)
        inside = self._text[at : end if end >= 0 else len(self._text)]
        if name in _CODE:
            self._builder.add("code", re.sub(r"\A(?:\[[^\]\n]*\])?(?:\{[^}\n]*\})?\n", "", inside))
        else:
            rows = _rows(inside)
            self._builder.add("table", table_text(rows), rows=rows)
        return end + len(f"\\end{{{name}}}") if end >= 0 else len(self._text)


def _argument(text: str, at: int) -> tuple[str, int]:
    """Returns the text of the argument whose brace opens before `at`, and the place behind its closing one."""
    depth = 1
    for found in _BRACE.finditer(text, at, at + _LONGEST_ARGUMENT):
        depth += {"{": 1, "}": -1}.get(found.group(), 0)
        if depth > _DEEPEST:
            break
        if depth == 0:
            return text[at : found.start()], found.end()
    return "", at


def _rows(text: str) -> list[list[str]]:
    """Returns the cells of a table; skips the arguments that format its columns."""
    for _ in range(_MOST_ARGUMENTS):
        opened = re.match(r"\s*(?:\[[^\]\n]*\])?\{", text)
        if opened is None:
            break
        text = text[_argument(text, opened.end())[1] :]
    rows = []
    for line in re.split(r"\\\\(?:\[[^\]\n]{0,50}\])?|\\tabularnewline\b", text):
        spread = _MULTICOLUMN.sub(_spread, line)
        cells = [_plain(cell) for cell in re.split(r"(?<!\\)&", spread)]
        if any(cells):
            rows.append(cells)
    return rows


def _spread(found: re.Match[str]) -> str:
    """Repeats a cell over several columns in each of them."""
    count = int(found.group(1)) if "column" in found.group()[:12] else 1
    return " & ".join([found.group(2)] * min(count, 50))


def _plain(text: str) -> str:
    """Returns the text as people read it. Formulas stay as they were written."""
    if not _MARKED.search(text):
        return " ".join(text.split())
    formulas: list[str] = []

    def kept(found: re.Match[str]) -> str:
        formulas.append(" ".join(found.group().split()))
        return f"\x00{len(formulas) - 1}\x00"

    text = _FORMULA.sub(kept, text.replace("\x00", ""))
    text = _ACCENTED.sub(lambda found: found.group(2) + _ACCENTS[found.group(1)], text.replace("\\ss", "ß"))
    text = _DROPPED.sub(" ", _CITED.sub(r"[\1]", text))
    for sign, written in _SIGNS.items():
        text = text.replace(sign, written)
    text = _COMMAND.sub("", text).replace("\\\\", " ")
    text = _ESCAPED.sub(r"\1", re.sub(r"(?<!\\)[{}]", "", text))
    text = re.sub("\x00(\\d+)\x00", lambda found: formulas[int(found.group(1))], text)
    return " ".join(text.split())
