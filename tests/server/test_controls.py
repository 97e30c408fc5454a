"""Amends, kill switches, limits and reference prices over HTTP."""

import json
import time

import pytest

from sequence.sandbox import Sandbox
from sequence.server import serving
from tests.server.conftest import Api

REST = '{"symbol":"BTC-USD","side":"buy","qty":0.1,"price":70000,"venue":"binance"}'
BUY = '{"symbol":"BTC-USD","side":"buy","qty":0.1}'


def rest(api, body=REST):
    return api("POST", "/v1/orders", body).json["orders"][0]


def amend(api, order, body, **options):
    return api("PATCH", f"/v1/orders/{order['node_order_id']}", json.dumps(body), **options)


def test_an_amend_answers_with_what_is_in_force(fresh):
    order = rest(fresh)
    body = {"new_qty_1e8": 5_000_000, "new_constraints": {"max_price_1e9": 71_000_000_000_000}}
    answer = amend(fresh, order, body).json
    assert answer == {
        "node_order_id": order["node_order_id"],
        "graph_id": order["graph_id"],
        "status": "ACCEPTED",
        "mode": "cancel_replace",
        "qty_1e8": 5_000_000,
        "limit_price_1e9": 71_000_000_000_000,
        "version": order["version"] + 1,
        "pending": False,
    }
    row = fresh("GET", f"/v1/orders/{order['node_order_id']}").json
    assert (row["qty_1e8"], row["seq"], row["version"]) == (5_000_000, 1, answer["version"])
    assert fresh.sandbox.check_invariants() == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"expected_version": 2}, 422),
        ({"new_qty_1e8": 0}, 422),
        ({"new_qty_1e8": 1.0}, 422),
        ({"new_qty_1e8": 1, "reduce_by_1e8": 1}, 422),
        ({"new_constraints": {}}, 422),
        ({"new_constraints": {"max_price_1e9": 0}}, 422),
        ({"new_qty_1e8": 5_000_000, "price": 1}, 422),
        ({"reduce_by_1e8": 10_000_000}, 409),
        ({"new_qty_1e8": 5_000_000, "expected_version": 99}, 409),
        ({"new_qty_1e8": 5_000_000, "expected_version": -(2**70)}, 409),
        ({"new_qty_1e8": 5_000_000, "expected_version": 2**70}, 409),
        ({"new_qty_1e8": 9 * 10**18}, 422),
    ],
)
def test_an_amend_that_is_refused_changes_nothing(api, body, status):
    order = rest(api)
    before = api.state
    assert amend(api, order, body).status == status
    assert api.state == before


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"new_qty_1e8": 5_000_001}, "new_qty_1e8"),
        (
            {"new_constraints": {"max_price_1e9": 71_000_000_000_001}},
            "new_constraints.max_price_1e9",
        ),
    ],
)
def test_a_refused_change_names_the_key_of_its_body(api, body, field):
    order = rest(api)
    paths = (
        f"/v1/orders/{order['node_order_id']}",
        f"/v1/execution_graphs/{order['graph_id']}/nodes/order",
    )
    for path in paths:
        answer = api("PATCH", path, json.dumps(body))
        assert [row["field"] for row in answer.json["error"]["details"]] == [field]


def test_an_unknown_order_is_not_amended(api):
    assert amend(api, {"node_order_id": "graph:x:order:1"}, {"new_qty_1e8": 1}).status == 404


def test_two_decreases_of_one_version_do_not_add_up(fresh):
    order = rest(fresh)
    body = {"reduce_by_1e8": 1_000_000, "expected_version": order["version"]}
    first, second = amend(fresh, order, body), amend(fresh, order, body)
    assert (first.status, second.status) == (200, 409)
    assert first.json["qty_1e8"] == 9_000_000


def test_a_node_is_amended_in_how_it_works(fresh):
    order = rest(fresh)
    path = f"/v1/execution_graphs/{order['graph_id']}/nodes/order"
    body = '{"new_constraints":{"urgency":"high","max_slippage_bps":50,"horizon_ms":60000}}'
    node = fresh("PATCH", path, body).json
    assert node["mode"] == "native_atomic"
    assert node["execution"]["urgency"] == "high"
    fresh("PATCH", path, '{"new_qty_1e8":5000000,"new_constraints":{"horizon_ms":5000}}')
    fresh.sandbox.clock.advance(seconds=6)
    row = fresh("GET", f"/v1/orders/{order['node_order_id']}").json
    assert (row["status"], row["qty_1e8"], row["urgency"]) == ("EXPIRED", 5_000_000, "high")
    assert fresh("PATCH", path, body).status == 409
    assert fresh("PATCH", path.replace("/order", "/other"), body).status == 404
    assert fresh("PATCH", path, '{"new_constraints":{}}').status == 422
    graph = fresh("GET", f"/v1/execution_graphs/{order['graph_id']}").json
    assert "mode" not in graph["nodes"][0]


def test_only_a_paused_graph_resumes(api):
    order = rest(api)
    path = f"/v1/execution_graphs/{order['graph_id']}/resume"
    answer = api("POST", path)
    assert (answer.status, answer.message) == (409, "graph is RUNNING, not PAUSED")
    assert api("POST", "/v1/execution_graphs/nope/resume").status == 404


def test_the_kill_switch_stops_orders_and_nothing_else(fresh):
    order = rest(fresh)
    engaged = fresh("POST", "/v1/kill_switch", '{"reason":"manual stop"}').json
    assert (engaged["engaged"], engaged["mode"], engaged["reason"]) == (
        True,
        "sandbox",
        "manual stop",
    )
    again = fresh("PUT", "/v1/kill_switch").json
    assert (again["engaged_at_ns"], again["reason"]) == (engaged["engaged_at_ns"], None)
    refused = [
        fresh("POST", "/v1/orders", BUY),
        amend(fresh, order, {"new_qty_1e8": 20_000_000}),
        fresh("POST", f"/v1/execution_graphs/{order['graph_id']}/resume"),
    ]
    assert [answer.status for answer in refused] == [409, 409, 409]
    assert all("kill switch" in answer.message for answer in refused)
    assert fresh("GET", "/v1/account").json["kill_switch"] is True
    assert fresh("POST", "/v1/orders/preview", BUY).json["would_fail"]["http_status"] == 409
    assert amend(fresh, order, {"new_qty_1e8": 5_000_000}).status == 200
    assert fresh("DELETE", f"/v1/orders/{order['node_order_id']}").status == 200
    assert fresh("POST", "/v1/sandbox/reset").status == 200
    cleared = fresh("POST", "/v1/kill_switch/clear").json
    assert (cleared["engaged"], cleared["cleared_at_ns"] is None) == (False, False)
    assert fresh("POST", "/v1/orders", BUY).status == 200


def test_the_switches_of_the_modes_are_two(fresh):
    fresh("POST", "/v1/kill_switch", key="live")
    assert fresh("GET", "/v1/kill_switch").json["engaged"] is False
    assert fresh("POST", "/v1/orders", BUY).status == 200
    flagged = BUY[:-1] + ',"sandbox":true}'
    assert fresh("POST", "/v1/orders", flagged, key="live").status == 409


def test_cancel_all_takes_one_venue(fresh):
    first = rest(fresh)
    second = rest(fresh, REST.replace("binance", "kraken"))
    answer = fresh("POST", "/v1/venue_cancel_all/binance").json
    assert answer == {
        "venue": "binance",
        "cancelled": 1,
        "node_order_ids": [first["node_order_id"]],
    }
    row = fresh("GET", f"/v1/orders/{first['node_order_id']}").json
    assert row["done_reason"] == "VENUE_CANCEL_ALL"
    assert fresh("GET", f"/v1/orders/{second['node_order_id']}").json["status"] == "ACCEPTED"
    unknown = fresh("POST", "/v1/venue_cancel_all/foo")
    assert (unknown.status, unknown.message[:19]) == (422, 'unknown venue "foo"')
    live = fresh("POST", "/v1/venue_cancel_all/kraken", key="live").json
    assert (live["cancelled"], live["node_order_ids"]) == (0, [])


def test_limits_come_from_the_configuration():
    risk = {"max_order_rate": 2, "max_order_notional_1e9": 10_000 * 10**9}
    with Sandbox(clock="manual", risk=risk) as sandbox, serving(sandbox) as url:
        api = Api(sandbox, url)
        limits = api("GET", "/v1/risk_limits").json
        assert (limits["max_order_rate"], limits["max_open_orders"]) == (2, 10_000)
        assert api("POST", "/v1/orders", BUY.replace("0.1", "1")).status == 422
        assert [api("POST", "/v1/orders", BUY).status for _ in range(3)] == [200, 200, 429]
        assert int(api("POST", "/v1/orders", BUY).headers["retry-after"]) >= 1
        sandbox.clock.advance(seconds=1)
        assert api("POST", "/v1/orders", BUY).status == 200


NODE = (
    '{"nodes":[{"node_id":"a","instrument":{"symbol":"BTC-USD"},"side":"buy",'
    '"quantity":{"fixed":{"qty_1e8":10000000}}}],"risk":%s}'
)


def test_the_risk_of_a_graph_is_enforced_and_comes_back(fresh):
    refused = fresh("POST", "/v1/orders", NODE % '{"admission":{"max_notional_usd":5000}}')
    assert (refused.status, refused.json["error"]["details"][0]["field"]) == (
        422,
        "risk.admission.max_notional_usd",
    )
    rejected = fresh("POST", "/v1/orders", NODE % '{"pre_trade":{"max_position_qty":0.05}}')
    assert rejected.json["orders"][0]["failure_reason"] == "POSITION_LIMIT"
    risk = {
        "admission": {"max_notional_usd": 500000, "allowed_venues": ["binance", "kraken"]},
        "pre_trade": {},
        "runtime": {"max_loss_usd": 10000.5},
        "on_failure": {"on_runtime_breach": "pause", "on_node_reject": "continue"},
    }
    graph_id = fresh("POST", "/v1/orders", NODE % json.dumps(risk)).json["graph_id"]
    raw = fresh("GET", f"/v1/execution_graphs/{graph_id}")
    assert raw.json["risk"] == risk
    assert b'"max_notional_usd":500000,' in raw.raw
    order = raw.json["nodes"][0]
    assert order["status"] == "FILLED"
    assert fresh("POST", "/v1/orders", NODE % '{"runtime":{"max_loss":1}}').status == 422


def test_a_fair_price_lies_between_bid_and_ask(api):
    prices = api("GET", "/v1/fair_price").json["prices"]
    assert [row["underlying"] for row in prices] == sorted(row["underlying"] for row in prices)
    (row,) = api("GET", "/v1/fair_price?underlying=BTC").json["prices"]
    book = api("GET", "/v1/quotes/BTC-USD?depth=10").json["book"]
    assert book["bids"][-1][0] < row["fair"] < book["asks"][-1][0]
    assert row["fair_1e9"] == round(row["fair"] * 1e9)
    assert row["depth_levels"] == 10
    assert "binance" in row["venues"]
    assert api("GET", "/v1/fair_price?underlying=NOPE").json == {"prices": []}


def test_whole_basis_points_are_integers(api):
    raw = api("GET", "/v1/fees?ticker=BTC-USD-PERP&venues=binance,bybit").raw
    assert b'"maker_bps":2,"taker_bps":5,' in raw
    assert b'"maker_bps":2,"taker_bps":5.5,' in raw
    assert b'"est_fee_bps":10,' in api("POST", "/v1/orders/preview", BUY).raw


def test_a_preview_fills_at_once_whatever_the_delays():
    for preset in ("instant", "realistic"):
        with Sandbox(clock="manual", preset=preset) as sandbox, serving(sandbox) as url:
            preview = Api(sandbox, url)("POST", "/v1/orders/preview", BUY).json
            assert preview["fillable_qty_1e8"] == 10_000_000, preset
            assert preview["would_fail"] is None


@pytest.mark.parametrize("clock", ["wall", "manual"])
def test_on_the_wall_clock_answers_wait_for_the_venue(clock):
    options = {"preset": "realistic", "clock": clock}
    with Sandbox(**options) as sandbox, serving(sandbox) as url:
        api = Api(sandbox, url)
        order = rest(api)
        settle(api, order, clock)
        changed = amend(api, order, {"new_qty_1e8": 5_000_000})
        assert changed.json["pending"] is (clock == "manual")
        assert changed.json["qty_1e8"] == (5_000_000 if clock == "wall" else 10_000_000)
        settle(api, order, clock)
        cancelled = api("DELETE", f"/v1/orders/{order['node_order_id']}").json
        assert cancelled["pending"] is (clock == "manual")
        assert cancelled["status"] == ("CANCELLED" if clock == "wall" else "ACCEPTED")
        assert cancelled["already_terminal"] is False


def settle(api, order, clock):
    """Lets the messages of an order arrive."""
    if clock == "manual":
        api.sandbox.clock.advance(seconds=10)
        return
    deadline = time.monotonic() + 10
    while api("GET", f"/v1/orders/{order['node_order_id']}").json["status"] == "NEW":
        assert time.monotonic() < deadline
