"""A live account through the binding: what venues are asked comes out, what they tell goes in."""

import json
from typing import Any

import pytest

from sequence import _core

NOW = 1_776_657_600_000_000_000
ONE, DOLLAR = 10**8, 10**9


class Floor:
    """A venue played by hand, and the live account that trades there."""

    def __init__(self) -> None:
        self.engine = _core.Engine(preset="realistic")
        for symbol in ("ETH-USD", "BTC-USD"):
            self.engine.market_snapshot(
                "kraken", symbol, [(99 * DOLLAR, ONE)], [(101 * DOLLAR, ONE)], NOW, NOW
            )
        self.account = self.engine.live_account("alice")
        cash = [("kraken", "fiat", "USD", 10_000 * ONE, None)]
        self.engine.set_positions(self.account, cash, False, NOW)

    def asked(self) -> list[dict[str, Any]]:
        return self.engine.take_requests()

    def tell(self, name: str, word: str, **more: Any) -> None:
        self.engine.report("kraken", name, word, NOW, NOW, **more)
        assert self.engine.check_invariants() == []

    def fill(self, name: str, trade: str, qty: int, price: int = 100) -> None:
        self.tell(
            name,
            "fill",
            trade=trade,
            qty_1e8=qty * ONE,
            price_1e9=price * DOLLAR,
            fee_1e9=DOLLAR,
            fee_asset="USD",
            is_maker=True,
        )

    def cash(self) -> int:
        rows = self.engine.positions(self.account)["positions"]
        return sum(row["qty_1e8"] for row in rows if row["instrument"]["symbol"] == "USD") // ONE

    def submit(self, **more: Any) -> dict[str, Any]:
        asked: dict[str, Any] = {"symbol": "ETH-USD", "side": "buy", "venue": "kraken"}
        asked |= {"qty_1e8": 4 * ONE, "price_1e9": 100 * DOLLAR, "by": "live"}
        answer, _ = self.engine.submit(self.account, NOW, **(asked | more))
        return answer

    def status(self, answer: dict[str, Any]) -> str:
        status: str = self.engine.order(self.account, answer["node_order_id"])["status"]
        return status


def test_a_leg_lives_by_reports_alone():
    floor = Floor()
    answer = floor.submit()["orders"][0]
    assert answer["is_sandbox"] is False
    (new,) = floor.asked()
    assert {key: new[key] for key in ("ask", "venue", "symbol", "side", "tif")} == {
        "ask": "new",
        "venue": "kraken",
        "symbol": "ETH-USD",
        "side": "buy",
        "tif": "gtc",
    }
    assert (new["order_type"], new["qty_1e8"], new["price_1e9"]) == ("limit", 4 * ONE, 100 * DOLLAR)
    # A book that would fill it in the sandbox does nothing to it.
    floor.engine.market_snapshot("kraken", "ETH-USD", [], [(90 * DOLLAR, 9 * ONE)], NOW, NOW)
    assert floor.status(answer) == "NEW"
    floor.tell(new["client_order_id"], "ack", venue_order="O-1")
    assert floor.status(answer) == "ACCEPTED"
    floor.fill(new["client_order_id"], "T-1", 1)
    floor.engine.amend_order(
        floor.account, answer["node_order_id"], NOW, new_qty_1e8=3 * ONE, by="live"
    )
    (amend,) = floor.asked()
    assert (amend["ask"], amend["qty_1e8"]) == ("amend", 3 * ONE)
    floor.tell(new["client_order_id"], "amended", qty_1e8=3 * ONE)
    floor.engine.cancel_order(floor.account, answer["node_order_id"], NOW)
    (cancel,) = floor.asked()
    assert (cancel["ask"], cancel["client_order_id"]) == ("cancel", new["client_order_id"])
    floor.tell(new["client_order_id"], "done", reason="CANCELLED_BY_CLIENT", qty_1e8=ONE)
    assert floor.status(answer) == "CANCELLED"
    assert floor.cash() == 10_000 - 100 - 1


def test_a_fill_that_was_taken_back_says_so():
    floor = Floor()
    answer = floor.submit()["orders"][0]
    name = floor.asked()[0]["client_order_id"]
    floor.fill(name, "T-1", 4)
    assert floor.status(answer) == "FILLED"
    assert "reversed" not in floor.engine.fills(floor.account)["fills"][0]
    floor.tell(name, "reversed", trade="T-1")
    (fill,) = floor.engine.fills(floor.account)["fills"]
    assert (fill["reversed"], fill["is_sandbox"], floor.cash()) == (True, False, 10_000)
    row = floor.engine.order(floor.account, answer["node_order_id"])
    assert (row["status"], row["filled_qty_1e8"]) == ("FILLED", 0)
    with pytest.raises(_core.Refusal) as refused:
        floor.tell(name, "reversed", trade="T-2")
    assert refused.value.code == "NOT_FOUND"


def test_a_graph_follows_the_reports_of_real_venues():
    floor = Floor()
    at: dict[str, Any] = {"venue": "kraken"}
    nodes: list[dict[str, Any]] = [
        {
            "node_id": "entry",
            "instrument": {"symbol": "ETH-USD"} | at,
            "side": "buy",
            "quantity": {"fixed": {"qty_1e8": 2 * ONE}},
            "order_type": {"limit": {"price_1e9": 100 * DOLLAR}},
        },
        {
            "node_id": "exit",
            "instrument": {"symbol": "ETH-USD"} | at,
            "side": "sell",
            "quantity": {"from_edge": {}},
            "order_type": {"limit": {"price_1e9": 120 * DOLLAR}},
        },
    ]
    sizing = {"from_filled": {"ratio": 1}}
    edges = [{"from_node": "entry", "to_node": "exit", "trigger": "on_full_fill", "sizing": sizing}]
    spec = json.dumps({"nodes": nodes, "edges": edges})
    floor.engine.submit_graph(floor.account, NOW, spec, graph_id="pair", by="live")
    (entry,) = floor.asked()
    floor.fill(entry["client_order_id"], "T-1", 2)
    (exit_order,) = floor.asked()
    assert (exit_order["side"], exit_order["qty_1e8"]) == ("sell", 2 * ONE)
    # What a fill has set off stands when the fill is taken back; what is sold can not go.
    with pytest.raises(_core.Refusal) as refused:
        floor.tell(entry["client_order_id"], "reversed", trade="T-1")
    assert refused.value.code == "CONFLICT"
    floor.fill(exit_order["client_order_id"], "T-2", 2, price=120)
    assert floor.engine.graph(floor.account, "pair")["status"] == "COMPLETED"
    assert floor.cash() == 10_000 + 2 * 20 - 2


def _perp(name: str) -> dict[str, Any]:
    return {
        "node_id": name,
        "instrument": {"symbol": "ETH-USD-PERP", "venue": "hyperliquid", "type": "perp"},
        "side": "buy",
        "quantity": {"fixed": {"qty_1e8": ONE}},
        "order_type": {"limit": {"price_1e9": 100 * DOLLAR}},
    }


@pytest.mark.parametrize("at", ["order", "root", "waiting"])
def test_perpetuals_are_refused_wherever_they_stand(at: str):
    floor = Floor()
    book = [(99 * DOLLAR, ONE)], [(101 * DOLLAR, ONE)]
    floor.engine.market_snapshot("hyperliquid", "ETH-USD-PERP", *book, NOW, NOW)
    spot = _perp("spot") | {"instrument": {"symbol": "ETH-USD", "venue": "kraken"}}
    nodes = [spot, _perp("perp")]
    edges = [{"from_node": "spot", "to_node": "perp", "trigger": "on_full_fill"}]
    spec = json.dumps({"nodes": nodes, "edges": edges if at == "waiting" else []})
    before = floor.engine.state_hash()
    more = {"symbol": "ETH-USD-PERP", "venue": "hyperliquid", "instrument_type": "perp"}
    send = {
        "order": lambda: floor.submit(**more),
        "root": lambda: floor.engine.submit_graph(floor.account, NOW, spec, by="live"),
    }
    with pytest.raises(_core.Refusal, match="perpetuals are not traded live") as refused:
        send.get(at, send["root"])()
    assert refused.value.code == "VALIDATION_ERROR"
    assert (floor.engine.state_hash(), floor.asked()) == (before, [])


def test_a_store_and_a_live_account_exclude_each_other():
    floor = Floor()
    journal = _core.Journal(floor.engine)
    for keep in (journal.listen, journal.all_rows):
        with pytest.raises(_core.Refusal, match="store") as refused:
            keep()
        assert refused.value.code == "CONFLICT"
    kept = _core.Engine()
    _core.Journal(kept).listen()
    with pytest.raises(_core.Refusal, match="store") as refused:
        kept.live_account("alice")
    assert refused.value.code == "CONFLICT"


def test_the_two_accounts_of_a_client_are_told_apart():
    engine = _core.Engine()
    live, sandbox = engine.live_account("alice"), engine.account("alice")
    assert (engine.account_mode(live), engine.account_mode(sandbox)) == ("live", "sandbox")
    assert engine.live_account("alice") == live


@pytest.mark.parametrize(
    ("word", "more", "field"),
    [
        ("ack", {}, "venue_order"),
        ("fill", {"trade": "T-1", "price_1e9": DOLLAR, "fee_asset": "USD"}, "qty_1e8"),
        ("fill", {"qty_1e8": ONE, "price_1e9": DOLLAR, "fee_asset": "USD"}, "trade"),
        ("done", {"qty_1e8": 0}, "reason"),
        ("reject", {"reason": "BECAUSE"}, "reason"),
        ("busted", {}, "word"),
    ],
)
def test_a_report_that_lacks_something_names_it(word: str, more: dict[str, Any], field: str):
    floor = Floor()
    floor.submit()
    name = floor.asked()[0]["client_order_id"]
    with pytest.raises(_core.Refusal) as refused:
        floor.tell(name, word, **more)
    assert (refused.value.code, refused.value.field) == ("VALIDATION_ERROR", field)
