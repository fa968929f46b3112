"""Corrects what a model writes in place of citations, line by line while the answer streams.

Marks such as `[1]`, `[c1]` and `【1†source】` become links where the source that they name supports the sentence before
them, and are removed elsewhere. Links and images that the model made up are removed; the text of a link stays. A line
whose last sentences cite nothing gets the citations that the server finds. Text in code or between quotation marks is
not changed.
"""

import re
from collections import Counter
from collections.abc import Iterator

from citewell.agent.citations import LINK, MAX_MARKER, CitationResolver, expand_labels
from citewell.agent.claims import says_something
from citewell.agent.evidence import find_evidence
from citewell.agent.sentences import Sentence, blocks
from citewell.agent.sources import Sources
from citewell.search.language import detect_language

_PART = re.compile(r"[^\]\n]+|[\]\n]")  # characters that may end a citation or a line are parts of their own
_MAX_LOOKUPS = 200  # of one answer
_MAX_MARKS = 2_000  # of one answer that become links: a model may repeat one without end
_LOOKBACK = 2_000  # characters of a line in which the sentence before a mark is looked for
_ENOUGH = 1_000  # characters, to tell the language
_SPECIAL = re.compile(r"!?\[|【|\n| ?!$| $")
_MAY_BEGIN = ("!", " ", " !")  # at the end of a piece: a bracket may follow
_LABELS = r"[cC]?\d{1,4}(?:\s{0,3}[-–—,;&]\s{0,3}[cC]?\d{1,4}){0,7}"
_MARK = re.compile(rf"\[\^?(?:(?:source|doc(?:ument)?|ref)\.?\s{{0,3}})?({_LABELS})\]", re.IGNORECASE)
_LENTICULAR = re.compile(rf"【({_LABELS})(?::\d+)?(?:†[^】\n]*)?】")
_MARKDOWN_LINK = re.compile(r"(!?)\[([^\[\]\n]*)\]\(\s*<?([^)\s>]*)>?(?:\s+[\"'(][^\n)]*[\"')])?\s*\)")
_BEGUN_ADDRESS = re.compile(r"\s*<?[^)\s>]*>?(?:\s+[\"'(][^\n)]*[\"')]?)?\s*")  # which more text may end
_DEFINITION = re.compile(r"\[[^\[\]\n]+\]:[ \t]*\S+[^\n]*")
_NOTE = re.compile(r"\[\^\w{1,8}\]:\s*")
_MOST_BARE = 99  # [2023] is a year
_QUOTES = '`“”„"'
_FENCE = re.compile(r"\s*(?:```|~~~)")


class Proofreader:
    """Resolves the citations of a streamed answer, and corrects the rest as the module says.

    The result does not depend on how the stream is cut into pieces.
    """

    def __init__(self, sources: Sources, resolver: CitationResolver) -> None:
        self._sources = sources
        self._resolver = resolver
        self._held = ""
        self._line = ""  # of the answer as it is shown, up to here
        self._quotes = Counter[str]()  # quotation marks and backticks of the line, without those in links
        self._row = ""  # held-back part of a table row: links are added inside its last cell
        self._fenced = False
        self._behind_code: list[str] = []  # links that would be no links inside it
        self._lookups = 0
        self._marks = 0
        self._language = ""

    def feed(self, text: str) -> str:
        """Takes the next piece of the stream; returns the text that can be shown."""
        # Citations are numbered in the order of the text, so the text before one is processed first.
        return "".join(self._read(self._resolver.feed(part)) for part in _PART.findall(text))

    def finish(self) -> str:
        """Ends the stream; returns the text that was held back, with the last line's links."""
        return self._read(self._resolver.finish()) + self._drain(last=True) + self._end_line()

    def _read(self, resolved: str) -> str:
        self._held += resolved
        return self._drain(last=False)

    def _drain(self, *, last: bool) -> str:
        out: list[str] = []
        text, place = self._held, 0
        while found := _SPECIAL.search(text, place):
            start = found.start()
            # A space before removed text is removed as well.
            gap = " " if found[0][-1] in "[【" and text[place:start].endswith(" ") else ""
            out.append(self._put(text[place : start - len(gap)]))
            place = start - len(gap)
            if found[0] == "\n":
                out += [self._end_line(), "\n"]
                place += 1
                continue
            if found[0] in _MAY_BEGIN:
                if not last:
                    break
                read: tuple[str, int] | None = (found[0], found.end())
            else:
                read = self._bracket(text, start, last=last)
            if read is None:
                break
            shown, place = read
            out.append(self._put(gap + shown if shown else ""))
        else:
            out.append(self._put(text[place:]))
            place = len(text)
        self._held = text[place:]
        return "".join(out)

    def _put(self, text: str) -> str:
        """Returns the text to show now. A table row is held back until its end."""
        if not text:
            return ""
        self._line += text
        self._count_quotes(text)
        if self._row or (self._line == text and text.lstrip().startswith("|")):
            self._row += text
            if len(self._row) <= MAX_MARKER:
                return ""
            text, self._row = self._row, ""
        return text

    def _count_quotes(self, text: str) -> None:
        """Counts in each piece as it is shown: a line may be as long as the answer, and have thousands of brackets."""
        if "/reference/" in text:
            text = LINK.sub("", text)
        for mark in _QUOTES:
            if mark in text:
                self._quotes[mark] += text.count(mark)

    def _bracket(self, text: str, start: int, *, last: bool) -> tuple[str, int] | None:
        """Returns (text to show for the bracket at `start`, where to go on); None while more text is needed to tell."""
        opening = 2 if text[start] == "!" else 1
        as_it_is = (text[start : start + opening], start + opening)
        if self._is_code() and (made := LINK.match(text, start)) is not None and self._resolver.has_made(made[0]):
            self._behind_code.append(made[0])
            return "", made.end()
        if self._is_literal():
            return as_it_is
        furthest = start + MAX_MARKER
        close = text.find("】" if text[start] == "【" else "]", start, furthest)
        line_end = text.find("\n", start, furthest)
        if close < 0 or -1 < line_end < close:
            undecided = not last and line_end < 0 and len(text) - start < MAX_MARKER
            return None if undecided else as_it_is
        if text[start] == "【":
            mark = _LENTICULAR.match(text, start)
            return (self._cited(mark[1], sure=False), mark.end()) if mark else as_it_is
        if close + 1 == len(text) and not last:
            return None
        if text[close + 1 : close + 2] == "(":
            return self._link(text, start, close + 2, last=last)
        if text[close + 1 : close + 2] == ":" and not self._line.strip():
            return self._definition(text, start, last=last)
        mark = _MARK.match(text, start + opening - 1)
        if mark is None or not self._sources.count:
            return as_it_is
        label = mark[1]
        if label.isdigit() and int(label) > max(_MOST_BARE, self._sources.count):
            return as_it_is
        sure = label[0] in "cC"
        return ("!" * (opening - 1)) + self._cited(label, sure=sure), mark.end()

    def _is_code(self) -> bool:
        return self._fenced or self._quotes["`"] % 2 == 1

    def _is_literal(self) -> bool:
        """Whether the next character stands in code or in a quotation."""
        quotes = self._quotes
        return self._is_code() or quotes["“"] > quotes["”"] or quotes["„"] > quotes["“"] or quotes['"'] % 2 == 1

    def _link(self, text: str, start: int, address_start: int, *, last: bool) -> tuple[str, int] | None:
        furthest = start + 2 * MAX_MARKER
        rest = text[address_start:furthest]
        is_closed = ")" in rest  # else the pattern would try every shorter address
        found = _MARKDOWN_LINK.match(text, start, furthest) if is_closed else None
        if found is None:
            may_go_on = len(text) < furthest and "\n" not in rest and _BEGUN_ADDRESS.fullmatch(rest) is not None
            if may_go_on and not last:
                return None
            opening = 2 if text[start] == "!" else 1
            return text[start : start + opening], start + opening
        image, shown, address = found.groups()
        if image:
            return "", found.end()
        if self._resolver.has_made(found[0]):
            return found[0], found.end()
        label = self._sources.label_at(address)
        if label is not None and shown.strip().strip("^").isdigit():
            return self._cited(label, sure=True), found.end()
        if label is not None or self._sources.names_address(address):
            return found[0], found.end()
        if mark := _MARK.fullmatch(f"[{shown}]"):
            return self._cited(mark[1], sure=mark[1][0] in "cC"), found.end()
        return shown, found.end()

    def _definition(self, text: str, start: int, *, last: bool) -> tuple[str, int] | None:
        """Removes a link definition such as `[1]: https://...`, and one that names a document."""
        furthest = start + MAX_MARKER
        if not last and text.find("\n", start, furthest) < 0 and len(text) < furthest:
            return None
        found = _DEFINITION.match(text, start, furthest)
        if found is None:
            return text[start], start + 1
        names_source = any(chunk.document_name in found[0] for _, chunk in self._sources.shown())
        if "://" in found[0] or names_source:
            return "", found.end()
        if note := _NOTE.match(found[0]):
            return "", start + note.end()
        return text[start], start + 1

    def _cited(self, named: str, *, sure: bool) -> str:
        """Returns links to those sources of a mark that back the last sentence; with `sure` to all of its sources."""
        self._marks += 1
        if self._marks > _MAX_MARKS:
            return ""
        said = self._last_sentence()
        links = []
        for label in expand_labels(named):
            chunk = self._sources.chunk(label)
            if chunk is None:
                continue
            found = find_evidence(said, [(label, chunk)], self._language) if said else None
            if found is not None:
                links.append(self._resolver.cite(found.label, found.span, found_by="server"))
            elif sure:
                links.append(self._resolver.cite(label, None))
        return "".join(links)

    def _last_sentence(self) -> str:
        sentences = list(self._sentences(self._line[-_LOOKBACK:]))
        if not sentences or not says_something(sentences[-1].text, self._language):
            return ""
        return sentences[-1].text

    def _sentences(self, line: str) -> Iterator[Sentence]:
        plain = LINK.sub(lambda link: " " * len(link[0]), line)
        self._language = self._language or (detect_language(plain[:_ENOUGH]) if len(plain) > 40 else "")
        for block in blocks(plain):
            yield from block

    def _end_line(self) -> str:
        """Returns what to show before the line ends: the rest of a row, and links to what the server found."""
        line, row = self._line, self._row
        if _FENCE.match(line):
            self._fenced = not self._fenced
            links = "" if self._fenced else self._take_links(before="\n")
        elif self._fenced:
            links = ""
        else:
            links = self._take_links() + (self._found_for(line) if self._sources.count else "")
        self._line = self._row = ""
        self._quotes.clear()
        if not row:
            return f" {links}" if links and not line.endswith(" ") and links[0] != "\n" else links
        head = row.rstrip()
        if links and head.endswith("|"):
            return f"{head[:-1].rstrip()} {links} |{row[len(head) :]}"
        return row

    def _take_links(self, before: str = "") -> str:
        """Returns the links of markers that stood in code: they are shown after it."""
        links = "".join(dict.fromkeys(self._behind_code))
        self._behind_code.clear()
        return before + links if links else ""

    def _found_for(self, line: str) -> str:
        linked = list(LINK.finditer(line))
        last_link = max((link.start() for link in linked), default=-1)
        ends = {link.end() for link in linked}
        links = []
        for sentence in self._sentences(line):
            if sentence.reach <= last_link or sentence.start <= last_link or self._lookups >= _MAX_LOOKUPS:
                continue
            # "[1] (report.pdf, page 4)" says where the quote stands, and is no claim.
            if sentence.text.startswith("(") and len(line[: sentence.start].rstrip()) in ends:
                continue
            if not says_something(sentence.text, self._language):
                continue
            self._lookups += 1
            found = find_evidence(sentence.text, self._sources.shown(), self._language)
            if found is not None:
                links.append(self._resolver.cite(found.label, found.span, found_by="server"))
        return "".join(dict.fromkeys(links))
