"""Happy paths of every endpoint: the keys of the contract, and answers that fit together."""

import pytest

from sequence._operations import OPERATIONS
from sequence.sandbox.handlers import HANDLERS

BUY = '{"symbol":"BTC-USD","side":"buy","qty":0.1}'
REST = '{"symbol":"BTC-USD","side":"buy","qty":0.1,"price":70000,"venue":"binance"}'


def test_every_operation_with_a_handler_has_an_operation():
    assert set(HANDLERS) <= set(OPERATIONS)
    assert len(HANDLERS) > 25


def test_health_reports_the_demo_market(api):
    health = api("GET", "/v1/health").json
    assert set(health) == {
        "status",
        "version",
        "api_version",
        "now_ns",
        "uptime_s",
        "pid",
        "host_label",
        "release",
        "epoch",
        "market_data",
        "simulation",
        "store",
        "venues",
    }
    assert (health["status"], health["api_version"]) == ("ok", "v1")
    assert health["market_data"] == {
        "source": "demo",
        "symbols": 12,
        "stale_symbols": 0,
        "unusable": [],
    }
    assert health["store"] == {"backend": "memory", "writable": True}
    assert {row["venue"] for row in health["venues"]} == {
        "binance",
        "bybit",
        "coinbase",
        "dex",
        "hyperliquid",
        "kalshi",
        "kraken",
        "okx",
        "polymarket",
    }


def test_an_order_can_be_read_back_everywhere(fresh):
    submitted = fresh("POST", "/v1/orders", BUY).json
    assert set(submitted) == {
        "graph_id",
        "status",
        "node_count",
        "edge_count",
        "is_sandbox",
        "orders",
    }
    assert (submitted["node_count"], submitted["edge_count"]) == (1, 0)
    (order,) = submitted["orders"]
    id_, graph_id = order["node_order_id"], submitted["graph_id"]
    assert id_ == f"graph:{graph_id}:order:1"
    assert fresh("GET", f"/v1/orders/{id_}").json == order
    assert fresh("GET", f"/v1/orders?node_order_id={id_}").json["orders"] == [order]
    assert fresh("GET", "/v1/orders?status=FILLED,PARTIAL&side=buy").json["orders"] == [order]
    assert fresh("GET", "/v1/orders?open=true").json["orders"] == []
    graph = fresh("GET", f"/v1/execution_graphs/{graph_id}").json
    assert graph == fresh("GET", f"/v1/execution_graphs/{id_}").json
    assert graph["nodes"][0]["node_order_ids"] == [id_]
    fills = fresh("GET", f"/v1/fills?node_order_id={id_}").json["fills"]
    assert sum(fill["qty_1e8"] for fill in fills) == 10_000_000
    assert sum(fill["fee_usd_1e9"] for fill in fills) == order["fees_usd_1e9"]


def test_metadata_comes_back_with_its_exact_numbers(fresh):
    body = BUY[:-1] + ',"metadata":{"a":0.10,"b":[1e2,"x",null,true],"c":12345678901234567890}}'
    graph_id = fresh("POST", "/v1/orders", body).json["graph_id"]
    raw = fresh("GET", f"/v1/execution_graphs/{graph_id}").raw
    assert b'"metadata":{"a":0.10,"b":[100,"x",null,true],"c":12345678901234567890}' in raw


def test_a_resting_order_is_cancelled_once(fresh):
    order = fresh("POST", "/v1/orders", REST).json["orders"][0]
    assert order["status"] == "ACCEPTED"
    assert order["reserved"]
    id_ = order["node_order_id"]
    first = fresh("DELETE", f"/v1/orders/{id_}").json
    assert first == {
        "node_order_id": id_,
        "graph_id": order["graph_id"],
        "status": "CANCELLED",
        "filled_qty_1e8": 0,
        "already_terminal": False,
        "pending": False,
        "exchange_ns": fresh("GET", f"/v1/orders/{id_}").json["updated_unix_ns"],
    }
    again = fresh("DELETE", f"/v1/orders/{id_}").json
    assert again == first | {"already_terminal": True}
    row = fresh("GET", f"/v1/orders/{id_}").json
    assert (row["done_reason"], row["reserved"]) == ("CANCELLED_BY_CLIENT", None)
    assert fresh.sandbox.check_invariants() == []


def test_a_filled_order_cannot_be_cancelled(fresh):
    id_ = fresh("POST", "/v1/orders", BUY).json["orders"][0]["node_order_id"]
    before = fresh.state
    for path in (f"/v1/orders/{id_}", f"/v1/execution_graphs/{id_}"):
        answer = fresh("DELETE", path)
        assert (answer.status, answer.code) == (409, "CONFLICT")
    assert fresh("DELETE", f"/v1/orders/{id_}").message == "order is FILLED"
    assert fresh.state == before


def test_a_graph_is_cancelled_by_its_id_or_by_that_of_an_order(fresh):
    first, second = (fresh("POST", "/v1/orders", REST).json for _ in range(2))
    by_graph = fresh("DELETE", f"/v1/execution_graphs/{first['graph_id']}").json
    assert by_graph["status"] == "CANCELLED"
    assert by_graph["cancelled_orders"] == [first["orders"][0]["node_order_id"]]
    by_order = fresh("DELETE", f"/v1/execution_graphs/{second['orders'][0]['node_order_id']}").json
    assert by_order["graph_id"] == second["graph_id"]
    assert by_order["already_terminal"] is False
    again = fresh("DELETE", f"/v1/execution_graphs/{first['graph_id']}").json
    assert again["already_terminal"] is True


def test_a_preview_changes_nothing(fresh):
    fresh("POST", "/v1/sandbox/reset")
    before = fresh.state
    preview = fresh("POST", "/v1/orders/preview", BUY).json
    assert preview["fillable_qty_1e8"] == 10_000_000
    assert preview["would_fail"] is None
    assert any(row["chosen"] for row in preview["candidate_venues"])
    assert fresh.state == before


def test_funds_that_are_missing_reject_the_order_and_not_the_request(fresh):
    fresh("POST", "/v1/sandbox/positions", '{"positions":[],"replace":true}')
    order = fresh("POST", "/v1/orders", BUY).json["orders"][0]
    assert (order["status"], order["failure_reason"]) == ("REJECTED", "INSUFFICIENT_BALANCE")


def test_pages_of_orders_do_not_overlap(fresh):
    for _ in range(5):
        fresh("POST", "/v1/orders", BUY)
    pages = [fresh("GET", f"/v1/orders?limit=2&offset={n}").json for n in (0, 2, 4)]
    assert [page["has_more"] for page in pages] == [True, True, False]
    ids = [row["node_order_id"] for page in pages for row in page["orders"]]
    assert len(set(ids)) == 5
    assert ids == [row["node_order_id"] for row in fresh("GET", "/v1/orders").json["orders"]]


def test_quotes_agree_with_each_other(api):
    one = api("GET", "/v1/quotes/BTC-USD?depth=5").json
    assert set(one) == {"symbol", "nbbo", "venues", "book", "source"}
    assert one["source"] == "edge_nbbo"
    assert len(one["book"]["bids"]) == 5
    (row,) = api("GET", "/v1/quotes?symbols=BTC-USD").json["quotes"]
    assert set(row) == {"symbol", "nbbo", "venues"}
    assert row["nbbo"] == one["nbbo"]
    assert len(api("GET", "/v1/quotes").json["quotes"]) == 12
    assert api("GET", "/v1/quotes?max_age_s=0").json == {"quotes": []}
    assert api("GET", "/v1/quotes?symbols=NOPE").json == {"quotes": []}


def test_every_symbol_of_a_batch_answers_for_itself(api):
    body = '{"symbols":["BTC-USD","NOPE-USD","KXBTCZ-26DEC31-T99000:NO"],"depth":3}'
    batch = api("POST", "/v1/quotes_batch", body).json
    assert batch["count"] == 3
    first, second, third = batch["quotes"]
    assert first["symbol"] == "BTC-USD"
    assert set(second) == {"symbol", "error"}
    assert third["nbbo"]["bid"] < 1


def test_symbols_are_sorted_and_filtered(api):
    rows = api("GET", "/v1/symbols").json
    names = [row["symbol"] for row in rows]
    assert names == sorted(names)
    assert len(names) == 12
    assert {row["instrument_type"] for row in api("GET", "/v1/symbols?type=perp").json} == {"perp"}
    kalshi = api("GET", "/v1/symbols?venue=kalshi").json
    assert [row["symbol"] for row in kalshi] == ["KXBTCZ-26DEC31-T99000"]
    pair = api("GET", "/v1/pairs/BTC-USD/venues").json
    assert pair == {
        "symbol": "BTC-USD",
        "venues": next(row["venues"] for row in rows if row["symbol"] == "BTC-USD"),
    }
    assert api("GET", "/v1/pairs/NOPE-USD/venues").status == 404


def test_fees_of_a_venue_without_the_ticker_are_null_and_not_zero(api):
    fees = api("GET", "/v1/fees?ticker=BTC-USD&venues=binance,kalshi").json
    by_venue = {row["venue"]: row for row in fees["fees"]}
    assert by_venue["binance"]["taker_bps"] == 10
    assert by_venue["binance"]["taker_rate_1e8"] == 100_000
    assert by_venue["kalshi"]["taker_bps"] is None
    assert api("GET", "/v1/fees?ticker=NOPE").status == 404
    assert api("GET", "/v1/fees").status == 400


def test_all_thirteen_venues_are_listed_with_the_key_class(api):
    venues = api("GET", "/v1/venues").json["venues"]
    assert len(venues) == 13
    assert sum(row["seeded"] for row in venues) == 9
    assert {row["class"] for row in venues} == {"cex", "perp_dex", "prediction", "dex"}
    assert set(venues[0]) == {
        "venue",
        "class",
        "instrument_types",
        "seeded",
        "cash_assets",
        "status",
        "since_ns",
        "unusable",
        "post_only",
        "initial_margin_1e8",
        "amend_mode",
        "redeem_mode",
        "stale_after_ms",
    }


def test_edges_name_spot_and_perp_processes(api):
    edges = {row["edge_id"]: row for row in api("GET", "/v1/edges").json["edges"]}
    assert edges["venue-edge-binance"]["instrument_types"] == ["spot"]
    assert edges["venue-edge-binance-perp"]["instrument_types"] == ["perp"]
    assert edges["venue-edge-polymarket"]["book_ms"] == 5
    assert {row["region"] for row in edges.values()} == {"local"}


def test_risk_limits_are_those_of_the_configuration(api):
    assert api("GET", "/v1/risk_limits").json == {
        "mode": "sandbox",
        "max_position_1e8": None,
        "max_order_notional_1e9": None,
        "max_order_rate": None,
        "max_open_orders": 10_000,
        "daily_loss_limit_usd_1e9": None,
        "fat_finger_bps": 5_000,
        "protection_bps": 500,
        "protection_prediction_bps": 1_000,
    }


NODE = (
    '{"node_id":"%s","instrument":{"symbol":"BTC-USD"},"side":"buy",'
    '"quantity":{"fixed":{"qty_1e8":1000000}}}'
)


@pytest.mark.parametrize(
    ("body", "counts"),
    [
        (
            f'{{"nodes":[{NODE % "a"},{NODE % "b"}],'
            '"edges":[{"from_node":"a","to_node":"b","trigger":"on_full_fill"}]}',
            (2, 1),
        ),
        (f'{{"nodes":[{NODE % "a"},{NODE % "b"}]}}', (2, 0)),
        (
            BUY[:-1] + ',"pacing":{"uniform":{"num_slices":10,"interval_ms":30000}}}',
            (11, 10),
        ),
    ],
)
def test_graphs_with_more_than_one_order_are_counted_after_expansion(api, body, counts):
    answer = api("POST", "/v1/orders", body)
    assert answer.status == 200
    assert (answer.json["node_count"], answer.json["edge_count"]) == counts
