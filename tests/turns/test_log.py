"""What a reader of a running turn sees. The clock is the test's: nothing here waits."""

from dataclasses import dataclass

import pytest

from citewell.kit.ids import new_id
from citewell.turns import entries
from citewell.turns.log import Batch, LiveLog
from citewell.turns.turn import TurnKey
from citewell.turns.writer import pause_seconds

LEASED_UNTIL = 10.0


@dataclass
class Clock:
    time: float = 0.0

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def live(clock: Clock) -> LiveLog:
    """A log with the pieces a, b, c, of which a and b are stored."""
    live = LiveLog(TurnKey(new_id(), new_id(), new_id(), 0), LEASED_UNTIL, clock)
    for piece in "abc":
        live.append({"k": entries.TEXT, "d": piece})
    live.confirm(2)
    return live


def _shown(live: LiveLog, after: int = 0) -> list[tuple[int, str]]:
    """The numbers and pieces that a reader sees who has seen `after`."""
    batches = live.since(after) or []
    return [
        (batch.first_seq + i, entry.get("d", entry["k"])) for batch in batches for i, entry in enumerate(batch.entries)
    ]


def test_pieces_are_shown_before_they_are_stored(live: LiveLog) -> None:
    assert _shown(live) == [(1, "a"), (2, "b"), (3, "c")]


async def test_a_process_without_a_certain_lease_shows_what_is_stored(live: LiveLog, clock: Clock) -> None:
    clock.time = LEASED_UNTIL
    assert _shown(live) == [(1, "a"), (2, "b")]
    assert not await live.wait_beyond(2, 0)
    live.confirm(3)
    assert _shown(live, after=2) == [(3, "c")]


async def test_a_renewed_lease_shows_the_rest(live: LiveLog, clock: Clock) -> None:
    clock.time = LEASED_UNTIL + 5
    live.renew(LEASED_UNTIL + 15)
    assert await live.wait_beyond(2, 0)
    assert _shown(live, after=2) == [(3, "c")]


async def test_a_turn_that_another_process_closed_ends_with_what_is_stored(live: LiveLog, clock: Clock) -> None:
    clock.time = LEASED_UNTIL + 5
    live.end([entries.failed("server_died", "Ask again.")])
    assert await live.wait_beyond(3, 0), "a reader who had seen everything hears of the end"
    assert _shown(live) == [(1, "a"), (2, "b"), (4, entries.FAILED)]
    assert _shown(live, after=3) == [(4, entries.FAILED)]


def test_a_reader_who_comes_back_reads_on_behind_the_last_entry() -> None:
    entries = [{"k": "text", "d": letter} for letter in "abc"]
    batch = Batch(5, entries)
    assert batch.after(4) == batch
    assert batch.after(5) == Batch(6, entries[1:])
    assert list(batch.after(7).entries) == []


@pytest.mark.parametrize("writing", [0.0, 0.01, 0.05])
def test_text_that_just_missed_a_write_is_stored_within_a_fifth_of_a_second(writing: float) -> None:
    """A reader has been shown it: until then, a crash loses it."""
    missed = writing  # the write under way does not have it; the next one begins after the pause
    assert missed + pause_seconds(writing, watched=False) + writing <= 0.2 + 1e-9


@pytest.mark.parametrize("watched", [True, False])
def test_slow_writes_leave_the_database_room_but_delay_the_next_one_little(watched: bool) -> None:
    assert 0.01 < pause_seconds(0.3, watched=watched) <= 0.15
    assert pause_seconds(30, watched=watched) <= 0.15
