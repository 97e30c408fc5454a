"""Stories of graphs in acts: in process in one go, and over HTTP with a restart between two acts.

Both end alike: what a graph is after its story depends neither on the door nor on restarts.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import pytest

from sequence import Risk, Sequence, Trigger
from sequence.errors import ConflictError, SequenceError
from sequence.sandbox import Sandbox
from tests.doors import door

ETH, VENUE = "ETH-USD", "kraken"
Preset = Literal["instant", "adversarial"]
PRESETS: tuple[Preset, ...] = ("instant", "adversarial")


class Stage:
    """A sandbox and its client, for one act."""

    def __init__(self, sandbox: Sandbox, client: Sequence) -> None:
        self.sandbox, self.client = sandbox, client

    def quote(self, price: float, size: float = 500) -> None:
        levels = [(price - 0.5, size)], [(price + 0.5, size)]
        self.sandbox.market.snapshot(VENUE, ETH, *levels)

    def trade(self, qty: float, price: float, side: Literal["buy", "sell"] = "sell") -> None:
        self.sandbox.market.trade(VENUE, ETH, price, qty, side)

    def wait(self, seconds: float = 3) -> None:
        self.sandbox.clock.advance(seconds=seconds)

    def calm(self, price: float) -> None:
        """Time for everything on its way, and a book that is heard of."""
        for _ in range(3):
            self.quote(price)
            self.wait(2)

    def ends(self, graph_id: str = "g") -> tuple[Any, ...]:
        graph = self.client.graph_status(graph_id)
        nodes = [
            (row.node_id, row.status, row.filled_qty, row.failure_reason) for row in graph.nodes
        ]
        edges = [(row.edge_id, row.fired_count, row.spent, row.residual_qty) for row in graph.edges]
        held = [row.locked_qty_1e8 for row in self.client.positions().positions]
        return graph.status, graph.status_reason, nodes, edges, held


Act = Callable[[Stage], None]


def _limit_entry(stage: Stage) -> None:
    stage.quote(2310)
    stage.client.bracket(
        ETH, "buy", 2, limit_price=2300, take_profit=2400, stop_loss=2200, venue=VENUE, graph_id="g"
    )
    stage.calm(2310)


def _fills_in_part(stage: Stage) -> None:
    stage.calm(2310)
    stage.trade(500.75, 2300)
    stage.calm(2310)


def _stop_moves(stage: Stage) -> None:
    stage.quote(2310)
    stage.client.amend_edge("g", "stop_hit", trigger=Trigger.price_at_most(2295))
    stage.calm(2310)


def _falls_through(stage: Stage) -> None:
    """The entry is filled by the fall that meets the stop."""
    stage.quote(2310)
    stage.quote(2290)
    stage.wait(0.01)
    stage.calm(2290)


def _slices(action: Literal["pause", "continue"]) -> Act:
    def begins(stage: Stage) -> None:
        stage.quote(2310)
        risk = Risk(on_node_reject=action)
        stage.client.twap(
            ETH, "buy", 5, num_slices=5, interval_ms=10_000, venue=VENUE, graph_id="g", risk=risk
        )
        stage.calm(2310)

    return begins


def _a_slice_is_refused(stage: Stage) -> None:
    stage.calm(2310)
    stage.client.sandbox.add_fault("reject_next", reason="EXCHANGE_BUSY")
    stage.wait(10)
    assert stage.client.graph_status("g").status == "PAUSED"


def _goes_on(stage: Stage) -> None:
    stage.quote(2310)
    stage.wait(15)
    stage.quote(2310)
    stage.client.graph_resume("g")
    for _ in range(4):
        stage.calm(2310)


def _switched_off(stage: Stage) -> None:
    stage.quote(2310)
    stage.client.kill_switch_engage("enough")
    stage.wait(10)
    stage.quote(2310)
    stage.wait(6)


def _switched_on(stage: Stage) -> None:
    stage.quote(2310)
    stage.client.kill_switch_clear()
    for _ in range(6):
        stage.calm(2310)


def _iceberg(stage: Stage) -> None:
    stage.quote(2310)
    stage.client.iceberg(ETH, "buy", 6, limit_price=2305, display=2, venue=VENUE, graph_id="g")
    stage.calm(2310)


def _piece_by_piece(stage: Stage) -> None:
    stage.calm(2310)
    stage.trade(3, 2305)
    stage.calm(2310)


def _share_of_the_market(stage: Stage) -> None:
    stage.quote(2310)
    stage.client.pov(
        ETH, "buy", 4, rate_bps=1000, interval_ms=5_000, max_ms=60_000, venue=VENUE, graph_id="g"
    )
    stage.calm(2310)


def _market_trades(stage: Stage) -> None:
    stage.quote(2310)
    stage.trade(12, 2310.5, "buy")
    stage.wait(5)
    stage.calm(2310)


def _time_is_over(stage: Stage) -> None:
    for _ in range(12):
        stage.calm(2310)


def _trails(stage: Stage) -> None:
    stage.quote(2310)
    stage.sandbox.client().sandbox.set_positions(
        [{"venue": VENUE, "kind": "crypto", "symbol": "ETH", "qty": 3, "entry_price_usd": 2000}]
    )
    stage.client.trailing_stop(ETH, "sell", 3, bps=100, venue=VENUE, graph_id="g")
    stage.calm(2400)


def _trail_is_tighter(stage: Stage) -> None:
    stage.quote(2390)
    stage.client.amend_edge("g", "stop_hit", trigger=Trigger.trail_below(bps=50))
    stage.calm(2389)


def _trail_is_met(stage: Stage) -> None:
    stage.calm(2387)


def _chases(stage: Stage) -> None:
    stage.quote(2310, 1)
    stage.client.chase(ETH, "buy", 3, limit_price=2320, venue=VENUE, graph_id="g")
    stage.wait(0.3)


def _market_runs(stage: Stage) -> None:
    stage.quote(2312, 1)
    stage.wait(2)


def _market_runs_away(stage: Stage) -> None:
    stage.quote(2330, 1)
    stage.wait(2)
    stage.calm(2330)


STORIES: dict[str, list[Act]] = {
    "a limit bracket whose stop is met as it fills": [
        _limit_entry,
        _fills_in_part,
        _stop_moves,
        _falls_through,
    ],
    "slices that are refused, paused and resumed": [
        _slices("pause"),
        _a_slice_is_refused,
        _goes_on,
    ],
    "slices under the kill switch": [_slices("continue"), _switched_off, _switched_on],
    "an iceberg piece by piece": [_iceberg, _piece_by_piece, _piece_by_piece, _piece_by_piece],
    "a share of the market": [_share_of_the_market, _market_trades, _market_trades, _time_is_over],
    "a trailing stop that is made tighter": [_trails, _trail_is_tighter, _trail_is_met],
    "an order that chases": [_chases, _market_runs, _market_runs_away],
}
"""Each act begins with a book, as a process does that has just started."""


def told(story: list[Act], preset: Preset, kind: str, file: Path | None) -> tuple[Any, ...]:
    """How a story ends; with a file each act has a process of its own."""
    parts = [story] if file is None else [[act] for act in story]
    found: tuple[Any, ...] = ()
    for acts in parts:
        with (
            Sandbox(market="manual", clock="manual", preset=preset, store=file) as sandbox,
            door(sandbox, kind) as client,
        ):
            stage = Stage(sandbox, client)
            for act in acts:
                act(stage)
            assert sandbox.check_invariants() == []
            found = stage.ends()
    return found


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("name", STORIES)
def test_a_story_ends_alike_by_both_doors_and_over_restarts(
    tmp_path: Path, name: str, preset: Preset
):
    story = STORIES[name]
    inside = told(story, preset, "in process", None)
    assert inside[0] not in ("ACCEPTED", "RUNNING", "PAUSED"), inside
    assert not any(inside[-1]), "a graph that is over holds nothing"
    assert told(story, preset, "HTTP", tmp_path / "kept.db") == inside


def test_what_has_fired_or_ended_is_not_changed_after_a_restart(tmp_path: Path):
    file = tmp_path / "kept.db"
    trigger = Trigger.price_at_most(1000)
    for act in (_limit_entry, _fills_in_part, _stop_moves, _falls_through):
        with (
            Sandbox(market="manual", clock="manual", preset="instant", store=file) as sandbox,
            door(sandbox, "HTTP") as client,
        ):
            act(Stage(sandbox, client))
    with (
        Sandbox(market="manual", clock="manual", preset="instant", store=file) as sandbox,
        door(sandbox, "HTTP") as client,
    ):
        for edge in client.graph_status("g").edges:
            with pytest.raises(ConflictError):
                client.amend_edge("g", edge.edge_id, trigger=trigger)
        for node in ("entry", "stop"):
            with pytest.raises(ConflictError):
                client.amend_node("g", node, new_qty=1)
        with pytest.raises(SequenceError):
            client.graph_resume("g")
