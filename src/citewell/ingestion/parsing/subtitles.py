"""Subtitles and transcripts (SRT, WebVTT): what is said, in paragraphs, each with the time at which it begins."""

import html
import re
from collections.abc import Iterator
from pathlib import Path

from citewell.ingestion.blocks import Builder, ParsedDocument
from citewell.ingestion.parsing.limits import ParseLimits
from citewell.ingestion.parsing.text import add_paragraphs, read_text

_TIMES = re.compile(r"(?:(\d{1,3}):)?(\d\d):(\d\d)[.,]\d{1,3}[ \t]+-->[ \t]+(?:\d{1,3}:)?\d\d:\d\d[.,]\d{1,3}")
_VOICE = re.compile(r"<v(?:\.[^\s>]{1,40})*[ \t]+([^>\n]{1,200})>")
_TAG = re.compile(r"</?[a-zA-Z][^<>\n]{0,200}>|<[\d:.]{5,16}>|\{\\[^{}\n]{0,100}\}")
_BLANK_LINES = re.compile(r"\n[ \t]*\n\s*")
_LONGEST = 600  # characters of a paragraph that goes on with the next words
_REPEATED = 20  # characters: captions that roll repeat the line before
_ENDS = (".", "!", "?", "…", "。", "！", "？", "”", '"')
Cue = tuple[str, str, str]  # time, speaker, text


def parse_subtitles(path: Path, limits: ParseLimits) -> ParsedDocument:
    text = read_text(path, limits)
    builder = Builder()
    for time, speaker, said in _paragraphs(_cues(text)):
        builder.add("text", f"{speaker}: {said}" if speaker else said, place=time)
    if not builder.blocks:
        add_paragraphs(builder, text)
    return builder.document()


def _cues(text: str) -> Iterator[Cue]:
    for part in _BLANK_LINES.split(text):
        lines = part.split("\n")
        at = next((index for index, line in enumerate(lines[:2]) if _TIMES.match(line)), None)
        if at is None:
            continue
        hours, minutes, seconds = _TIMES.match(lines[at]).groups()  # type: ignore[union-attr]
        said = "\n".join(lines[at + 1 :])
        voice = _VOICE.search(said)
        words = html.unescape(_TAG.sub("", said))
        yield f"{int(hours or 0):02}:{minutes}:{seconds}", voice.group(1).strip() if voice else "", words.strip()


def _paragraphs(cues: Iterator[Cue]) -> Iterator[Cue]:
    """Joins the lines of one speaker into paragraphs that end with a sentence."""
    last: Cue | None = None
    for time, speaker, said in cues:
        text = " ".join(line.strip() for line in said.split("\n")) if not said.startswith("-") else said
        if last is not None and len(text) > _REPEATED and last[2].endswith(text):
            continue
        full = last is not None and len(last[2]) > _LONGEST / 2 and last[2].endswith(_ENDS)
        if last is not None and speaker == last[1] and not full and len(last[2]) + len(text) < _LONGEST:
            last = (last[0], speaker, f"{last[2]}\n{text}" if text.startswith("-") else f"{last[2]} {text}")
            continue
        if last is not None:
            yield last
        last = (time, speaker, text)
    if last is not None:
        yield last
