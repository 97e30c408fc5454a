"""Random histories: after every command each number of each account is the model's.

`SEQUENCE_STEPS` sets how many commands are played, `SEQUENCE_SEED` where the seeds begin.
"""

import os

import pytest

from tests.model import commands
from tests.model.machine import Machine

STEPS = int(os.environ.get("SEQUENCE_STEPS", "100000"))
SEED = int(os.environ.get("SEQUENCE_SEED", "0"))
LENGTH = 80
BLOCK = 25
"""Scripts of one test: short ones, so that a failure is found again in a moment."""

PRESETS = ("instant", "instant", "realistic", "instant", "adversarial", "optimistic")
BLOCKS = -(-STEPS // (BLOCK * LENGTH))


@pytest.mark.full
@pytest.mark.parametrize("block", range(1, BLOCKS))
def test_every_number_is_the_models(block: int) -> None:
    play(block)


def test_some_histories_are_the_models() -> None:
    for block in range(2):
        play(BLOCKS + block)


def play(block: int) -> None:
    preset, first = PRESETS[block % len(PRESETS)], SEED + block * BLOCK
    played = sum(commands.check(preset, seed, LENGTH) for seed in range(first, first + BLOCK))
    assert played >= BLOCK * LENGTH


def test_a_script_that_fails_is_told_in_its_shortest_form(monkeypatch: pytest.MonkeyPatch) -> None:
    def trade(machine: Machine, *_: object) -> None:
        assert machine.orders[1] == [], "on purpose"

    monkeypatch.setattr(Machine, "trade", trade)
    with pytest.raises(AssertionError, match="seed 3, play") as told:
        commands.check("instant", 3, LENGTH)
    assert str(told.value).count("('order', 1") == 1
    assert 2 <= str(told.value).count("\n    (") <= 3
