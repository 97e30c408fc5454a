"""What was answered is there after a restart, and nothing else is."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sequence.errors import SequenceError
from sequence.sandbox import Sandbox
from sequence.store.memory import MemoryStore

SYMBOLS = ("BTC-USD", "ETH-USD", "BTC-USD-PERP", "KXBTCD-26DEC31-T100000:YES")
Reopen = Callable[..., Sandbox]


def seen(sandbox: Sandbox) -> dict[str, Any]:
    """Everything a client can read of its account."""
    client = sandbox.client()
    return {
        "orders": [_placed(row) for row in client.orders(limit=500).orders],
        "fills": [row.to_json() for row in client.fills(limit=500).fills],
        "positions": [_kept(row) for row in client.positions(include_closed=True).positions],
        "kill_switch": client.kill_switch().to_json(),
        "settings": client.sandbox.settings().to_json(),
        "hash": sandbox.state_hash(),
        "events": sandbox.runtime.engine.event_hash(),
    }


def _kept(row: Any) -> dict[str, Any]:
    """A row without what follows from the market of the moment."""
    shown: dict[str, Any] = json.loads(row.to_json())
    moving = ("current", "unrealized", "mark")
    return {name: value for name, value in shown.items() if not name.startswith(moving)}


def _placed(row: Any) -> dict[str, Any]:
    """An order without its place in a queue, which a restart takes anew."""
    shown: dict[str, Any] = json.loads(row.to_json())
    return {name: value for name, value in shown.items() if name not in ("evidence", "waiting")}


ORDER = st.tuples(
    st.just("order"),
    st.sampled_from(("buy", "sell")),
    st.sampled_from(("BTC-USD", "ETH-USD", "BTC-USD-PERP")),
    st.sampled_from(("0.1", "0.01", "3", "40000")),
    st.sampled_from((None, "1000", "60000", "90000", "200000")),
    st.sampled_from((None, "ioc", "post_only", "day")),
)
STEP = st.one_of(
    ORDER,
    ORDER,
    st.tuples(st.just("advance"), st.sampled_from((1, 40, 900, 30_000))),
    st.tuples(st.just("cancel"), st.integers(0, 5)),
    st.tuples(st.just("positions"), st.booleans()),
    st.tuples(st.just("reset")),
    st.tuples(st.just("settings"), st.sampled_from(("5", "1000000"))),
    st.tuples(st.just("kill"), st.booleans()),
    st.tuples(st.just("restart")),
)


def feed(sandbox: Sandbox) -> None:
    """Books of every market that is traded here, at two venues."""
    for venue, symbol, mid in (
        ("kraken", "BTC-USD", 70_000),
        ("coinbase", "BTC-USD", 70_010),
        ("coinbase", "ETH-USD", 2_000),
        ("hyperliquid", "BTC-USD-PERP", 70_000),
    ):
        bids = [(str(mid - step), "2") for step in (1, 20, 900)]
        asks = [(str(mid + step), "2") for step in (1, 20, 900)]
        sandbox.market.snapshot(venue, symbol, bids=bids, asks=asks)


def play(sandbox: Sandbox, step: tuple[Any, ...], ids: list[str]) -> None:
    client = sandbox.client()
    try:
        match step:
            case ("order", side, symbol, qty, price, tif):
                call = client.buy if side == "buy" else client.sell
                ids.append(f"g{len(ids)}")
                call(symbol, qty, limit_price=price, tif=tif, graph_id=ids[-1])
            case ("advance", ms):
                sandbox.clock.advance(ms=ms)
            case ("cancel", back) if len(ids) > back:
                client.cancel(f"graph:{ids[-1 - back]}:order:1")
            case ("positions", replace):
                row = {"venue": "kraken", "kind": "crypto", "symbol": "BTC", "qty": "12.5"}
                client.sandbox.set_positions([row], replace=replace)
            case ("reset",):
                client.sandbox.reset()
            case ("settings", balance):
                client.sandbox.settings(balance)
            case ("kill", engaged):
                client.kill_switch_engage("test") if engaged else client.kill_switch_clear()
            case _:
                pass
    except SequenceError:
        pass


@pytest.mark.parametrize("preset", ["instant", "realistic"])
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=st.lists(STEP, max_size=25))
def test_what_comes_back_is_what_was_there(preset: str, steps: list[tuple[Any, ...]]):
    store = MemoryStore()

    def opened() -> Sandbox:
        return Sandbox(store=store, clock="manual", preset=preset, market="manual")

    sandbox, ids = opened(), list[str]()
    feed(sandbox)
    for step in [*steps, ("restart",)]:
        play(sandbox, step, ids)
        if step == ("restart",):
            before = seen(sandbox)
            sandbox.close()
            sandbox = opened()
            assert seen(sandbox) == before
            feed(sandbox)
        assert sandbox.check_invariants() == []
    sandbox.close()


def test_the_file_gives_back_what_memory_does(reopen: Reopen):
    steps: list[tuple[Any, ...]] = [
        ("order", "buy", "BTC-USD", "0.1", None, None),
        ("order", "buy", "BTC-USD", "0.2", "60000", None),
        ("order", "sell", "BTC-USD-PERP", "3", None, None),
        ("advance", 900),
        ("order", "sell", "BTC-USD", "0.05", None, None),
        ("cancel", 2),
    ]
    sandbox, ids = reopen(market="manual"), list[str]()
    for step in steps:
        feed(sandbox)
        play(sandbox, step, ids)
        before = seen(sandbox)
        sandbox.close()
        sandbox = reopen(market="manual")
        assert seen(sandbox) == before
        assert sandbox.check_invariants() == []
        assert sandbox.runtime.keeper is not None
        assert sandbox.runtime.keeper.store.verify() == []
    sandbox.close()


@pytest.mark.parametrize("preset", ["instant", "realistic"])
def test_a_known_graph_id_has_its_first_answer_after_any_number_of_restarts(
    reopen: Reopen, preset: str
):
    sandbox = reopen(preset)
    bodies: list[dict[str, Any]] = [
        {"symbol": "BTC-USD", "side": "buy", "qty": "0.1", "graph_id": "filled"},
        {"symbol": "BTC-USD", "side": "buy", "qty": "0.1", "limit_price": "50000", "graph_id": "o"},
        {"symbol": "BTC-USD", "side": "sell", "qty": "70", "venue": "kraken", "graph_id": "no"},
    ]
    first = [_submit(sandbox, body) for body in bodies]
    sandbox.clock.advance(seconds=5)
    for _ in range(2):
        sandbox.close()
        sandbox = reopen(preset)
        assert [_submit(sandbox, body) for body in bodies] == first
        count = sandbox.client().orders().total
        with pytest.raises(SequenceError, match="graph_id"):
            _submit(sandbox, bodies[0] | {"qty": "0.2"})
        assert sandbox.client().orders().total == count == 3
    sandbox.close()


def _submit(sandbox: Sandbox, body: dict[str, Any]) -> bytes:
    rest = dict(body)
    call = sandbox.client().buy if rest.pop("side") == "buy" else sandbox.client().sell
    placed = call(rest.pop("symbol"), rest.pop("qty"), **rest)
    return bytes(placed.submitted.to_json())


def test_orders_that_were_under_way_arrive_after_a_restart(reopen: Reopen):
    sandbox = reopen("realistic")
    order = sandbox.client().buy("BTC-USD", "0.1", graph_id="way")
    assert order.status == "NEW"
    sandbox.close()
    with reopen("realistic") as sandbox:
        assert sandbox.client().order("graph:way:order:1").status == "NEW"
        sandbox.clock.advance(seconds=30)
        assert sandbox.client().order("graph:way:order:1").status in ("FILLED", "CANCELLED")


def test_a_cancel_that_was_under_way_is_sent_again(reopen: Reopen):
    sandbox = reopen("realistic")
    sandbox.client().buy("BTC-USD", "0.1", limit_price="50000", graph_id="rest")
    sandbox.clock.advance(seconds=5)
    assert sandbox.client().cancel("graph:rest:order:1").pending
    sandbox.close()
    with reopen("realistic") as sandbox:
        assert sandbox.client().order("graph:rest:order:1").status == "ACCEPTED"
        sandbox.clock.advance(seconds=30)
        assert sandbox.client().order("graph:rest:order:1").status == "CANCELLED"


@pytest.mark.parametrize("ms", [0, 15, 40])
def test_an_amend_that_was_under_way_is_sent_again(reopen: Reopen, ms: int):
    sandbox = reopen("realistic")
    client = sandbox.client()
    client.buy("BTC-USD", "0.1", limit_price="50000", graph_id="rest", venue="kraken")
    sandbox.clock.advance(seconds=5)
    client.amend("graph:rest:order:1", new_price="51000")
    sandbox.clock.advance(ms=ms)
    sandbox.close()
    with reopen("realistic") as sandbox:
        assert sandbox.check_invariants() == []
        sandbox.clock.advance(seconds=30)
        order = sandbox.client().order("graph:rest:order:1")
        assert (order.status, order.limit_price_1e9) == ("ACCEPTED", 51_000 * 10**9)
        assert sandbox.check_invariants() == []
        assert sandbox.client().cancel("graph:rest:order:1").filled_qty_1e8 == 0


def test_a_kill_switch_stays_engaged(reopen: Reopen):
    with reopen() as sandbox:
        sandbox.client().kill_switch_engage("enough")
    with reopen() as sandbox:
        assert sandbox.client().kill_switch().reason == "enough"
        with pytest.raises(SequenceError, match="kill switch"):
            sandbox.client().buy("BTC-USD", "0.1")


def test_revoked_and_rotated_keys_stay_so(reopen: Reopen):
    with reopen() as sandbox:
        admin = sandbox.client(sandbox.live_key)
        kept = admin.api_key_create("kept")
        gone = admin.api_key_create("gone")
        admin.api_key_revoke(gone.key_id)
        turned = admin.api_key_create("turned")
        fresh = admin.api_key_rotate(turned.key_id)
        rows = [row.key_id for row in admin.api_keys().keys]
    with reopen() as sandbox:
        assert [row.key_id for row in sandbox.client(sandbox.live_key).api_keys().keys] == rows
        for key in (kept.api_key, fresh.api_key):
            assert sandbox.client(key).account().client_id
        for key in (gone.api_key, turned.api_key):
            with pytest.raises(SequenceError, match="key"):
                sandbox.client(key).account()


def test_pages_and_filters_do_not_show_where_rows_are_kept(reopen: Reopen):
    sandbox = reopen()
    client = sandbox.client()
    for number in range(6):
        client.buy("BTC-USD" if number % 2 else "ETH-USD", "0.1", graph_id=f"a{number}")
    client.buy("BTC-USD", "0.1", limit_price="50000", graph_id="open")
    sandbox.close()
    sandbox = reopen()
    client = sandbox.client()
    for number in range(3):
        client.sell("BTC-USD", "0.01", graph_id=f"b{number}")
    queries: list[dict[str, Any]] = [
        {"limit": limit, "offset": offset} for limit in (1, 4, 50) for offset in (0, 2, 5, 9)
    ]
    filters: list[dict[str, Any]] = [
        {"symbol": "BTC-USD"},
        {"side": "sell"},
        {"status": ["FILLED"]},
        {"open": True},
        {"graph_id": "a3"},
        {"graph_id": "never"},
        {"venue": "kraken"},
    ]
    asked = [*queries, *filters]
    before = [client.orders(**query).to_json() for query in asked]
    filled = [q for q in asked if not {"side", "status", "open"} & set(q)]
    fills = [client.fills(**query).to_json() for query in filled]
    sandbox.close()
    with reopen() as sandbox:
        client = sandbox.client()
        assert [client.orders(**query).to_json() for query in asked] == before
        assert [client.fills(**query).to_json() for query in filled] == fills


def test_an_older_epoch_stays_unknown_after_a_restart(reopen: Reopen):
    sandbox = reopen()
    sandbox.client().buy("BTC-USD", "0.1", graph_id="old")
    sandbox.client().sandbox.reset()
    sandbox.close()
    with reopen() as sandbox:
        client = sandbox.client()
        assert client.orders().total == 0
        assert client.fills().total == 0
        with pytest.raises(SequenceError):
            client.order("graph:old:order:1")
        assert client.buy("BTC-USD", "0.2", graph_id="old").status == "FILLED"


def test_keys_and_seed_stay(reopen: Reopen, database: Any):
    with Sandbox(seed=7, store=database, clock="manual") as sandbox:
        keys = sandbox.test_key, sandbox.live_key
    with reopen() as sandbox:
        assert (sandbox.test_key, sandbox.live_key) == keys
        assert sandbox.runtime.seed == 7
    with pytest.raises(ValueError, match="seed 7"):
        Sandbox(seed=8, store=database)
    raw = database.read_bytes()
    assert keys[0][9:].encode() not in raw


def test_hand_fed_books_go_on_after_a_restart(reopen: Reopen):
    sandbox = reopen(market="manual")
    sandbox.market.snapshot("kraken", "ABC-USD", bids=[("99", "5")], asks=[("101", "5")])
    sandbox.client().buy("ABC-USD", "2", limit_price="100", graph_id="rest")
    sandbox.close()
    with reopen(market="manual") as sandbox:
        client = sandbox.client()
        assert client.order("graph:rest:order:1").status == "ACCEPTED"
        sandbox.market.snapshot("kraken", "ABC-USD", bids=[("99", "5")], asks=[("100", "5")])
        assert client.order("graph:rest:order:1").status == "FILLED"
        assert sandbox.check_invariants() == []


@pytest.mark.parametrize("later", ["98", None])
def test_the_last_mark_of_a_market_comes_back(reopen: Reopen, later: str | None):
    def shown(sandbox: Sandbox) -> tuple[Any, ...]:
        page = sandbox.client().positions()
        rows = [row for row in page.positions if row.instrument.symbol == "ABC"]
        return rows[0].current_price_usd_1e9, page.totals.nav_usd_1e9

    sandbox = reopen(market="manual")
    sandbox.market.snapshot("kraken", "ABC-USD", bids=[("99", "5")], asks=[("101", "5")])
    sandbox.client().buy("ABC-USD", "2")
    if later is not None:
        sandbox.market.snapshot("kraken", "ABC-USD", bids=[(later, "5")], asks=[("101", "5")])
    before = shown(sandbox)
    for _ in range(2):
        sandbox.close()
        sandbox = reopen(market="manual")
        assert shown(sandbox) == before
        sources = {row.mark_source for row in sandbox.client().positions().positions}
        assert sources <= {"last", "peg"}
    sandbox.close()
