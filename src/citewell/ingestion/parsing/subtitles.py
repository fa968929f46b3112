"""Subtitles and transcripts (SRT, WebVTT): what is said, in paragraphs, each with the time at which it begins."""

import html
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from citewell.ingestion.blocks import Builder, ParsedDocument
from citewell.ingestion.parsing.limits import ParseLimits
from citewell.ingestion.parsing.text import BLANK_LINES, add_paragraphs, read_text

_TIMES = re.compile(r"(?:(\d{1,3}):)?(\d\d):(\d\d)[.,]\d{1,3}[ \t]+-->[ \t]+(?:\d{1,3}:)?\d\d:\d\d[.,]\d{1,3}")
_VOICE = re.compile(r"<v(?:\.[^\s<>.]{1,40}){0,10}[ \t]+([^\s>][^>\n]{0,199})>")
_TAG = re.compile(r"</?[a-zA-Z][^<>\n]{0,200}>|<[\d:.]{5,16}>|\{\\[^{}\n]{0,100}\}")
_HIDDEN = re.compile(r"\s*(?:(?:WEBVTT|NOTE|STYLE|REGION)\b|\d+\s*$)")  # and the number of a cue
_LONGEST = 600  # characters of a paragraph that goes on with the next words
_REPEATED = 20  # characters: captions that roll repeat the line before
_ENDS = (".", "!", "?", "…", "。", "！", "？", "”", '"')


class Cue(NamedTuple):
    time: str  # at which it begins, "00:00:04"
    speaker: str
    text: str


def parse_subtitles(path: Path, limits: ParseLimits) -> ParsedDocument:
    text = read_text(path, limits)
    builder = Builder()
    for cue in _paragraphs(_cues(text)):
        builder.add("text", f"{cue.speaker}: {cue.text}" if cue.speaker else cue.text, place=cue.time)
    if not builder.blocks:
        add_paragraphs(builder, text)
    return builder.document()


def _cues(text: str) -> Iterator[Cue]:
    """Yields what each speaker says at each time. Text behind a blank line belongs to the cue before it."""
    time = speaker = ""
    for part in BLANK_LINES.split(text):
        lines = part.split("\n")
        places = ((index, times) for index, line in enumerate(lines[:2]) if (times := _TIMES.match(line)))
        at, times = next(places, (-1, None))
        if times is not None:
            hours, minutes, seconds = times.groups()
            time, speaker = f"{int(hours or 0):02}:{minutes}:{seconds}", ""
        elif not time or _HIDDEN.match(part):
            continue
        voices = [speaker, *_VOICE.split("\n".join(lines[at + 1 :]))]
        for speaker, said in zip(voices[::2], voices[1::2], strict=True):
            words = html.unescape(_TAG.sub("", said)).strip()
            if words:
                yield Cue(time, speaker.strip(), words)


def _paragraphs(cues: Iterator[Cue]) -> Iterator[Cue]:
    """Joins the lines of one speaker into paragraphs that end with a sentence."""
    last: Cue | None = None
    for cue in cues:
        is_dialogue = cue.text.startswith("-")
        text = cue.text if is_dialogue else " ".join(line.strip() for line in cue.text.split("\n"))
        if last is not None:
            if len(text) > _REPEATED and last.text.endswith(text):
                continue
            is_full = len(last.text) > _LONGEST / 2 and last.text.endswith(_ENDS)
            if cue.speaker == last.speaker and not is_full and len(last.text) + len(text) < _LONGEST:
                last = last._replace(text=f"{last.text}\n{text}" if is_dialogue else f"{last.text} {text}")
                continue
            yield last
        last = cue._replace(text=text)
    if last is not None:
        yield last
