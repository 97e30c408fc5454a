"""Bad input, one row each: exact status and code, and nothing changed by it.

The ids are those of the catalogue of faults: N numbers, Y symbols and strings, A keys.
"""

from typing import NamedTuple
from urllib.parse import quote

import pytest
from pydantic import ValidationError

from sequence import _core
from sequence._client.carry.inprocess import InProcessTransport
from sequence._operations import OPERATIONS
from sequence._operations.operation import Operation
from sequence.errors import SequenceError
from sequence.sandbox.refuse import invalid_body

MAX_UNITS = "9000000000000000000"
WIDE_12 = quote("\uff11\uff12")
WIDE_BTC = "\uff22\uff34\uff23-USD"
CYRILLIC_BTC = "\u0412\u0422\u0421-USD"
EVENT = "KXBTCZ-26DEC31-T99000"


class Row(NamedTuple):
    id: str
    method: str
    path: str
    body: str | bytes | None
    status: int
    code: str
    says: str = ""


def order(fields: str, symbol: str = "BTC-USD") -> str:
    return f'{{"symbol":"{symbol}","side":"buy",{fields}}}'


def graph(qty_1e8: str) -> str:
    return (
        '{"nodes":[{"node_id":"order","instrument":{"symbol":"BTC-USD"},"side":"buy",'
        f'"quantity":{{"fixed":{{"qty_1e8":{qty_1e8}}}}}}}]}}'
    )


def two_nodes(ratio: str) -> str:
    node = '{{"node_id":"{0}","instrument":{{"symbol":"BTC-USD"}},"side":"buy","quantity":{1}}}'
    size = '{"fixed":{"qty_1e8":100000}}'
    edge = (
        '{"from_node":"a","to_node":"b","trigger":"on_fill_ratio",'
        f'"condition":{{"fill_ratio_gte":{ratio}}}}}'
    )
    nodes = f"{node.format('a', size)},{node.format('b', size)}"
    return f'{{"nodes":[{nodes}],"edges":[{edge}]}}'


def submit(id_: str, body: str | bytes, says: str = "", status: int = 422) -> Row:
    code = {400: "BAD_REQUEST", 413: "PAYLOAD_TOO_LARGE", 422: "VALIDATION_ERROR"}[status]
    return Row(id_, "POST", "/v1/orders", body, status, code, says)


def query(id_: str, path: str, says: str = "") -> Row:
    return Row(id_, "GET", path, None, 400, "INVALID_PARAMS", says)


def settings(id_: str, value: str, status: int = 422) -> Row:
    code = "BAD_REQUEST" if status == 400 else "VALIDATION_ERROR"
    body = f'{{"initial_balance_usd":{value}}}'
    return Row(id_, "PUT", "/v1/sandbox/settings", body, status, code)


def positions(id_: str, row: str, says: str = "") -> Row:
    body = f'{{"positions":[{row}]}}'
    return Row(id_, "POST", "/v1/sandbox/positions", body, 422, "VALIDATION_ERROR", says)


def cash(qty: str) -> str:
    return f'{{"venue":"kraken","kind":"fiat","symbol":"USD","qty":{qty}}}'


NUMBERS = [
    *(submit("N1", graph(text), "must be >= 1") for text in ("0", "-1", "-0")),
    *(submit("N2", graph(text), "must be an integer") for text in ("1.0", "1e2", "1.5")),
    submit("N3", graph('"100"'), "must be an integer"),
    *(submit("N4", graph(text), "qty_1e8") for text in ("true", "null", "[1]", "{}")),
    *(submit("N4", order(f'"qty":{text}'), "qty") for text in ("true", "null", "[1]", "{}")),
    submit("N5", graph("9223372036854775807"), MAX_UNITS),
    submit("N6", graph("9223372036854775808"), "qty_1e8"),
    submit("N6", graph("9" * 100), "qty_1e8"),
    submit("N6", graph("9" * 5000), "qty_1e8"),
    submit("N6", order(f'"qty":{"9" * 5000}'), "qty"),
    *(submit("N7", order(f'"qty":{text}'), "qty") for text in ("1e400", "-1e400")),
    *(
        submit("N8", order(f'"qty":{text}'), status=400)
        for text in ("NaN", "Infinity", "-Infinity")
    ),
    *(submit("N9", order(f'"qty":{text}'), "qty") for text in ("1e-400", "4.9e-324")),
    *(
        submit("N10", order(f'"qty":{text}'), status=400)
        for text in ("01", "+1", ".5", "5.", "0x10", "1_000")
    ),
    submit("N11", order('"qty":0.30000000000000004'), "more than 8 decimals"),
    submit("N11", order('"qty":1e-9'), "more than 8 decimals"),
    submit("N14", order('"qty":90000000001'), "must be <= 90000000000"),
    *(submit("N15", order(f'"qty":0.1,"price":{text}'), "price") for text in ("0", "0.0", "-0.0")),
    *(
        submit("N16", order(f'"qty":10,"price":{text}', EVENT), "price")
        for text in ("0", "1", "1.000000001", "-0.01")
    ),
    submit("N17", order('"qty":0.1,"price":74349.445,"venue":"binance"'), "74349.44"),
    submit("N17", order('"qty":0.000015,"venue":"binance"'), "0.00001"),
    submit("N17", order('"qty":0.00001,"price":0.01,"venue":"binance"'), "notional"),
    *(
        submit("N21", order(f'"qty":0.1,"max_slippage_bps":{text}'), "max_slippage_bps")
        for text in ("0", "-1", "10001", "1000000000", "1e9")
    ),
    *(
        submit("N21", order(f'"qty":0.1,"horizon_ms":{text}'), "horizon_ms")
        for text in ("0", "9223372036854775808")
    ),
    *(submit("N22", two_nodes(text), "fill_ratio_gte") for text in ("0", "1.0000001", '"0.5"')),
    *(settings("N23", text) for text in ("1e30", "-1", "0", '"1"', "1e400")),
    settings("N23", "Infinity", 400),
    *(positions("N23", cash(text), "positions[0].qty") for text in ("9223372036854775808", "-1")),
    *(
        query("N24", f"/v1/orders?limit={text}", "limit")
        for text in (
            "-1",
            "0",
            "501",
            "1000000000",
            "abc",
            quote("\uff11\uff12"),
            "1.0",
            "1_0",
            "",
            "%20",
        )
    ),
    query("N25", "/v1/fills?offset=9223372036854775808", "offset"),
    query("N25", "/v1/quotes/BTC-USD?depth=0", "depth"),
    query("N25", "/v1/quotes/BTC-USD?depth=101", "depth"),
    query("N25", "/v1/quotes?max_age_s=-1", "max_age_s"),
    *(
        query("N26", f"/v1/fills?since_ns={text}", "nanoseconds")
        for text in ("0", "-1", "1776657000", "1776657000000", "253402300799000000000")
    ),
    query(
        "N26",
        "/v1/fills?since_ns=1776657000000000001&until_ns=1776657000000000000",
        "nanoseconds",
    ),
]

STRINGS = [
    *(
        submit("Y1", order('"qty":0.1', symbol), "unknown symbol")
        for symbol in (
            "\u0412\u0422\u0421-USD",
            "\uff22\uff34\uff23-USD",
            "BTC\\u200b-USD",
            "BTC\\u2010USD",
        )
    ),
    *(submit("Y2", order('"qty":0.1', s), "symbol") for s in ("btc-usd", " BTC-USD", "BTC-USD ")),
    *(
        submit("Y3", order('"qty":0.1', s), "symbol")
        for s in ("BTC-USD\\u0000", "BTC-USD\\n", "BTC\\u001b[31m-USD")
    ),
    submit("Y4", order('"qty":0.1', "BTC\\ud800"), status=400),
    submit("Y4", b'{"symbol":"BTC\xff-USD","side":"buy","qty":0.1}', status=400),
    submit("Y4", b'{"symbol":"BTC\xc0\xaf-USD","side":"buy","qty":0.1}', status=400),
    submit("Y4", b"\xef\xbb\xbf" + order('"qty":0.1').encode(), status=400),
    submit("Y5", order('"qty":0.1', ""), "symbol"),
    submit("Y5", order('"qty":0.1', "A" * 129), "symbol"),
    submit("Y5", order('"qty":0.1', "A" * 1_000_000), status=413),
    submit("Y6", '{"symbol":' + "1" * 78 + ',"side":"buy","qty":1}', "must be a string"),
    submit("Y7", order('"qty":0.1,"graph_id":"a:b"'), "graph_id"),
    submit("Y7", order('"qty":0.1,"graph_id":"graph"'), "graph_id"),
    submit("Y7", graph("1000").replace('"node_id":"order"', '"node_id":"a:b"'), "node_id"),
    Row("Y7", "DELETE", "/v1/execution_graphs/graph", None, 404, "NOT_FOUND", "send the graph id"),
    Row("Y7", "DELETE", "/v1/orders/KXFOO-BAR%3AYES", None, 404, "NOT_FOUND"),
    *(
        Row("Y8", "DELETE", f"/v1/orders/{text}", None, 404, "NOT_FOUND")
        for text in ("..%2F..%2Fv1%2Fkill_switch", "%2e%2e%2fkill_switch", "a/b", "a%2Fb", "%3Fx")
    ),
    Row("Y9", "GET", "/v1/orders/" + quote("'; DROP TABLE x;--"), None, 404, "NOT_FOUND"),
    Row(
        "Y11",
        "POST",
        "/v1/kill_switch",
        '{"reason":"' + "\\u0301" * 10_000 + '"}',
        422,
        "VALIDATION_ERROR",
        "reason",
    ),
    Row(
        "Y11",
        "POST",
        "/v1/kill_switch",
        '{"reason":"' + "x" * 129 + '"}',
        422,
        "VALIDATION_ERROR",
        "reason",
    ),
    submit("Y12", order('"qty":0.1,"venue":"foo"'), "known: binance, bitget"),
    submit("Y12", order('"qty":0.1,"venue":"Binance"'), "known: binance, bitget"),
    submit("Y12", order('"qty":0.1,"venue":"kalshi"'), "venue"),
    Row("Y12", "GET", "/v1/positions?venues=foo", None, 422, "VALIDATION_ERROR", "unknown venue"),
    Row("Y12", "GET", "/v1/orders?venue=foo", None, 422, "VALIDATION_ERROR", "unknown venue"),
    *(
        Row("Y12", method, f"{path}?venue=foo", None, 422, "VALIDATION_ERROR", 'venue "foo"; known')
        for method, path in [
            ("GET", "/v1/markets"),
            ("GET", f"/v1/settlement/{EVENT}"),
            ("POST", f"/v1/markets/{EVENT}/redeem"),
        ]
    ),
    query("Y12", "/v1/markets?venue=binance", "venue: must be one of"),
    query("Y12", "/v1/positions?kinds=stock", "kinds"),
    Row("Y12", "GET", "/v1/quotes/NOPE-USD", None, 404, "NOT_FOUND"),
    *(
        submit("Y15", order(f'"qty":0.1,"graph_id":"{text}"'), "graph_id")
        for text in ("", "a" * 256, "é", "a b")
    ),
    positions(
        "Y13", '{"venue":"kalshi","kind":"event_contract","symbol":":YES","qty":1}', "symbol"
    ),
    positions(
        "Y13", '{"venue":"kalshi","kind":"event_contract","symbol":"KXFOO:MAYBE","qty":1}', "symbol"
    ),
    positions(
        "Y13", '{"venue":"kalshi","kind":"event_contract","symbol":"KXFOO:yes","qty":1}', "symbol"
    ),
    positions("Y13", f"{cash('1')},{cash('2')}", "positions[0] and positions[1]"),
    positions("Y12", cash("1").replace("fiat", "stock"), "positions[0].kind"),
    positions("Y12", cash("1").replace("kraken", "nope"), 'unknown venue "nope"'),
]

FIELDS = [
    *(
        submit("A18", order(f'"qty":0.1,"{name}":{value}'), name)
        for name, value in (
            ("client_id", '"x"'),
            ("is_admin", "true"),
            ("status", '"FILLED"'),
            ("filled_qty", "1"),
            ("balance", "1"),
            ("client_order_id", '"x"'),
        )
    ),
    *(
        Row("A18", "POST", path, '{"x":1}', 422, "VALIDATION_ERROR", "x: unknown field")
        for path in ("/v1/sandbox/reset", "/v1/kill_switch", "/v1/kill_switch/clear")
    ),
    query("N24", "/v1/orders?sandbox=maybe", "sandbox"),
    submit("H7", "null", "object"),
    submit("H7", "[]", "object"),
    submit("H7", '"x"', "object"),
    submit("H7", "", "is required"),
    submit("H7", order('"qty":0.1') + "{}", status=400),
    submit("H7", order('"qty":0.1') + " x", status=400),
    submit("H7", "{", status=400),
    submit("H8", '{"symbol":"BTC-USD","side":"buy","qty":1,"qty":999}', status=400),
    *(
        submit("H9", order('"qty":0.1,"metadata":{"a":' + "[" * n + "]" * n + "}"), status=400)
        for n in (33, 128, 100_000)
    ),
    Row(
        "H11",
        "POST",
        "/v1/quotes_batch",
        '{"symbols":[' + ",".join(['"BTC-USD"'] * 2001) + "]}",
        422,
        "VALIDATION_ERROR",
        "2000",
    ),
    submit("H11", '{"nodes":[' + ",".join(["{}"] * 101) + "]}", "nodes"),
    submit(
        "H11",
        graph("1000")[:-1] + ',"edges":[' + ",".join(["{}"] * 301) + "]}",
        "edges",
    ),
    submit("9.1", order('"qty":0.1,"nodes":[]'), "nodes"),
    submit("9.1", order('"qty":0.1,"notional":5'), "qty and notional"),
    submit("9.1", order('"venue":null'), "qty and notional"),
    submit("9.1", order('"qty":0.1,"sandbox":true,"is_sandbox":false'), "sandbox"),
    submit("9.1", order('"qty":0.1,"order_type":"limit"'), "price"),
    submit("9.1", order('"qty":0.1,"tif":"post_only"'), "post_only"),
    submit("9.1", order('"qty":0.1,"side":"hold"'), status=400),
]
ROWS = NUMBERS + STRINGS + FIELDS


def row_id(row: Row) -> str:
    shown = row.body if row.body is not None else row.path
    return f"{row.id}-{str(shown)[-40:]}"


@pytest.mark.parametrize("row", ROWS, ids=row_id)
def test_bad_input_is_refused_and_changes_nothing(api, row: Row) -> None:
    before = api.state
    answer = api(row.method, row.path, row.body)
    assert (answer.status, answer.code) == (row.status, row.code), answer.raw[:500]
    assert row.says in answer.message
    assert answer.json["error"]["request_id"] == answer.headers["x-request-id"]
    assert api.state == before


OPERATION = {(op.method, op.path): op for op in OPERATIONS.values()}
MODEL_PATHS = ("/v1/orders", "/v1/sandbox/positions", "/v1/sandbox/settings")
TYPED = [
    row
    for row in ROWS
    if row.status == 422 and row.path in MODEL_PATHS and row.id not in ("H7", "H11")
]


def call_in_process(transport: InProcessTransport, operation: Operation, body: str) -> None:
    try:
        model = operation.read_body(_core.parse_json(body.encode()))
    except ValidationError as error:
        raise invalid_body(error) from None
    transport.send(operation, path={}, query=None, body=model, graph_id=None)


@pytest.mark.parametrize("row", TYPED, ids=row_id)
def test_in_process_refuses_with_the_same_words(api, row: Row) -> None:
    operation = OPERATION[row.method, row.path]
    transport = InProcessTransport(api.sandbox.runtime, api.sandbox.test_key)
    before = api.state
    with pytest.raises(SequenceError) as caught:
        call_in_process(transport, operation, str(row.body))
    assert api.state == before
    over_http = api(row.method, row.path, row.body)
    assert caught.value.status == over_http.status
    assert caught.value.code == over_http.code
    assert caught.value.message == over_http.message
