"""One wrong line at a time: the model must notice each of them.

The names are switches of the core (`mutant!`), compiled into debug builds only.
"""

import os
import subprocess
import sys

import pytest

from sequence import _core

pytestmark = [
    pytest.mark.full,
    pytest.mark.skipif(_core.BUILD_PROFILE == "release", reason="a release has no mutants"),
]

MUTANTS = (
    "amend_keeps_reservation", "cancel_keeps_reservation", "expiry_keeps_reservation",
    "fee_not_reserved", "fee_off_by_one", "fee_twice", "fill_after_cancel", "fill_on_crossed_book",
    "flip_keeps_cost", "flip_realises_all", "fok_in_part",
    "improvement_not_freed", "level_used_twice", "limit_ignored", "old_epoch_visible", "overfill",
    "partial_cancel_keeps", "partial_releases_all", "post_only_takes", "reduce_only_flips",
    "refresh_clears_reserved", "reject_keeps_reservation", "reset_hits_neighbour",
    "reset_keeps_orders", "rounding_creates_money", "sell_reserves_quote",
    "trades_with_itself", "cancel_without_owner", "double_release", "key_shared_by_clients",
    "no_idempotency", "one_side_marks", "losses_are_spent", "cash_moves_unjudged",
    "funding_after_its_boundary", "every_end_is_below_lot", "replay_ignores_body",
)  # fmt: skip


def hunt(mutant: str, scripts: int, *presets: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - this interpreter, our own module
        [sys.executable, "-m", "tests.model.hunt", str(scripts), *presets],
        env=os.environ | {"SEQUENCE_MUTANT": mutant},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("mutant", MUTANTS)
def test_the_model_notices_a_wrong_line(mutant: str) -> None:
    found = hunt(mutant, 120, "instant", "realistic")
    assert found.returncode == 0, (found.stdout, found.stderr)


def test_nothing_is_found_where_nothing_is_wrong() -> None:
    found = hunt("no_such_mutant", 10, "instant", "realistic")
    assert found.returncode == 3, (found.stdout, found.stderr)
