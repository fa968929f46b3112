"""How much of a thing that is asked about a text has, and how much each thing weighs."""

import math
from collections.abc import Sequence

from citewell.agent.reading.question import Group

_PART_SHARE = 0.6  # what a part of a phrase counts


def share(group: Group, words: frozenset[str]) -> float:
    """1 where the words have one of the group's alternatives, less for a part of the first."""
    best = 0.0
    for phrase in group.alternatives:
        if not phrase:
            continue
        held = len(phrase & words)
        if held == len(phrase):
            return 1.0
        if len(phrase) > 1 and phrase is group.alternatives[0]:
            best = max(best, _PART_SHARE * held / len(phrase))
    return best


def weights(
    shares: Sequence[Sequence[float]], around: Sequence[Sequence[float]], groups: Sequence[Group]
) -> list[float]:
    """Rare things weigh more; one that stands nowhere weighs most: the question is about it. What the vocabulary knows
    weighs no less than any word."""
    found = []
    for place in range(len(groups)):
        having = sum(max(own[place], over[place]) for own, over in zip(shares, around, strict=True))
        found.append(math.log(1 + (len(shares) + 1) / (0.5 + having)))
    most = max(found, default=1.0)
    return [most if group.concept else weight for group, weight in zip(groups, found, strict=True)]
