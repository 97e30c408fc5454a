"""Answers that must be exactly what the contract says, to the byte where it matters."""

from concurrent.futures import ThreadPoolExecutor

import pytest

BALANCE = 1_000_000_000
SEEDED = [
    ("binance", "crypto", "USDC"),
    ("binance", "crypto", "USDT"),
    ("bybit", "crypto", "USDC"),
    ("bybit", "crypto", "USDT"),
    ("coinbase", "fiat", "USD"),
    ("coinbase", "crypto", "USDC"),
    ("dex", "crypto", "USDC"),
    ("hyperliquid", "crypto", "USDC"),
    ("kalshi", "fiat", "USD"),
    ("kraken", "fiat", "USD"),
    ("kraken", "crypto", "USDC"),
    ("kraken", "crypto", "USDT"),
    ("okx", "crypto", "USDC"),
    ("okx", "crypto", "USDT"),
    ("polymarket", "crypto", "USDC"),
]
DOCUMENTED = """{
  "positions": [
    { "venue": "polymarket", "kind": "crypto", "symbol": "USDC", "qty": 10000.0 },
    { "venue": "kalshi",     "kind": "fiat",   "symbol": "USD",  "qty": 5000.0 },
    { "venue": "kalshi",     "kind": "event_contract",
      "symbol": "KXMARKET-FOO:YES", "qty": 100, "entry_price_usd": 0.40 },
    { "venue": "hyperliquid","kind": "perp",
      "symbol": "BTC-USD-PERP", "qty": 0.5, "entry_price_usd": 92000.0 }
  ],
  "replace": true
}"""
BUY = '{"symbol":"BTC-USD","side":"buy","qty":0.1,"venue":"binance"}'


def test_reset_answers_exactly_this(fresh):
    expected = b'{"reset":true,"initial_balance_usd":1000000000.0,"venues_seeded":9}'
    assert fresh("POST", "/v1/sandbox/reset").raw == expected
    assert fresh("POST", "/v1/sandbox/reset", "{}").raw == expected


def test_settings_take_effect_at_the_next_reset(fresh):
    assert fresh("GET", "/v1/sandbox/settings").raw == b'{"initial_balance_usd":1000000000.0}'
    put = fresh("PUT", "/v1/sandbox/settings", '{ "initial_balance_usd": 100000.0 }')
    assert put.raw == b'{"initial_balance_usd":100000.0}'
    assert fresh("GET", "/v1/sandbox/settings").raw == put.raw
    nav = fresh("GET", "/v1/positions").json["totals"]["nav_usd"]
    assert nav == "15000000000.000000000"
    reset = fresh("POST", "/v1/sandbox/reset").raw
    assert reset == b'{"reset":true,"initial_balance_usd":100000.0,"venues_seeded":9}'
    assert fresh("GET", "/v1/positions").json["totals"]["nav_usd"] == "1500000.000000000"


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("1", "1.0"),
        ("1e5", "100000.0"),
        ("0.00000001", "0.00000001"),
        ("90000000000", "90000000000.0"),
        ("12345678901.12345678", "12345678901.12345678"),
        ("100.50", "100.5"),
    ],
)
def test_a_balance_is_shown_with_its_exact_digits(fresh, sent, shown):
    answer = fresh("PUT", "/v1/sandbox/settings", f'{{"initial_balance_usd":{sent}}}')
    assert answer.raw == f'{{"initial_balance_usd":{shown}}}'.encode()


def test_the_first_write_of_positions_reports_the_seeded_rows_as_deleted(fresh):
    assert fresh("POST", "/v1/sandbox/positions", DOCUMENTED).raw == b'{"written":4,"deleted":15}'
    assert fresh("POST", "/v1/sandbox/positions", DOCUMENTED).raw == b'{"written":4,"deleted":4}'


def test_written_positions_are_read_back(fresh):
    fresh("POST", "/v1/sandbox/positions", DOCUMENTED)
    rows = fresh("GET", "/v1/positions").json["positions"]
    found = [(row["venue"], row["instrument"]["symbol"], row["qty_1e8"]) for row in rows]
    assert found == [
        ("hyperliquid", "BTC-USD-PERP", 50_000_000),
        ("kalshi", "USD", 500_000_000_000),
        ("kalshi", "KXMARKET-FOO:YES", 10_000_000_000),
        ("polymarket", "USDC", 1_000_000_000_000),
    ]
    perp, _, event, cash = rows
    assert perp["entry_price_usd_1e9"] == 92_000 * 10**9
    assert event["entry_price_usd_1e9"] == 400_000_000
    assert event["instrument"] == {
        "kind": "event_contract",
        "symbol": "KXMARKET-FOO:YES",
        "market_slug": "KXMARKET-FOO",
        "outcome": "YES",
        "token_id": None,
    }
    assert cash["entry_price_usd_1e9"] == 10**9


def test_a_default_reset_seeds_fifteen_rows_and_fifteen_billion(fresh):
    answer = fresh("GET", "/v1/positions").json
    rows = [
        (row["venue"], row["instrument"]["kind"], row["instrument"]["symbol"])
        for row in answer["positions"]
    ]
    assert rows == SEEDED
    assert {row["qty_1e8"] for row in answer["positions"]} == {BALANCE * 10**8}
    totals = answer["totals"]
    assert totals["nav_usd_1e9"] == 15_000_000_000_000_000_000
    assert totals["nav_usd"] == "15000000000.000000000"
    assert totals["cash_usd"] == totals["nav_usd"]


def test_totals_beyond_two_to_the_53_are_written_digit_by_digit(fresh):
    raw = fresh("GET", "/v1/positions").raw
    assert b'"nav_usd_1e9":15000000000000000000,' in raw
    assert b'"nav_usd":"15000000000.000000000"' in raw


def test_a_market_buy_costs_price_and_fee_to_the_unit(fresh):
    order = fresh("POST", "/v1/orders", BUY).json["orders"][0]
    assert order["status"] == "FILLED"
    assert order["filled_qty_1e8"] == 10_000_000
    cost = order["filled_notional_usd_1e9"]
    assert cost == order["avg_price_1e9"] * 10_000_000 // 10**8
    assert order["fees_usd_1e9"] == cost // 1000
    rows = fresh("GET", "/v1/positions?venues=binance&kinds=crypto").json["positions"]
    cash = next(row for row in rows if row["instrument"]["symbol"] == "USDT")
    spent_1e9 = BALANCE * 10**9 - cash["qty_1e8"] * 10
    assert 0 <= spent_1e9 - (cost + order["fees_usd_1e9"]) < 10
    bitcoin = next(row for row in rows if row["instrument"]["symbol"] == "BTC")
    assert bitcoin["qty_1e8"] == 10_000_000


@pytest.mark.parametrize(
    ("qty", "qty_1e8"),
    [("0.29", 29_000_000), ("1.15", 115_000_000), ("2.01", 201_000_000), ("4.02", 402_000_000)],
)
def test_quantities_are_read_from_their_decimal_text(fresh, qty, qty_1e8):
    body = BUY.replace("0.1", qty)
    assert fresh("POST", "/v1/orders", body).json["orders"][0]["qty_1e8"] == qty_1e8


def test_the_same_graph_id_is_answered_with_the_same_bytes(fresh):
    body = BUY[:-1] + ',"graph_id":"once"}'
    first = fresh("POST", "/v1/orders", body)
    assert first.status == 200
    assert "idempotent-replayed" not in first.headers
    again = [fresh("POST", "/v1/orders", body) for _ in range(3)]
    as_graph = (
        '{"graph_id":"once","nodes":[{"node_id":"order","side":"buy",'
        '"instrument":{"symbol":"BTC-USD","venue":"binance"},'
        '"quantity":{"fixed":{"qty_1e8":10000000}},"execution":{}}]}'
    )
    again.append(fresh("POST", "/v1/orders", as_graph))
    again.append(fresh("POST", "/v1/orders", body.replace("}", ',"price":null}')))
    for answer in again:
        assert answer.raw == first.raw
        assert answer.headers["idempotent-replayed"] == "true"
    assert fresh("GET", "/v1/orders").json["total"] == 1


def test_a_known_graph_id_with_another_body_is_409(fresh):
    fresh("POST", "/v1/orders", BUY[:-1] + ',"graph_id":"once"}')
    before = fresh.state
    other = fresh("POST", "/v1/orders", BUY.replace("0.1", "0.2")[:-1] + ',"graph_id":"once"}')
    assert (other.status, other.code) == (409, "CONFLICT")
    assert "graph_id" in other.message
    assert fresh.state == before


def test_fifty_submits_at_once_with_one_graph_id_are_one_order(fresh):
    body = BUY[:-1] + ',"graph_id":"race"}'
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: fresh("POST", "/v1/orders", body), range(50)))
    assert {answer.raw for answer in answers} == {answers[0].raw}
    assert sum("idempotent-replayed" not in answer.headers for answer in answers) == 1
    assert fresh("GET", "/v1/orders").json["total"] == 1


def test_a_reset_forgets_orders_and_their_graph_ids(fresh):
    body = BUY[:-1] + ',"graph_id":"again"}'
    order = fresh("POST", "/v1/orders", body).json["orders"][0]["node_order_id"]
    fresh("POST", "/v1/sandbox/reset")
    assert fresh("GET", f"/v1/orders/{order}").status == 404
    assert fresh("GET", "/v1/orders").json["total"] == 0
    assert "idempotent-replayed" not in fresh("POST", "/v1/orders", body).headers


def test_the_kill_switch_stops_submits_and_nothing_else(fresh):
    body = BUY[:-1] + ',"graph_id":"before"}'
    first = fresh("POST", "/v1/orders", body)
    engaged = fresh("POST", "/v1/kill_switch", '{"reason":"manual stop"}').json
    assert engaged["engaged"] is True
    assert (engaged["mode"], engaged["reason"]) == ("sandbox", "manual stop")
    again = fresh("PUT", "/v1/kill_switch", '{"reason":"still"}').json
    assert again["engaged_at_ns"] == engaged["engaged_at_ns"]
    assert again["reason"] == "still"
    before = fresh.state
    refused = fresh("POST", "/v1/orders", BUY)
    assert (refused.status, refused.code) == (409, "CONFLICT")
    assert "kill switch" in refused.message
    assert fresh.state == before
    assert fresh("POST", "/v1/orders", body).raw == first.raw
    assert fresh("GET", "/v1/account").json["kill_switch"] is True
    live = fresh("POST", "/v1/orders", BUY[:-1] + ',"sandbox":true}', key="live")
    assert live.status == 409
    assert fresh("POST", "/v1/orders/preview", BUY).status == 200
    cleared = fresh("POST", "/v1/kill_switch/clear").json
    assert cleared["engaged"] is False
    assert cleared["cleared_at_ns"] is not None
    assert fresh("POST", "/v1/orders", BUY).status == 200


def test_a_live_kill_switch_stops_sandbox_orders_of_the_live_key_only(fresh):
    fresh("POST", "/v1/kill_switch", key="live")
    flagged = BUY[:-1] + ',"sandbox":true}'
    assert fresh("POST", "/v1/orders", flagged, key="live").status == 409
    assert fresh("POST", "/v1/orders", BUY).status == 200


@pytest.mark.parametrize(
    ("alias", "path"),
    [
        ("/v1/positions/unified", "/v1/positions"),
        ("/v1/portfolio/unified", "/v1/positions"),
        ("/v1/balances", "/v1/positions?kinds=fiat,crypto"),
        ("/v1/positions/perp", "/v1/positions?kinds=perp"),
    ],
)
def test_aliases_answer_the_same_bytes(fresh, alias, path):
    fresh("POST", "/v1/sandbox/positions", DOCUMENTED)
    assert fresh("GET", alias).raw == fresh("GET", path).raw


def test_deprecated_views_say_so(fresh):
    deprecated = ("/v1/balances", "/v1/positions/perp", "/v1/portfolio/summary")
    assert {fresh("GET", path).headers.get("deprecation") for path in deprecated} == {"true"}
    assert "deprecation" not in fresh("GET", "/v1/positions/unified").headers
    assert set(fresh("GET", "/v1/portfolio/summary").json) == {"totals", "as_of_ns"}
