"""Limits the questions an hour that one network may ask a widget, so that no visitor uses up what is there for all.

Counted in the memory of one process, so each of several servers counts on its own. The widget's own limit, which all
servers share, is counted in the database.
"""

from collections import Counter
from uuid import UUID

LEAST = 10  # questions an hour that each network has
PART = 10  # one network may ask at most the widget's questions divided by this


def share_of(questions_per_hour: int) -> int:
    """Questions an hour for one network."""
    return max(LEAST, questions_per_hour // PART)


class Shares:
    """The questions of each network in the hour (since 1970) that was counted last."""

    def __init__(self) -> None:
        self._hour = 0
        self._asked: Counter[tuple[UUID, str]] = Counter()

    def take(self, widget_id: UUID, network: str, most: int, hour: int) -> bool:
        """Count a question; False, and nothing is counted, where the network has had its share."""
        if hour != self._hour:
            self._hour = hour
            self._asked.clear()
        if self._asked.get((widget_id, network), 0) >= most:
            return False
        self._asked[widget_id, network] += 1
        return True

    def give_back(self, widget_id: UUID, network: str, hour: int) -> None:
        """Undo `take`, for a question that was not answered."""
        if hour == self._hour and (widget_id, network) in self._asked:
            self._asked[widget_id, network] -= 1
            if self._asked[widget_id, network] <= 0:
                del self._asked[widget_id, network]
