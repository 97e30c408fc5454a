"""Random faults of every venue: no book is called live that is wrong, and each comes back."""

import os
import random

import pytest

from tests.feeds.live.conftest import CASES, World, settle, status_of, until, wrong_books

SCRIPTS = int(os.environ.get("SEQUENCE_FAULTS", "50"))
"""Faults per venue, one after the other on one sandbox; `make soak` plays 1,000."""


@pytest.mark.full
@pytest.mark.timeout(6 * SCRIPTS)
@pytest.mark.parametrize("name", CASES)
def test_no_fault_leaves_a_wrong_book(world: World, name: str) -> None:
    draw = random.Random(name)  # noqa: S311 - which fault comes next
    fake = world.fake(name, every_ms=3.0)
    sandbox = world.sandbox()
    status = status_of(sandbox, name)
    until(lambda: status.is_live, "first books")
    for number in range(SCRIPTS):
        fault = draw.choice(CASES[name].faults)
        fake.faults.append(fault)  # type: ignore[arg-type]
        if fault == "old_book":
            # The next book that is fetched is one from before; only a lost one is fetched.
            fake.faults.insert(0, "drop")
        before = status.frames
        until(lambda: not fake.faults, f"{fault} is played")
        until(lambda at=before: status.frames > at + 3, "frames go on")
        until(lambda: status.is_live, f"{fault} is healed: {status}")
        # A book counts from the first message after its snapshot.
        healed = status.frames
        until(lambda at=healed: status.frames > at + 10, "books move")
        settle(sandbox, fake)
        assert wrong_books(sandbox, fake) == [], f"{number}: {fault}"
        fake.paused = False
    assert sandbox.check_invariants() == []
    assert fake.refused == []
