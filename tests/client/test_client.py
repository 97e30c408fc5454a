"""The verbs, driven through the sync and the async client alike."""

import inspect
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

import sequence
from sequence import errors
from sequence._client.sync.base import ClientBase
from sequence.types import (
    FillsPage,
    OrderCancelResponse,
    SandboxSettings,
    SandboxWritten,
    SimpleOrderRequest,
    SymbolList,
)

LIVE = "seq_live_" + "a" * 64
TEST = "seq_test_" + "b" * 64


def test_buy_sends_exact_numbers_and_returns_the_order(drive: Any, make_submitted: Any):
    driver = drive(make_submitted())
    order = driver.call("buy", "BTC-USD", 0.29, limit_price="74349.45", tif="ioc", venue="okx")
    [sent] = driver.script.sent
    body = sent["body"]
    assert (body.qty_1e8, body.price_1e9) == (29_000_000, 74_349_450_000_000)
    assert (body.side, body.tif, body.venue, body.instrument_type) == ("buy", "ioc", "okx", "spot")
    assert (order.status, order.avg_price, order.qty) == (
        "FILLED",
        Decimal("74349.45"),
        Decimal("0.1"),
    )
    assert (order.id, order.graph_id, order.is_terminal) == ("graph:g1:order:1", "g1", True)
    assert repr(order) == "<buy BTC-USD FILLED: 0.1 of 0.1 at 74349.45, graph:g1:order:1>"


def test_a_request_made_by_a_verb_equals_the_one_the_server_reads(drive: Any, make_submitted: Any):
    driver = drive(make_submitted())
    driver.call(
        "sell",
        "ETH-USD",
        Decimal("1.5"),
        limit_price=2310.15,
        tif="post_only",
        urgency="high",
        policy="aggressive_chase",
        max_slippage_bps=25,
        horizon_ms=60_000,
        reduce_only=True,
        perp=True,
        graph_id="g-1",
    )
    body = driver.script.sent[0]["body"]
    checked = SimpleOrderRequest.model_validate(body.model_dump(exclude_defaults=True))
    assert checked == body
    assert json.loads(body.to_json()) == json.loads(checked.to_json())


@pytest.mark.parametrize(
    ("args", "options", "part"),
    [
        (("BTC-USD", 1), {"limit_price": 0}, "limit_price: must be > 0"),
        (("BTC-USD", 1), {"limit_price": 0.0}, "limit_price: must be > 0"),
        (("BTC-USD", 1), {"limit_price": -0.0}, "limit_price: must be > 0"),
        (("BTC-USD", 1), {"limit_price": float("nan")}, "limit_price: must be a finite"),
        (("BTC-USD", 0), {}, "qty: must be > 0"),
        (("BTC-USD", True), {}, "qty: bool is not a number"),
        (("BTC-USD",), {}, "exactly one of qty and notional"),
        (("BTC-USD", 1), {"notional": 5}, "exactly one of qty and notional"),
        (("", 1), {}, "symbol"),
        (("\uff22", 1), {}, "symbol: must be ASCII"),
        ((5, 1), {}, "symbol"),
        (("BTC-USD", 1), {"tif": "gtd"}, "tif: must be one of"),
        (("BTC-USD", 1), {"tif": ["ioc"]}, "tif: must be one of"),
        (("BTC-USD", 1), {"tif": "post_only"}, "post_only needs a limit_price"),
        (("BTC-USD", 1), {"max_slippage_bps": 0}, "max_slippage_bps: must be from 1 to 10000"),
        (("BTC-USD", 1), {"max_slippage_bps": 1.0}, "max_slippage_bps: must be an integer"),
        (("BTC-USD", 1), {"horizon_ms": 2**63}, "horizon_ms: must be from"),
        (("BTC-USD", 1), {"sandbox": "yes"}, "sandbox: must be True or False"),
        (("BTC-USD", 1), {"graph_id": "a:b"}, "graph_id"),
        (("BTC-USD", 1), {"graph_id": "graph"}, "graph_id"),
        (("BTC-USD", 1), {"venue": ""}, "venue"),
    ],
)
def test_what_cannot_be_sent_is_refused_before_any_io(
    drive: Any, args: tuple[Any, ...], options: dict[str, Any], part: str
):
    driver = drive()
    with pytest.raises(errors.ValidationError, match=part):
        driver.call("buy", *args, **options)
    with pytest.raises(errors.ValidationError, match=part):
        driver.call("preview", args[0], "buy", *args[1:], **options) if not options.keys() - {
            "limit_price",
            "notional",
            "sandbox",
            "venue",
        } else driver.call("sell", *args, **options)
    assert driver.script.sent == []


def test_an_unknown_keyword_is_an_error_and_never_dropped(drive: Any):
    driver = drive()
    with pytest.raises(TypeError, match="unexpected keyword argument 'limitprice'"):
        driver.call("buy", "BTC-USD", 1, limitprice=5)
    assert driver.script.sent == []


def test_a_size_in_usd_goes_as_notional(drive: Any, make_submitted: Any):
    driver = drive(make_submitted())
    driver.call("buy", "BTC-USD", notional="1000.50")
    assert driver.script.sent[0]["body"].notional_1e9 == 1_000_500_000_000


@pytest.mark.parametrize(
    ("key", "flag", "sent"),
    [
        (TEST, None, None),
        (LIVE, None, True),
        (LIVE, True, True),
        (LIVE, False, False),
    ],
)
def test_a_live_key_stays_on_paper_unless_told_otherwise(
    drive: Any, make_submitted: Any, key: str, flag: bool | None, sent: bool | None
):
    driver = drive(make_submitted(), api_key=key)
    driver.call("buy", "BTC-USD", 1, sandbox=flag)
    assert driver.script.sent[0]["body"].sandbox is sent


def test_lists_of_a_live_key_follow_the_same_rule(drive: Any):
    page = FillsPage(fills=[], total=0, limit=50, offset=0, has_more=False)
    driver = drive(page, page, api_key=LIVE)
    driver.call("fills")
    driver.call("fills", sandbox=False)
    assert [sent["query"].to_params() for sent in driver.script.sent] == [{"sandbox": "true"}, {}]


def test_wait_asks_until_the_order_is_done(drive: Any, make_submitted: Any, make_order: Any):
    open_row, done = make_order(status="ACCEPTED"), make_order()
    driver = drive(make_submitted(status="NEW"), open_row, done)
    order = driver.call("buy", "BTC-USD", 1)
    assert order.status == "NEW"
    assert driver.run(order.wait).status == "FILLED"
    assert [sent["operation"] for sent in driver.script.sent] == ["submit_order", "order", "order"]
    assert driver.script.slept == [0.02, 0.04]


def test_wait_gives_up_and_leaves_the_order_open(drive: Any, make_submitted: Any):
    driver = drive(make_submitted(status="NEW"))
    order = driver.call("buy", "BTC-USD", 1)
    with pytest.raises(TimeoutError, match="still NEW after 0 s"):
        driver.run(order.wait, timeout=0)
    assert len(driver.script.sent) == 1


def test_cancel_of_an_order_refreshes_it(drive: Any, make_submitted: Any, make_order: Any):
    answer = OrderCancelResponse(
        node_order_id="graph:g1:order:1",
        graph_id="g1",
        status="CANCELLED",
        filled_qty_1e8=0,
        already_terminal=False,
        pending=False,
    )
    driver = drive(make_submitted(status="NEW"), answer, make_order(status="CANCELLED"))
    order = driver.call("buy", "BTC-USD", 1)
    assert driver.run(order.cancel) == answer
    assert order.status == "CANCELLED"


def test_fills_of_an_order_come_from_all_pages(drive: Any, make_submitted: Any):
    first = FillsPage.model_construct(fills=["c", "b"], has_more=True)
    last = FillsPage.model_construct(fills=["a"], has_more=False)
    driver = drive(make_submitted(), first, last)
    order = driver.call("buy", "BTC-USD", 1)
    assert driver.run(order.fills) == ["a", "b", "c"]
    queries = [sent["query"].to_params() for sent in driver.script.sent[1:]]
    assert [(query["node_order_id"], query.get("offset")) for query in queries] == [
        ("graph:g1:order:1", None),
        ("graph:g1:order:1", "2"),
    ]


def test_amend_and_decrease_send_one_atomic_change(drive: Any):
    driver = drive(None, None, None)
    driver.call("amend", "o1", new_price="0.5", expected_version=3)
    driver.call("amend", "o1", new_qty=2)
    driver.call("decrease", "o1", 0.29)
    assert [sent["body"].to_json() for sent in driver.script.sent] == [
        b'{"new_constraints":{"max_price_1e9":500000000},"expected_version":3}',
        b'{"new_qty_1e8":200000000}',
        b'{"reduce_by_1e8":29000000}',
    ]


@pytest.mark.parametrize(
    ("name", "args", "options", "part"),
    [
        ("amend", ("o1",), {}, "amend with no fields"),
        ("amend", ("o1",), {"new_price": 0}, "new_price: must be > 0"),
        ("amend", ("o1",), {"new_qty": True}, "new_qty"),
        ("amend", ("",), {"new_qty": 1}, "order_id"),
        ("decrease", ("o1", 0), {}, "reduce_by: must be > 0"),
        ("decrease", ("o1", -1), {}, "reduce_by: must be > 0"),
        ("decrease", ("o1", 1), {"expected_version": 1.5}, "expected_version"),
        ("orders", (), {"limit": 501}, "limit: must be <= 500"),
        ("orders", (), {"status": ["OPEN"]}, r"status\[0\]: must be one of"),
        ("fills", (), {"since_ns": 1_776_657_000}, "since_ns: must be nanoseconds"),
        ("quote", ("BTC-USD",), {"depth": 0}, "depth: must be >= 1"),
        ("quotes_batch", ([],), {}, "symbols: must have at least 1"),
        ("positions", (), {"kinds": ["bond"]}, r"kinds\[0\]"),
        ("kill_switch_engage", ("x" * 129,), {}, "reason: must be at most 128"),
        ("sandbox.settings", (0,), {}, "initial_balance_usd: must be > 0"),
        ("sandbox.settings", (float("inf"),), {}, "initial_balance_usd: must be a finite"),
        ("sandbox.set_positions", ([{"qty": True}],), {}, r"positions\[0\].qty: bool"),
        ("sandbox.set_positions", ([{"venue": "foo"}],), {}, r"positions\[0\].venue: unknown"),
        ("submit_graph", ([{"node_id": "a:b"}],), {}, r"nodes\[0\].node_id"),
    ],
)
def test_bad_arguments_are_named_before_any_io(
    drive: Any, name: str, args: tuple[Any, ...], options: dict[str, Any], part: str
):
    driver = drive()
    with pytest.raises(errors.ValidationError, match=part):
        driver.call(name, *args, **options)
    assert driver.script.sent == []


def test_sandbox_positions_are_exact(drive: Any):
    driver = drive(SandboxWritten(written=1, deleted=0))
    row = {"venue": "okx", "kind": "perp", "symbol": "BTC-USD-PERP", "qty": -0.29}
    driver.call("sandbox.set_positions", [row | {"entry_price_usd": 92000.1}], replace=True)
    body = driver.script.sent[0]["body"]
    assert (body.replace, body.positions[0].qty_1e8) == (True, -29_000_000)
    assert body.positions[0].entry_price_usd_1e9 == 92_000_100_000_000


def test_sandbox_settings_read_or_set(drive: Any):
    answer = SandboxSettings(initial_balance_usd=Decimal(5))
    driver = drive(answer, answer)
    driver.call("sandbox.settings")
    driver.call("sandbox.settings", 100_000.0)
    assert [sent["operation"] for sent in driver.script.sent] == [
        "sandbox_settings",
        "sandbox_settings_put",
    ]
    assert driver.script.sent[1]["body"].initial_balance_1e8 == 10_000_000_000_000


@pytest.mark.parametrize(
    ("name", "args", "path"),
    [
        ("order", ("graph:g:order:1",), {"node_order_id": "graph:g:order:1"}),
        ("cancel", ("g",), {"node_order_id": "g"}),
        ("graph_status", ("graph:g:order:1",), {"id": "g"}),
        ("graph_cancel", ("g",), {"id": "g"}),
        ("graph_resume", ("KX:YES",), {"id": "KX:YES"}),
        ("cancel_all_on_venue", ("kalshi",), {"venue": "kalshi"}),
        ("quote", ("KXA:YES",), {"symbol": "KXA:YES"}),
        ("pair_venues", ("BTC-USD",), {"symbol": "BTC-USD"}),
        ("api_key_rotate", ("key_1",), {"key_id": "key_1"}),
        ("api_key_revoke", ("key_1",), {"key_id": "key_1"}),
    ],
)
def test_ids_go_into_the_path_as_given(
    drive: Any, name: str, args: tuple[str, ...], path: dict[str, str]
):
    driver = drive(None)
    driver.call(name, *args)
    assert driver.script.sent[0]["path"] == path


@pytest.mark.parametrize(
    "name",
    [
        "account",
        "api_keys",
        "edges",
        "fair_price",
        "health_report",
        "kill_switch",
        "kill_switch_clear",
        "kill_switch_engage",
        "orders",
        "positions",
        "quotes",
        "risk_limits",
        "sandbox.reset",
        "venues",
    ],
)
def test_calls_without_arguments_work(drive: Any, name: str):
    driver = drive("answer")
    assert driver.call(name) == "answer"


def test_symbols_are_a_list(drive: Any):
    driver = drive(SymbolList([]))
    assert driver.call("symbols", venue="okx", instrument_type="spot") == []
    assert driver.script.sent[0]["query"].to_params() == {"venue": "okx", "type": "spot"}


@pytest.mark.parametrize(
    ("answer", "up"),
    [
        (None, True),
        (errors.DeserializeError(204, "odd"), True),
        (errors.NetworkError("down"), False),
        (errors.ServiceUnavailableError(503, "draining"), False),
        (RuntimeError("anything"), False),
    ],
)
def test_health_is_asked_once_and_never_raises(drive: Any, answer: object, up: bool):
    driver = drive(answer)
    assert driver.call("health") is up
    assert len(driver.script.sent) == 1


def test_health_of_a_closed_client_is_false(drive: Any):
    driver = drive()
    driver.run(driver.client.close)
    driver.run(driver.client.close)
    assert driver.script.closed == 1
    assert driver.call("health") is False
    with pytest.raises(errors.ValidationError, match="client is closed"):
        driver.call("account")


def test_a_with_block_closes_the_client(drive: Any):
    driver = drive(None)

    async def use_async() -> None:
        async with driver.client as client:
            await client.account()

    if driver.kind == "async":
        driver.run(use_async)
    else:
        with driver.client as client:
            client.account()
    assert driver.script.closed == 1


def test_in_process_orders_leave_the_graph_id_to_the_engine(drive: Any, make_submitted: Any):
    driver = drive(make_submitted(), lossy=False)
    driver.call("buy", "BTC-USD", 1)
    assert driver.script.sent[0]["graph_id"] is None


def _public(kind: type) -> dict[str, Callable[..., object]]:
    return {
        name: member
        for name, member in inspect.getmembers(kind, inspect.isfunction)
        if not name.startswith("_")
    }


@pytest.mark.parametrize(
    ("plain", "other"),
    [
        (sequence.Sequence, sequence.AsyncSequence),
        (sequence.PlacedOrder, sequence.AsyncPlacedOrder),
    ],
)
def test_sync_and_async_have_the_same_methods(plain: type, other: type):
    ours, theirs = _public(plain), _public(other)
    assert len(ours) >= 3
    assert ours.keys() == theirs.keys()
    for name, method in ours.items():
        assert str(inspect.signature(method)).replace("Async", "") == str(
            inspect.signature(theirs[name])
        ).replace("Async", "").replace(".async_", ".sync"), name
        assert method.__doc__, name


def test_every_verb_is_documented():
    assert ClientBase.send.__doc__
    assert all(method.__doc__ for method in _public(sequence.Sequence).values())
