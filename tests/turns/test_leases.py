"""Which turns a process takes over from others. Its clock is the test's: nothing here waits."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, text

from citewell.db.engine import Database
from citewell.kit.ids import new_id
from citewell.kit.time import now
from citewell.models import Conversation, Message, Project, Turn, TurnLog, User
from citewell.turns import entries
from citewell.turns.lease import Leases
from citewell.turns.log import KEPT, LiveLog
from citewell.turns.turn import TurnKey

SECONDS = 10.0  # of a lease; it is renewed five times in that


@dataclass
class Observer:
    """A process beside the one that runs a turn, and the clock of its machine."""

    database: Database
    time: float = 1000.0

    live: dict[UUID, LiveLog] = field(default_factory=dict)  # the turns that it runs itself

    def __post_init__(self) -> None:
        self.leases = Leases(self.database, "observer", self.live, lambda turn: None, SECONDS, clock=lambda: self.time)

    async def closed_after(self, seconds: float) -> bool:
        self.time += seconds
        return await self.leases.close_dead() == 1

    async def renew(self, until: str) -> None:
        """What the process that runs the turn does, or what becomes of it where the database's clock jumps."""
        async with self.database.write() as session:
            await session.execute(text(f"UPDATE turns SET lease_until = {until}"))


@pytest.fixture
async def observer(database_url: str) -> AsyncIterator[Observer]:
    """An observer of one turn that is running elsewhere."""
    database = Database(database_url)
    async with database.write() as session:
        user, project = User(id=new_id(), email="a@example.org"), Project(id=new_id(), name="Leases")
        session.add_all([user, project])
        await session.flush()
        talk = Conversation(project_id=project.id, id=new_id(), name="A talk", created_by=user.id)
        session.add(talk)
        await session.flush()
        turn = Turn(project_id=project.id, conversation_id=talk.id, query_id=0, user_id=user.id, owner="elsewhere")
        turn.lease_until = now() + timedelta(days=1)
        session.add(turn)
    yield Observer(database)
    await database.close()


async def test_a_jump_of_the_database_clock_closes_nothing(observer: Observer) -> None:
    """All leases look expired at once; whoever lives renews them before they have stood still for long."""
    assert not await observer.closed_after(0)
    await observer.renew("clock_timestamp() - interval '1 day'")
    assert not await observer.closed_after(60)
    await observer.renew("clock_timestamp() + interval '10 s'")
    assert not await observer.closed_after(2)


async def test_a_lease_that_is_renewed_late_is_kept(observer: Observer) -> None:
    for _ in range(5):
        await observer.renew("clock_timestamp() - interval '1 s'")
        assert not await observer.closed_after(3)
        assert not await observer.closed_after(3)


async def test_a_turn_whose_process_died_is_closed_once(observer: Observer) -> None:
    await observer.renew("clock_timestamp() - interval '1 s'")
    assert not await observer.closed_after(0)
    assert not await observer.closed_after(3.9)  # two renewals may be late
    assert await observer.closed_after(0.2)
    assert not await observer.closed_after(60)
    async with observer.database.read() as session:
        state = await session.execute(text("SELECT state, error_code FROM turns"))
        assert tuple(state.one()) == ("failed", "server_died")


async def test_a_database_clock_that_is_set_back_keeps_no_dead_turn_alive(observer: Observer) -> None:
    """The lease seems to last for a day, and nobody renews it."""
    assert not await observer.closed_after(0)
    assert not await observer.closed_after(9.9)
    assert await observer.closed_after(0.2)


async def test_a_process_leaves_its_own_turns_alone(observer: Observer) -> None:
    """It may have been too slow to renew their leases; it knows that it is alive."""
    async with observer.database.read() as session:
        turn = (await session.scalars(select(Turn))).one()
    key = TurnKey(turn.project_id, turn.id, turn.conversation_id, turn.query_id)
    observer.live[turn.id] = LiveLog(key, leased_until=0.0)
    await observer.renew("clock_timestamp() - interval '1 day'")
    assert not await observer.closed_after(0)
    assert not await observer.closed_after(60)


async def test_what_the_dead_process_had_said_is_kept_and_its_end_comes_after_all_that_was_seen(
    observer: Observer,
) -> None:
    said = [{"k": entries.START}, {"k": entries.TEXT, "d": "Let me look."}]  # and taken back by the search that follows
    said += [{"k": entries.START}, {"k": entries.TEXT, "d": "It costs "}, {"k": entries.TEXT, "d": "210 EUR"}]
    async with observer.database.write() as session:
        turn = (await session.scalars(select(Turn))).one()
        log = TurnLog(project_id=turn.project_id, turn_id=turn.id, first_seq=1, last_seq=len(said))
        log.events = entries.encode_entries(said)
        session.add(log)
    await observer.renew("clock_timestamp() - interval '1 s'")
    assert not await observer.closed_after(0)
    assert await observer.closed_after(5)
    async with observer.database.read() as session:
        kept = (await session.scalars(select(Message.content).where(Message.type == "message"))).all()
        first = await session.scalar(select(TurnLog.first_seq).order_by(TurnLog.first_seq.desc()).limit(1))
    assert kept == ["It costs 210 EUR"]
    # Readers may have seen as many entries as a process keeps in memory that it had not stored yet.
    assert first is not None
    assert first > len(said) + KEPT
