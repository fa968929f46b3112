"""The interviewer without a language model: a plan of questions, whose answers are kept as they were given."""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from citewell.interviews.contradictions import contradictions_in
from citewell.interviews.talk import Contradiction, InterviewState, Learned, Reply
from citewell.search.analyse import query_terms
from citewell.search.language import detect_language

_LEAST_TERMS = 3  # of an answer that says something
_MOST_LINES = 50
_BULLET = re.compile(r"^\s*(?:[-*\u2022]|\d+[.)])?\s*")
_SEPARATOR = re.compile(r"[:=\u2013\u2014]|(?<=\s)-(?=\s)")  # of a term and what it means
_LONGEST_NAME = 80  # characters
_LEAST_MEANING, _MOST_MEANING = 2, 1000  # characters


class PlannedInterviewer:
    async def reply(self, state: InterviewState) -> Reply:
        language = _language(state)
        plan = _plans()[language]
        topic = state.topic or plan["this"]
        asked = next((one for one in reversed(state.history) if one["role"] == "assistant"), None)
        if asked is None:
            first = _question(plan, 0, topic)
            return Reply(f"{plan['opening'].format(topic=topic)}\n\n{first['text']}", first["asks"])
        found = contradictions_in(state.answer, state.passages, language)
        learned = _learned(str(asked.get("asks") or "general_knowledge"), state, topic, language)
        if found and not asked.get("contradictions"):  # about one thing is asked once
            return Reply(_pointed_out(plan, found[0]), str(asked.get("asks") or ""), (found[0],), learned)
        number = sum(one["role"] == "assistant" and not one.get("contradictions") for one in state.history)
        if number >= len(plan["questions"]):
            return Reply(plan["closing"], "general_knowledge", (), learned, is_last=True)
        following = _question(plan, number, topic)
        return Reply(following["text"], following["asks"], (), learned)


@cache
def _plans() -> Mapping[str, Any]:
    data = files("citewell.interviews") / "data" / "questions.toml"
    return tomllib.loads(data.read_text(encoding="utf-8"))


def _language(state: InterviewState) -> str:
    """Returns the language that it is held in: that of the answers, before there are any that of topic and brief."""
    said = " ".join(str(one["content"]) for one in state.history if one["role"] == "user")
    found = detect_language(said or f"{state.topic} {state.brief}")
    return found if found in _plans() else "en"


def _question(plan: Mapping[str, Any], number: int, topic: str) -> dict[str, str]:
    chosen = plan["questions"][number]
    return {"asks": chosen["asks"], "text": chosen["text"].format(topic=topic)}


def _pointed_out(plan: Mapping[str, Any], found: Contradiction) -> str:
    return str(plan["conflict"].format(quote=found.quote, name=found.passage.document_name))


def _learned(asks: str, state: InterviewState, topic: str, language: str) -> tuple[Learned, ...]:
    """Returns the answer as changes of the artifact that was asked for.

    An answer that says nothing, such as "no", is none.
    """
    answer = state.answer.strip()
    if len(query_terms(answer, [language])) < _LEAST_TERMS:
        return ()
    lines = [text for line in answer.splitlines()[:_MOST_LINES] if (text := _BULLET.sub("", line, count=1).strip())]
    if asks == "mental_map" and (concepts := _concepts(lines, topic)):
        return concepts
    if asks == "playbooks" and len(lines) > 1:
        content = {"name": topic[:200], "objective": "", "steps": [line[:4000] for line in lines]}
        return (Learned("playbooks", content, answer),)
    slug = asks if asks == "corpus_description" else "general_knowledge"
    return (Learned(slug, {"statement": " ".join(answer.split())}, answer),)


def _concepts(lines: Sequence[str], topic: str) -> tuple[Learned, ...]:
    """Returns a concept of each line that names a term and what it means."""
    found = [(line, term) for line in lines if (term := _term(line)) is not None]
    return tuple(
        Learned("mental_map", {"domain": topic[:200], "name": name, "description": meaning}, line)
        for line, (name, meaning) in found
    )


def _term(line: str) -> tuple[str, str] | None:
    """Returns a name and its meaning: parted at the first separator that leaves both of a fitting length."""
    sized = (parts for parts in _partings(line) if parts[0] and _LEAST_MEANING <= len(parts[1]) <= _MOST_MEANING)
    return next(sized, None)


def _partings(line: str) -> Iterator[tuple[str, str]]:
    """Yields the line parted at each separator behind a name that is short enough: at most 81 times, so that a hostile
    line takes time in proportion to its length.
    """
    for found in _SEPARATOR.finditer(line):
        name = line[: found.start()].rstrip()
        if len(name) > _LONGEST_NAME:
            return
        yield name, line[found.end() :].strip()
