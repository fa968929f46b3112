"""Which sentences of the reports that a question names may stand as its answer: near is not enough for a figure."""

import re
from collections.abc import Sequence

from citewell.agent.reading import periods, schedules
from citewell.agent.reading.choosing import Choice
from citewell.agent.reading.kinds import KINDS_OF_FIGURES, OF_FIGURES, has_amount
from citewell.agent.reading.passages import Scored
from citewell.agent.reading.question import Asked, Group
from citewell.agent.reading.rows import is_light
from citewell.search.concepts import concept

_COUNTED = re.compile(r"(?<![$€£¥₹\d.,])\b\d[\d,.]*\b(?!\s?(?:%|percent|basis|pts|days|months|years))")

_LEAST_COVER = 0.5  # of what is asked about


def answering(asked: Asked, choice: Choice, found: Sequence[Scored]) -> list[Scored]:
    """Those of the sentences that may answer alone. A question for a figure is answered by one that has all its names
    and most of its other words, a question for a time after the report by one that names that time."""
    found = [one for one in found if _names_time(asked, choice, one)]
    of_reports = all(document.profile.months for document in choice.documents)
    if not of_reports or not _asks_figure(asked) or "further" in asked.kinds:
        return found  # of a question with two parts each sentence may answer one
    groups = [group for group in asked.groups if not _is_owner(group, choice) and not is_light(group)]
    return [one for one in found if _is_about(groups, one) and _counts(asked, one)]


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
    if "count" not in asked.kinds:
        return True
    text = one.sentence.text
    for mention in reversed(periods.find(text)):
        text = text[: mention.start] + text[mention.end :]
    return _COUNTED.search(text) is not None
