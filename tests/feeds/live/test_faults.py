"""Random faults of every venue: no book is called live that is wrong, and each comes back soon."""

import asyncio
import os
import random
from concurrent.futures import ThreadPoolExecutor

import pytest

from sequence.fakes import Fake
from sequence.fakes.server import Client
from sequence.feeds.live import VenueStatus
from sequence.sandbox import Sandbox
from tests.feeds.live.conftest import CASES, ENDS, World, settle, status_of, until, wrong_books

SCRIPTS = int(os.environ.get("SEQUENCE_FAULTS", "50"))
"""Faults per venue, one after the other on one sandbox; `make soak` plays 1,000."""
MOST_ASKS = 3
"""Round trips that a book may take to come back, its snapshot among them."""


# Nearly all of it is waiting, for all venues at once.
@pytest.mark.full
@pytest.mark.timeout(60 + 6 * SCRIPTS)
def test_no_fault_leaves_a_wrong_book(world: World) -> None:
    pairs = [(world.fake(name, every_ms=8.0), world.sandbox_of(name)) for name in CASES]
    with ThreadPoolExecutor(len(pairs)) as pool:
        told = list(pool.map(lambda pair: played(*pair), pairs))
    assert [line for lines in told for line in lines] == []


def played(fake: Fake, sandbox: Sandbox) -> list[str]:
    """Plays faults of one venue; what went wrong."""
    name, draw = fake.name, random.Random(fake.name)  # noqa: S311 - which fault comes next
    status, wrong = status_of(sandbox, name), list[str]()
    until(lambda: status.is_live, f"first books of {name}")
    for number in range(SCRIPTS):
        fault = draw.choice(CASES[name].faults)
        until(lambda: status.is_live, f"{name} begins whole")
        asked, opened = fake.asks.copy(), status.reconnects
        play(fake, status, fault)
        settle(sandbox, fake)
        books = wrong_books(sandbox, fake)
        asks = max((fake.asks - asked).values(), default=0)
        # A machine under load may let a connection fall silent: that is one more fault.
        breaks = max(1, status.reconnects - opened)
        if asks > MOST_ASKS * breaks + (fault == "old_book"):
            books.append(f"{asks} round trips")
        wrong += [f"{name} {number} {fault}: {what}" for what in books]
        fake.paused = False
    wrong += [f"{name}: {broken}" for broken in sandbox.check_invariants()]
    return wrong + [f"{name} refused: {what}" for what in fake.refused]


def play(fake: Fake, status: VenueStatus, fault: str) -> None:
    """Plays one fault and waits until the books are whole again and move."""
    fake.faults.append(fault)  # type: ignore[arg-type]
    if fault == "old_book":
        # The next book that is fetched is one from before; only a lost one is fetched.
        fake.faults.insert(0, "drop")
    before, opened = status.frames, status.reconnects
    until(lambda: not fake.faults, f"{fault} of {fake.name} is played")
    if fault in ENDS:
        until(lambda: status.reconnects > opened, f"{fault} of {fake.name} is noticed")
    until(lambda: status.frames > before + 3, "frames go on")
    until(lambda: status.is_live, f"{fault} of {fake.name} is healed: {status}")
    # A book counts from the first message after its snapshot.
    healed = status.frames
    until(lambda: status.frames > healed + 4, "books move")


@pytest.mark.parametrize("name", CASES)
def test_a_frame_that_is_left_out_is_one_of_a_book(name: str) -> None:
    fake, told = CASES[name].fake(list(CASES[name].symbols)), list[str]()

    class Listener:
        async def send(self, frame: str) -> None:
            told.append(frame)

    async def play() -> None:
        client = Client(Listener())  # type: ignore[arg-type]
        fake.faults.append("drop")
        await fake.send(client, "a print", of_book=False)
        await fake.send(client, "a book")
        await fake.send(client, "the next book")

    asyncio.run(play())
    assert told == ["a print", "the next book"]
    assert fake.faults == []
