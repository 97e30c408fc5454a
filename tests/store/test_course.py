"""What an account was worth is there after a restart, with its highest value and deepest fall."""

from collections.abc import Callable
from pathlib import Path

from sequence.sandbox import Sandbox
from sequence.types import PortfolioSnapshots

SECOND = 10**9
SLOT_S = 10


def move(sandbox: Sandbox, *mids: int, seconds: int = SLOT_S) -> None:
    for mid in mids:
        sandbox.market.snapshot("kraken", "BTC-USD", [(mid - 1, 50)], [(mid + 1, 50)])
        sandbox.clock.advance(seconds=seconds)


def course(sandbox: Sandbox, account: str = "default") -> PortfolioSnapshots:
    client = sandbox.client() if account == "default" else sandbox.client(account=account)
    return client.portfolio_snapshots()


def by_slot(found: PortfolioSnapshots) -> dict[int, int | None]:
    """The last value of each slot, without the present one."""
    return {row.ts_ns // (SLOT_S * SECOND): row.nav_usd_1e9 for row in found.snapshots[:-1]}


def test_a_course_goes_on_after_a_restart(reopen: Callable[..., Sandbox]) -> None:
    with reopen(market="manual") as sandbox:
        move(sandbox, 100)
        sandbox.client().buy("BTC-USD", 5)
        sandbox.client(account="alice").buy("BTC-USD", 1)
        move(sandbox, 110, 120, 90, 130)
        before, hers = course(sandbox), course(sandbox, "alice")
    with reopen(market="manual") as sandbox:
        after = course(sandbox)
        assert by_slot(after) == by_slot(before)
        assert after.peak_nav_usd_1e9 == before.peak_nav_usd_1e9
        assert after.max_drawdown_usd_1e9 == before.max_drawdown_usd_1e9 == 150 * SECOND
        assert by_slot(course(sandbox, "alice")) == by_slot(hers)
        move(sandbox, 80)
        longer = course(sandbox)
        assert [row.ts_ns for row in longer.snapshots] == sorted(
            {row.ts_ns for row in longer.snapshots}
        )
        assert longer.snapshots[0] == after.snapshots[0]
        assert longer.max_drawdown_usd_1e9 == 250 * SECOND


def test_a_fall_between_two_kept_samples_is_not_forgotten(reopen: Callable[..., Sandbox]) -> None:
    with reopen(market="manual") as sandbox:
        move(sandbox, 100)
        sandbox.client().buy("BTC-USD", 5)
        move(sandbox, 100, 200, 100, seconds=2)
        fall = course(sandbox).max_drawdown_usd_1e9
    with reopen(market="manual") as sandbox:
        assert course(sandbox).max_drawdown_usd_1e9 == fall == 500 * SECOND


def test_a_reset_begins_anew_also_over_a_restart(reopen: Callable[..., Sandbox]) -> None:
    with reopen(market="manual") as sandbox:
        move(sandbox, 100)
        sandbox.client().buy("BTC-USD", 5)
        move(sandbox, 50)
        sandbox.client().sandbox.reset()
        sandbox.client().buy("BTC-USD", "0.1")
        move(sandbox, 50)
    with reopen(market="manual") as sandbox:
        found = course(sandbox)
        assert found.snapshots[-1].epoch == 2
        assert found.max_drawdown_usd_1e9 < SECOND


def test_a_slot_is_written_again_after_a_week(reopen: Callable[..., Sandbox]) -> None:
    with reopen(market="manual") as sandbox:
        move(sandbox, 100)
        sandbox.client().buy("BTC-USD", 5)
        move(sandbox, 110, 120)
        move(sandbox, 130, 140, seconds=7 * 86_400)
        newest = course(sandbox).snapshots[-1].ts_ns
    with reopen(market="manual") as sandbox:
        times = [row.ts_ns for row in course(sandbox).snapshots]
        assert times[-1] >= newest
        assert times == sorted(times)


def test_a_file_of_a_snapshot_holds_the_course(tmp_path: Path) -> None:
    with Sandbox(clock="manual", market="manual", preset="instant") as sandbox:
        move(sandbox, 100)
        client = sandbox.client()
        client.buy("BTC-USD", 5)
        move(sandbox, 110, 90)
        client.sandbox.save_snapshot(tmp_path / "state.seq")
        other = client.sandbox.load_snapshot(tmp_path / "state.seq")
        found = other.portfolio_snapshots()
        assert by_slot(found) == by_slot(course(sandbox))
        assert found.max_drawdown_usd_1e9 == 100 * SECOND


def test_counts_of_before_a_restart_are_in_the_summary(reopen: Callable[..., Sandbox]) -> None:
    with reopen(market="manual") as sandbox:
        move(sandbox, 100)
        client = sandbox.client()
        client.buy("BTC-USD", 1)
        waits = client.buy("BTC-USD", 1, limit_price=50)
        client.sandbox.add_fault("reject_next", reason="AUTH")
        client.buy("BTC-USD", 1)
        fills = client.fills().fills
    with reopen(market="manual") as sandbox:
        client = sandbox.client()
        move(sandbox, 100)
        client.sandbox.add_fault("reject_next", reason="RISK")
        client.buy("BTC-USD", 1)
        found = client.account_summary()
        assert (found.open_orders, found.fills, found.rejects) == (1, 1, 2)
        assert found.rejects_by_reason == {"AUTH": 1, "RISK": 1}
        assert [(row.match_id, row.level_index) for row in client.fills().fills] == [
            (row.match_id, row.level_index) for row in fills
        ]
        assert client.order(waits.id).ack_ns is None, "nothing travels here"
