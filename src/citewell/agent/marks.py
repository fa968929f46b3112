"""Rewrites citation marks in other spellings to `[[c1|words]]` or `[c1]`, while the answer streams.

Models put the label into other brackets (`(c1)`, `〔c1〕`, `{{c1|words}}`), after a word (`[cite: 1]`, `Source: c1`),
before a page (`[c1, p. 3]`), into a tag (`<sup>1</sup>`) or a superscript, and escape brackets as in Markdown.
`citations` and `proofreading` then check what a mark cites. Code passes unchanged.
"""

import re

from citewell.agent.citations import expand_labels
from citewell.agent.sources import Sources

_WORDS = (
    "source", "sources", "chunk", "label", "doc", "document", "ref", "refs", "reference", "cite", "citation",
    "passage", "quelle", "quellen", "fuente", "fonte",
)  # fmt: skip
_BEFORE = ("see", "cf", "vgl", "siehe", "per")  # inside round brackets
_ASIDE = f"(?:{'|'.join(_BEFORE)})"
_SPACE = r"[^\S\n]{0,3}"
_MORE = r"(?:[^\S\n]{0,3}[-–—,;&][^\S\n]{0,3}(?:[cC]|chunk[^\S\n])?\d{1,4}){0,7}"
_LABELS = rf"[cC]\d{{1,4}}{_MORE}"
_NUMBERS = rf"[cC]?\d{{1,4}}{_MORE}"
_WORD = rf"(?:{'|'.join(sorted(_WORDS, key=len, reverse=True))})"
_NAMED = rf"(?:{_WORD}(?:(?:[^\S\n]|[:._#=-]){{1,3}}|(?=\d)))"
_PAGE = (
    r"(?:[^\S\n]{0,2}[,;:]?[^\S\n]{0,2}(?:pp?\.?[^\S\n]?\d|pages?|S\.|Seiten?|lines?|L\d|§|sec|chunk|table|†)"
    r"[^\]\[\n)）】〕〗］⟧}>|｜]{0,60})"
)
_CLOSING = {"[[": "]]", "[": "]", "【": "】", "〔": "〕", "〖": "〗", "［［": "］］", "［": "］", "⟦": "⟧", "{{": "}}"}
_OPEN = r"\\\[\\\[|\[\[|［［|\{\{|[\[【〔〖［⟦]"
# A label with the words behind it. The canonical form is one of these, and passes.
_HEAD = re.compile(
    rf"(?P<open>{_OPEN})[^\S\n]{{0,8}}(?:{_NAMED})?(?P<labels>{_NUMBERS})[^\S\n]{{0,8}}"
    r"(?P<sep>\]?\\?\||｜|\]\[(?=[\"“]|[^\W\d_][^\]\d])|[:,：，][^\S\n]{0,3}(?=[\"“„「«‘']))",
    re.IGNORECASE,
)
_COLON_HEAD = re.compile(
    rf"(?P<open>\[\[)[^\S\n]{{0,8}}(?:{_NAMED})?(?P<labels>{_LABELS})(?P<sep>[^\S\n]?[:：]\s)", re.IGNORECASE
)
_PART_OF_LABELS = r"[^\S\n]{0,3}\[?[cC]?\d{0,4}[\d\s,;&–—cC-]{0,60}\]?[^\S\n]{0,3}"
# A label without words: the characters with which it begins, the pattern, and whether the mark must be in no source.
_LETTERS = "".join(sorted({one for word in _WORDS for one in (word[0], word[0].upper())}))
_FORMS = (
    ("[", r"\[cite_start\]", False),
    ("\ue200", r"\ue200[^\ue201\n]{0,200}\ue201", False),
    ("[", rf"\[\[[^\S\n]{{0,8}}(?:{_NAMED})?({_NUMBERS})[^\S\n]{{0,8}}\]\]", False),
    ("[", rf"\[\^?{_SPACE}(?:{_NAMED})({_NUMBERS}){_PAGE}?{_SPACE}\]", False),
    ("[", rf"\[\^?{_SPACE}({_NUMBERS}){_PAGE}{_SPACE}\]", False),
    ("\\", rf"\\\[({_LABELS})\\\]", False),
    ("【〔〖［⟦", rf"[【〔〖［⟦]{_SPACE}(?:{_NAMED})?({_LABELS}){_PAGE}?{_SPACE}[】〕〗］⟧]", False),
    ("〔〖［⟦", rf"[〔〖［⟦]{_SPACE}(?:{_NAMED})?(\d{{1,2}}){_PAGE}?{_SPACE}[〕〗］⟧]", True),
    ("{", rf"\{{{{?{_SPACE}({_LABELS}){_SPACE}\}}}}?", False),
    ("(（", rf"[(（]{_SPACE}(?:{_ASIDE}\.?[^\S\n]{{1,3}})?(?:{_NAMED})?\[?({_LABELS})\]?{_PAGE}?{_SPACE}[)）]", True),
    ("(（", rf"[(（]{_SPACE}{_NAMED}({_NUMBERS}){_PAGE}?{_SPACE}[)）]", True),
    ("<", rf"<(?:sup|cite|ref|source)>{_SPACE}\[?({_NUMBERS})\]?{_SPACE}</(?:sup|cite|ref|source)>", True),
    ("<", rf"<({_LABELS})[^\S\n]?/?>", True),
    ("<", rf"<cite(?:\s[^<>\n]{{0,80}})?>(?!{_PART_OF_LABELS}(?:</?[a-z]{{0,6}})?$)", False),
    ("<", r"</cite>", False),
    ("^", rf"\^\[({_NUMBERS})\]", False),
    (_LETTERS, rf"{_WORD}[^\S\n]{{0,2}}[:：][^\S\n]{{0,2}}\[?({_LABELS})\]?(?=[^\w\]-]|$)", True),
)  # fmt: skip
_BY_FIRST = {
    char: [(re.compile(pattern, re.IGNORECASE), checked) for chars, pattern, checked in _FORMS if char in chars]
    for char in "".join(chars for chars, _, _ in _FORMS)
}
_SUPERSCRIPTS = "¹²³⁴⁵⁶⁷⁸⁹⁰"
_RAISED = re.compile(rf"[{_SUPERSCRIPTS}]+")
_PLAIN_DIGITS = str.maketrans(_SUPERSCRIPTS, "1234567890")
_BEFORE_RAISED = re.compile(r"(?:[^\W\d_]{4}|[.,;:!?。)”\"])$")  # and not a unit's, as in km²
_STARTS = re.compile(
    rf"[\[【〔〖［⟦(（{{<^\\\ue200{_SUPERSCRIPTS}]|(?<![^\W_])(?:{'|'.join(_WORDS)})(?=\s{{0,2}}[:：])|`|\n",
    re.IGNORECASE,
)
_OPENED = re.compile(r"[\\\[【〔〖［⟦{(（<^]{1,4}\s{0,8}")
_PART_OF_NAMED = re.compile(rf"{_WORD}[^\S\n]{{0,2}}[:：]{_PART_OF_LABELS}", re.IGNORECASE)
_LAST_WORD = re.compile(r"(?<![^\W_])[a-z]{1,9}\s{0,2}$", re.IGNORECASE)
_ENDS = frozenset("]】〕〗］⟧})）>|｜")
_TAGS = ("sup", "cite", "ref", "source", "/cite")
_PART_OF_TAG = re.compile(
    rf"<(/?[a-z]{{0,6}})(?:\s[^<>\n]{{0,80}})?(?:>{_PART_OF_LABELS}(?:</?[a-z]{{0,6}})?)?", re.IGNORECASE
)
_BARE_ROUND = re.compile(r"[(（]\s{0,3}c\d", re.IGNORECASE)
_SECOND_BRACKET = re.compile(rf"{_LABELS}\](?:\[\w?|\\)", re.IGNORECASE)
_NO_SOURCE = "[c0]"  # goes with the space before it
_LONGEST = 100  # characters of a mark without words
_LONGEST_WORD = 12
_TAIL = 8


class MarkReader:
    """Rewrites the marks of a streamed answer. The result does not depend on how the stream is cut into pieces."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._held = ""
        self._at = 0  # position in the held text up to which it was shown
        self._closing = ""  # of the marker whose words are passing
        self._is_fenced = False
        self._line_head = ""  # the first three characters of the line
        self._ticks = 0  # on the line
        self._tail = ""  # the last characters that were passed

    def feed(self, text: str) -> str:
        """Takes the next piece of the stream; returns the text that can be shown."""
        if not self._sources.count:
            return text
        self._held += text
        return self._drain(last=False)

    def finish(self) -> str:
        """Ends the stream; returns the text that was held back."""
        return self._drain(last=True)

    def _drain(self, *, last: bool) -> str:
        out: list[str] = []
        while self._at < len(self._held):
            step = self._words(last=last) if self._closing else self._step(last=last)
            if step is None:
                break
            out.append(step)
        self._held, self._at = self._held[self._at :], 0
        return "".join(out)

    def _pass(self, end: int, shown: str | None = None) -> str:
        """Moves on to `end`. Returns `shown`, by default the text up to there."""
        text, self._at = self._held[self._at : end], end
        if text == "\n":
            self._is_fenced ^= self._line_head in ("```", "~~~")
            self._line_head, self._ticks = "", 0
        else:
            self._line_head = f"{self._line_head}{text[:99]}".lstrip()[:3]
            self._ticks += text.count("`")
        self._tail = f"{self._tail}{text}"[-_TAIL:]
        return text if shown is None else shown

    def _words(self, *, last: bool) -> str | None:
        """Passes the quoted words of a marker, up to its closing bracket or the end of the line."""
        end, line = self._held.find(self._closing, self._at), self._held.find("\n", self._at)
        if end >= 0 and not -1 < line < end:
            words, end = self._held[self._at : end], end + len(self._closing)
            self._closing = ""
            return self._pass(end, f"{words}]]")
        if line >= 0 or last:
            self._closing = ""
            return self._pass(line if line >= 0 else len(self._held))
        end = len(self._held)
        for size in range(1, len(self._closing)):
            if self._held.endswith(self._closing[:size], self._at):
                end = len(self._held) - size
        return self._pass(end) if end > self._at else None

    def _step(self, *, last: bool) -> str | None:
        found = _STARTS.search(self._held, self._at)
        if found is None:
            word = None if last else _LAST_WORD.search(self._held, max(self._at, len(self._held) - _LONGEST_WORD))
            is_part = word is not None and any(one.startswith(word[0].strip().lower()) for one in _WORDS)
            end = word.start() if word is not None and is_part else len(self._held)
            return self._pass(end) if end > self._at else None
        if found.start() > self._at:
            return self._pass(found.start())
        if found[0] in "\n`" or self._is_fenced or self._ticks % 2:
            return self._pass(self._at + 1)
        return self._raised(last=last) if found[0][0] in _SUPERSCRIPTS else self._mark(last=last)

    def _raised(self, *, last: bool) -> str | None:
        found = _RAISED.match(self._held, self._at)
        end = found.end() if found else self._at + 1
        if end == len(self._held) and not last:
            return None
        number = self._held[self._at : end].translate(_PLAIN_DIGITS)
        is_mark = self._are_known(number[:4]) and len(number) < _TAIL and _BEFORE_RAISED.search(self._tail)
        return self._pass(end, f"[{number}]" if is_mark else None)

    def _mark(self, *, last: bool) -> str | None:
        text, at = self._held, self._at
        head = _HEAD.match(text, at) or _COLON_HEAD.match(text, at)
        if head is not None and self._are_known(head["labels"]):
            self._closing = r"\]\]" if head["open"].startswith("\\") else _CLOSING[head["open"]]
            labels = ", ".join(expand_labels(head["labels"])) if head["labels"][0].isdigit() else head["labels"]
            return self._pass(head.end(), f"[[{labels}|")
        for form, checked in _BY_FIRST.get(text[at], ()):
            found = form.match(text, at)
            if found is None:
                continue
            has_one_brace = found[0].endswith("}") and not found[0].endswith("}}")  # a second one may follow
            may_go_on = found[0][-1].isalnum() or text[at].isalpha() or has_one_brace
            if found.end() == len(text) and not last and may_go_on:
                return None
            if not form.groups:
                return self._pass(found.end(), _NO_SOURCE if text[at] == "\ue200" else "")
            if self._are_known(found[1]) and not (checked and self._is_own(found[0])):
                return self._pass(found.end(), f"[{found[1]}]")
        if not last and _may_become_mark(text[at : at + 2 * _LONGEST]):
            return None
        return self._pass(at + 1)

    def _are_known(self, labels: str) -> bool:
        return any(self._sources.chunk(label) is not None for label in expand_labels(labels))

    def _is_own(self, mark: str) -> bool:
        """Whether the text is no mark but the answer's own: part of a word, as in `f(c1)`, or found in a source."""
        joins = _BARE_ROUND.match(mark) or mark[0].isalpha()
        return (joins and self._tail[-1:].isalnum()) or any(mark in one.content for _, one in self._sources.shown())


def _may_become_mark(text: str) -> bool:
    """Whether `text` is the beginning of a mark, or of the head of one."""
    if text[0] == "\ue200":
        return len(text) < 2 * _LONGEST and "\ue201" not in text and "\n" not in text
    if text[0] == "<" and (tag := _PART_OF_TAG.fullmatch(text)) is not None:
        return any(one.startswith(tag[1].lower()) for one in _TAGS)
    opened = _OPENED.match(text)
    if opened is None:  # a word, as in "Source: c1"
        return len(text) < _LONGEST and _PART_OF_NAMED.fullmatch(text) is not None
    inside = text[opened.end() :]
    if "\n" in inside or len(inside) > _LONGEST:
        return False
    if _SECOND_BRACKET.fullmatch(inside):
        return True
    if any(char in _ENDS for char in inside[:-1].rstrip("\\")):
        return False
    word = re.match(r"[^\W\d_]*", inside)
    begun = word[0].lower() if word else ""
    if not begun:
        return text[0] not in "(（<{" or len(inside) == 0 or inside[:1] in "\\["
    known = (*_WORDS, *_BEFORE)
    return begun == "c" or any(one.startswith(begun) or begun == one for one in known)
