"""Events come out whole, however the network cuts the bytes."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citewell.agent.models.sse import MAX_EVENT_BYTES, EventTooLarge, Splitter

EVENTS = ['{"text": "価格 — naïve 🙂"}', "[DONE]", "", "two\nlines", "data: inside", ": no comment"]


def encode(events: list[str], line_end: str, fields: str) -> bytes:
    lines = []
    for event in events:
        lines += [f"{fields}", *(f"data: {line}" for line in event.split("\n")), ""]
    return "".join(line + line_end for line in lines if line != "-").encode()


def split(whole: bytes, cuts: list[int]) -> list[str]:
    splitter = Splitter()
    places = [0, *sorted(min(cut, len(whole)) for cut in cuts), len(whole)]
    pieces = [whole[start:end] for start, end in itertools.pairwise(places)]
    return [event.decode() for piece in pieces for event in splitter.feed(piece)]


@given(
    st.lists(st.sampled_from(EVENTS), max_size=8),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from(["-", ": comment", "event: message", "id: 7"]),
    st.lists(st.integers(0, 400), max_size=20),
)
def test_any_cutting_gives_the_same_events(events: list[str], line_end: str, fields: str, cuts: list[int]) -> None:
    whole = encode(events, line_end, fields)
    assert split(whole, cuts) == events
    assert split(whole, list(range(len(whole)))) == events


def test_several_events_of_one_read_come_at_once() -> None:
    assert Splitter().feed(b"data: 1\n\ndata:2\n\n: ping\n\ndata: 3\n") == [b"1", b"2"]


@pytest.mark.parametrize("piece", [b"data: " + b"x" * 65_530, b"data: " + b"x" * 65_529 + b"\n"])
def test_an_event_without_an_end_is_refused(piece: bytes) -> None:
    splitter = Splitter()
    for _ in range(MAX_EVENT_BYTES // len(piece)):
        splitter.feed(piece)
    with pytest.raises(EventTooLarge):
        splitter.feed(piece + piece)
