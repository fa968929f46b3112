"""Stores the end of a turn: its messages, its outcome and the last entries of its log, in one transaction."""

from collections.abc import Sequence

from citewell.db.engine import Database
from citewell.turns import entries, pubsub
from citewell.turns.entries import Entry
from citewell.turns.log import Batch, LiveLog
from citewell.turns.messages import NewMessage, Outcome
from citewell.turns.repository.closing import close_turn
from citewell.turns.repository.log import stored_batches
from citewell.turns.turn import Turn
from citewell.turns.writer import settle_doubts


async def store_end(database: Database, live: LiveLog, outcome: Outcome, turn: Turn) -> list[Entry]:
    """Closes the turn and stores its messages. Returns the last entries of its log.

    If the turn has been closed already, the outcome is dropped and the stored entries are returned.
    """
    key, messages = live.key, outcome.new_messages(live.key.query_id, turn.now())
    last = _last_entries(outcome, messages)
    if live.in_doubt:
        async with database.autocommit() as connection:
            await settle_doubts(connection, [live])
    live.in_doubt = True
    rest = live.unwritten
    end = Batch(rest.first_seq, [*rest.entries, *last])
    closed = await close_turn(database, key, outcome, messages, turn.next_position, end)
    if closed:
        live.confirm(rest.last_seq)
    if closed and key.query_id == 0:
        live.history = [turn.question_message(), *messages]
    if closed and not live.watched:
        return last
    async with database.autocommit() as connection:
        if live.watched:
            await pubsub.tell_log(connection, [key.turn_id])
        if closed:
            return last
        # Closed already: by this process, in a commit whose reply was lost, or by the process that took it over.
        stored = await stored_batches(connection, key, after=live.last_seq)
    ended = [entry for batch in stored for entry in batch.entries]
    return ended or [entries.failed("deleted", "The conversation was deleted.")]


def _last_entries(outcome: Outcome, messages: Sequence[NewMessage]) -> list[Entry]:
    """Returns the entries of the finished messages, then the terminal entry."""
    last = [entries.message(message) for message in messages if message.type == "message"]
    if outcome.state == "completed":
        return [*last, entries.completed()]
    if outcome.state == "stopped":
        return [*last, entries.completed("stopped")]
    return [*last, entries.failed(outcome.error_code or "internal", outcome.error or "The turn failed.")]
