"""Which sentences of the reports that a question names may stand as its answer: near is not enough for a figure."""

import re
from collections.abc import Sequence

import msgspec

from citewell.agent.reading import periods, schedules
from citewell.agent.reading.choosing import Choice, Chosen
from citewell.agent.reading.document import Opened
from citewell.agent.reading.kinds import KINDS_OF_FIGURES, OF_FIGURES, has_amount, has_count
from citewell.agent.reading.passages import Scored, by_words, is_lead_in
from citewell.agent.reading.question import Asked, Group
from citewell.agent.reading.rows import LIGHT, covers, heads_of, is_light, terms
from citewell.agent.reading.targets import Answer
from citewell.search.concepts import concept

_MORE_THAN_ONE = frozenset({"change", "compare", "share", "relation", "reason", "superlative", "further"})
_LOOKED_AT = 8  # sentences
_LEAST_COVER = 0.5  # of what is asked about


class InWords(msgspec.Struct, frozen=True):
    """A sentence of a document that says what the question names; `instead` of a cell, or beside it."""

    document: Opened
    sentence: Scored
    instead: bool


def answering(asked: Asked, choice: Choice, found: Sequence[Scored]) -> list[Scored]:
    """Returns the sentences that may answer alone.

    A question for a figure is answered by a sentence that has all its names and most of its other words, a question for
    a time after the report by one that names that time.
    """
    found = [one for one in found if _names_time(asked, choice, one)]
    of_reports = all(document.profile.months for document in choice.documents)
    if not of_reports or not _asks_figure(asked) or "further" in asked.kinds:
        return found  # of a question with two parts each sentence may answer one
    groups = [group for group in asked.groups if not _is_owner(group, choice) and not is_light(group)]
    return [one for one in found if _is_about(groups, one) and _counts(asked, one)]


def names_day(asked: Asked, document: Opened) -> bool:
    """Whether a sentence names the day that is asked for: shares are counted some weeks after the end of a report."""
    day = asked.period
    if day is None or day.end is None or day.months is not None:
        return False
    named = (mention.period for one in document.sentences for mention in periods.find(one.text))
    return any(schedules.is_same(period, day) for period in named)


def in_words(asked: Asked, choice: Choice, tables: Sequence[tuple[Chosen, Opened, list[Answer]]]) -> InWords | None:
    """The sentence that says the figure in the words of the question, where a cell has not all of these: a part of the
    revenue is not the revenue. None where cells are compared or worked out, or where no sentence has all words."""
    found = [(chosen, document, answer) for chosen, document, made in tables for answer in made]
    if len(found) != 1 or not choice.narrowed or asked.kinds & _MORE_THAN_ONE:
        return None
    chosen, document, answer = found[0]
    if len(answer.found) != 1 or any(answer.then) or answer.whole or answer.worked_from:
        return None
    groups = [group for group in asked.groups if not _is_owner(group, choice) and not is_light(group)]
    row, table = answer.found[0].row, answer.found[0].table
    own = terms(f"{row.label} {row.section}") | heads_of(table)
    items = [group for group in groups if not group.concept]
    missing = [item for item in items if not covers(table, row, [item])]
    if not missing or any(_holds(own, item) for item in items):
        return None
    for one in by_words(asked, [document], groups, _LOOKED_AT):
        if all(_holds(one.sentence.words, group) for group in groups) and _of_time(one, chosen):
            return InWords(document, one, instead=len(missing) > 1 or terms(row.label) <= LIGHT)
    return None


def _holds(words: frozenset[str], group: Group) -> bool:
    return any(held and held <= words for held in group.alternatives)


def _of_time(one: Scored, chosen: Chosen) -> bool:
    """Whether a sentence has an amount, and names the last day of the period or no day."""
    ends = [mention.period.end for mention in periods.find(one.sentence.text) if mention.period.end]
    is_then = not ends or any(chosen.end is not None and periods.same_end(end, chosen.end) for end in ends)
    return is_then and has_amount(one.sentence.text) and not is_lead_in(one)


def _asks_figure(asked: Asked) -> bool:
    figures = [name for name in asked.concepts if concept(name)["rows"] and concept(name)["kind"] in KINDS_OF_FIGURES]
    return bool(figures) or bool(asked.kinds & OF_FIGURES - {"date", "duration"})


def _names_time(asked: Asked, choice: Choice, one: Scored) -> bool:
    ends = [document.profile.end for document in choice.documents]
    if asked.period is None or not ends or not all(schedules.is_ahead(asked.period, end) for end in ends):
        return True
    wanted = asked.period
    return any(schedules.is_same(mention.period, wanted) for mention in periods.find(one.sentence.text))


def _is_owner(group: Group, choice: Choice) -> bool:
    """Whether a word names the document or whose it is."""
    words = set(re.split(r"[ .-]", re.sub(r"['’]s?$", "", group.text.lower())))
    return any(words & (one.profile.names | one.profile.title) for one in choice.documents)


def _is_about(groups: Sequence[Group], one: Scored) -> bool:
    around = one.sentence.words | one.sentence.context
    missing = [group for group in groups if not any(words <= around for words in group.alternatives)]
    if any(group.is_name for group in missing):
        return False
    return not missing or one.is_foreign or one.cover >= _LEAST_COVER


def _counts(asked: Asked, one: Scored) -> bool:
    """Whether the sentence has a number of things, where it is asked how many there are."""
    if "each_share" in asked.kinds and not has_amount(one.sentence.text):
        return False
    return "count" not in asked.kinds or has_count(one.sentence.text)
