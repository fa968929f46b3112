"""A transcript as Markdown, with footnotes in the form that most programs read (`[^1]`)."""

from citewell.agent.citations import LINK
from citewell.conversations.export.transcript import Exchange, Transcript


def to_markdown(transcript: Transcript) -> bytes:
    """UTF-8. A note is named by its question and its number: `[^2-1]`."""
    parts = [f"# {transcript.title}"]
    for place, exchange in enumerate(transcript.exchanges, 1):
        parts += _exchange(place, exchange)
    return ("\n\n".join(parts) + "\n").encode()


def _exchange(place: int, exchange: Exchange) -> list[str]:
    question = " ".join(exchange.question.split())
    answer = LINK.sub(lambda found: f"[^{place}-{found[1]}]", exchange.answer)
    notes = "\n".join(f"[^{place}-{number}]: {note.text}" for number, note in sorted(exchange.notes.items()))
    return [part for part in (f"## {question}", answer, "*(stopped)*" if exchange.stopped else "", notes) if part]
