"""The page over HTTP: tickets, tabs, what they may do, and what the page is made of."""

import base64
import gzip
import hashlib
import json
import re

import pytest

from sequence.sandbox import Sandbox, tabs
from sequence.server import serving
from sequence.server.page import page
from tests.server.conftest import Api

KEY = re.compile(r"seq_(test|live)_[0-9a-f]{64}")
MOST_BYTES = 120_000


def ticket_of(api: Api) -> str:
    return api("POST", "/v1/page/ticket").json["ticket"]


def tab_of(api: Api) -> str:
    body = json.dumps({"ticket": ticket_of(api)})
    return api("POST", "/v1/page/session", body, key=None).json["session"]


def test_a_ticket_opens_one_tab(api: Api) -> None:
    answer = api("POST", "/v1/page/ticket").json
    assert answer["url"] == f"{api.url}/#ticket={answer['ticket']}"
    body = json.dumps({"ticket": answer["ticket"]})
    first = api("POST", "/v1/page/session", body, key=None)
    assert (first.status, first.json["scope"], first.json["expires_in_s"]) == (200, "read", 43_200)
    again = api("POST", "/v1/page/session", body, key=None)
    assert (again.status, again.code) == (401, "UNAUTHORIZED")


@pytest.mark.parametrize("ticket", ["", "pgt_" + "0" * 64, "nonsense", "seq_test_" + "0" * 64])
def test_only_a_ticket_opens_a_tab(api: Api, ticket: str) -> None:
    answer = api("POST", "/v1/page/session", json.dumps({"ticket": ticket}), key=None)
    assert answer.status in {401, 422}


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"ticket": 1}', "{"])
def test_a_malformed_ticket_is_refused_as_any_body(api: Api, body: str) -> None:
    assert api("POST", "/v1/page/session", body, key=None).status in {400, 422}


def test_a_ticket_lives_a_minute() -> None:
    now_s = 100.0
    with Sandbox(clock="manual") as sandbox:
        runtime = sandbox.runtime
        principal = runtime.keys.find(sandbox.test_key.encode())
        assert principal is not None
        box = tabs.Tabs(runtime.keys, lambda: now_s)
        early, late = box.issue(principal), box.issue(principal)
        now_s += 59.9
        assert box.enter(early) is not None
        now_s += 0.1
        assert box.enter(late) is None


def test_a_tab_reads_what_its_key_reads(fresh: Api) -> None:
    tab = tab_of(fresh)
    for path in ("/v1/positions", "/v1/orders", "/v1/health", "/v1/ws/ticket", "/v1/sandbox/clock"):
        assert fresh("GET", path, key=tab).status == 200
    assert fresh("GET", "/v1/account", key=tab).json == fresh("GET", "/v1/account").json


WRITES = [
    ("POST", "/v1/orders", '{"symbol": "BTC-USD", "side": "buy", "qty": 1}'),
    ("DELETE", "/v1/orders/graph:x:order:1", None),
    ("POST", "/v1/sandbox/reset", "{}"),
    ("POST", "/v1/sandbox/faults", '{"kind": "stale_venue", "venue": "kraken"}'),
    ("PUT", "/v1/sandbox/settings", '{"default_balance": 5}'),
    ("POST", "/v1/kill_switch", "{}"),
]


@pytest.mark.parametrize(("method", "path", "body"), WRITES)
def test_a_tab_writes_nothing_until_it_is_armed(
    fresh: Api, method: str, path: str, body: str | None
) -> None:
    tab, state = tab_of(fresh), fresh.state
    answer = fresh(method, path, body, key=tab)
    assert (answer.status, answer.message) == (403, "this page is read-only: arm it first")
    assert fresh.state == state
    assert fresh("POST", "/v1/page/arm", '{"armed": true}', key=tab).json["scope"] == "trade"
    assert fresh(method, path, body, key=tab).status != 403
    assert fresh("POST", "/v1/page/arm", '{"armed": false}', key=tab).json["scope"] == "read"
    assert fresh(method, path, body, key=tab).status == 403
    fresh("POST", "/v1/kill_switch/clear", "{}")
    for fault in fresh("GET", "/v1/sandbox/faults").json["faults"]:
        fresh("DELETE", f"/v1/sandbox/faults/{fault['fault_id']}")


def test_one_tab_is_armed_alone(fresh: Api) -> None:
    armed, other = tab_of(fresh), tab_of(fresh)
    fresh("POST", "/v1/page/arm", '{"armed": true}', key=armed)
    assert fresh("POST", "/v1/sandbox/reset", "{}", key=armed).status == 200
    assert fresh("POST", "/v1/sandbox/reset", "{}", key=other).status == 403


def test_a_preview_needs_no_arming(fresh: Api) -> None:
    body = '{"symbol": "BTC-USD", "side": "buy", "qty": 1}'
    assert fresh("POST", "/v1/orders/preview", body, key=tab_of(fresh)).code != "FORBIDDEN"


def test_an_armed_tab_makes_no_keys_and_no_tickets(fresh: Api) -> None:
    tab = tab_of(fresh)
    fresh("POST", "/v1/page/arm", '{"armed": true}', key=tab)
    key_id = fresh("GET", "/v1/api_keys").json["keys"][0]["key_id"]
    for method, path in (
        ("POST", "/v1/api_keys"),
        ("POST", f"/v1/api_keys/{key_id}/rotate"),
        ("DELETE", f"/v1/api_keys/{key_id}"),
        ("POST", "/v1/page/ticket"),
    ):
        assert fresh(method, path, "{}" if method == "POST" else None, key=tab).status == 403


def test_a_key_is_not_armed(fresh: Api) -> None:
    assert fresh("POST", "/v1/page/arm", '{"armed": true}').status == 403
    assert fresh("POST", "/v1/page/ticket", key="live").status == 403


def test_a_tab_ends_with_its_key(fresh: Api) -> None:
    made = fresh("POST", "/v1/api_keys", "{}").json
    fresh.keys["extra"] = made["api_key"]
    ticket = fresh("POST", "/v1/page/ticket", key="extra").json["ticket"]
    body = json.dumps({"ticket": ticket})
    tab = fresh("POST", "/v1/page/session", body, key=None).json["session"]
    late = fresh("POST", "/v1/page/ticket", key="extra").json["ticket"]
    assert fresh("GET", "/v1/positions", key=tab).status == 200
    fresh("DELETE", f"/v1/api_keys/{made['key_id']}")
    assert fresh("GET", "/v1/positions", key=tab).status == 401
    assert fresh("POST", "/v1/page/session", json.dumps({"ticket": late}), key=None).status == 401


def test_the_number_of_tabs_is_bounded(fresh: Api) -> None:
    first = tab_of(fresh)
    for _ in range(256):
        last = tab_of(fresh)
    assert fresh("GET", "/v1/positions", key=first).status == 401
    assert fresh("GET", "/v1/positions", key=last).status == 200


def test_the_policy_allows_the_scripts_of_the_page_and_nothing_else(api: Api) -> None:
    answer = api("GET", "/", key=None)
    assert (answer.status, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    policy, text = answer.headers["content-security-policy"], answer.raw.decode()
    blocks = re.findall(r"<(?:script|style)>(.*?)</(?:script|style)>", text, re.DOTALL)
    assert len(blocks) == 3
    for block in blocks:
        digest = base64.b64encode(hashlib.sha256(block.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"


def test_the_page_and_its_charts_are_light() -> None:
    document, _ = page()
    assert len(gzip.compress(document)) < MOST_BYTES


def test_the_page_asks_nobody_else_and_writes_no_markup(api: Api) -> None:
    text = api("GET", "/", key=None).raw.decode()
    script = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)[1]
    addresses = set(re.findall(r"https?://[^\s'\"`]+", text))
    assert addresses <= {"http://www.w3.org/2000/svg", "https://github.com/leeoniya/uPlot"}
    assert "innerHTML" not in script
    assert not re.search(r"\sstyle=", text.partition("<body>")[2].partition("<script>")[0])


def test_the_request_log_shows_clients_and_hides_keys(fresh: Api) -> None:
    tab = tab_of(fresh)
    fresh("POST", "/v1/api_keys", '{"label": "extra"}', headers={"User-Agent": "my-bot/1"})
    fresh("GET", "/v1/positions", key=tab)
    fresh("GET", "/v1/orders?limit=0")
    answer = fresh("GET", "/v1/sandbox/requests", key=tab)
    rows = answer.json["requests"]
    assert KEY.search(answer.raw.decode()) is None
    made = next(row for row in rows if row["path"] == "/v1/api_keys")
    assert (made["method"], made["status"], made["client"]) == ("POST", 200, "my-bot/1")
    assert made["body"] == '{"label": "extra"}'
    assert made["request_id"]
    bad = rows[-1]
    assert (bad["path"], bad["status"]) == ("/v1/orders?limit=0", 400)
    assert bad["error_code"] == "INVALID_PARAMS"
    assert [row["path"] for row in rows].count("/v1/positions") == 0
    newer = fresh("GET", f"/v1/sandbox/requests?since_seq={bad['seq']}", key=tab)
    assert newer.json["requests"] == []


def test_a_client_sees_its_own_requests_only(api: Api) -> None:
    one, two = api.with_new_client(), api.with_new_client()
    one("GET", "/v1/positions")
    assert two("GET", "/v1/sandbox/requests").json["requests"] == []
    assert two("GET", "/v1/sandbox/requests", key="live").status == 403


def test_the_log_keeps_a_bounded_number_of_requests(fresh: Api) -> None:
    body = json.dumps({"symbols": ["BTC-USD"] * 400})
    fresh("POST", "/v1/quotes_batch", body)
    row = fresh("GET", "/v1/sandbox/requests?limit=1").json["requests"][0]
    assert len(row["body"]) == 2_000
    assert len(row["answer"]) <= 600
    for _ in range(1_005):
        fresh.sandbox.runtime.requests.add(
            fresh.client.client_id,
            ts_ns=0,
            ms=0.0,
            method="GET",
            target=b"/",
            status=200,
            agent=b"\xff",
            request_id="",
            body=b"",
            answer=b"",
        )
    rows = fresh("GET", "/v1/sandbox/requests?limit=1000").json["requests"]
    assert len(rows) == 1_000
    assert rows[-1]["client"] == "\ufffd"


def test_history_holds_values_and_prices_of_the_sandbox_time() -> None:
    with (
        Sandbox(clock="manual", preset="instant", market="demo") as sandbox,
        serving(sandbox) as url,
    ):
        api = Api(sandbox, url)
        api("POST", "/v1/sandbox/reset")
        order = '{"symbol": "BTC-USD", "side": "buy", "qty": 0.01}'
        assert api("POST", "/v1/orders", order).status == 200
        begin_ns = sandbox.runtime.now_ns
        for _ in range(90):
            sandbox.clock.advance(seconds=1)
            with sandbox.runtime.turn():
                sandbox.runtime.history.sample()
        values = api("GET", "/v1/portfolio/snapshots").json["snapshots"]
        assert len(values) >= 90
        assert [row["ts_ns"] for row in values] == sorted(row["ts_ns"] for row in values)
        assert len({row["epoch"] for row in values if row["ts_ns"] > begin_ns}) == 1
        newest = api("GET", "/v1/portfolio/snapshots?limit=3").json["snapshots"]
        assert newest == values[-3:]
        total = api("GET", "/v1/positions").json["totals"]["nav_usd_1e9"]
        assert values[-1]["nav_usd_1e9"] == total
        bars = api("GET", "/v1/price_history/BTC-USD?fidelity_secs=10&range=1h").json
        assert 9 <= bars["count"] == len(bars["points"]) <= 11
        assert all(point["ts_ns"] > begin_ns for point in bars["points"])
        every = api("GET", "/v1/price_history/BTC-USD?fidelity_secs=1&range=1h").json
        assert every["count"] >= 90
        assert api("GET", "/v1/price_history/NOPE-USD").status == 404
        assert api("GET", "/v1/price_history/BTC-USD?range=1y").status == 400
        live = api("GET", "/v1/portfolio/snapshots", key="live").json
        assert live["snapshots"] == []
