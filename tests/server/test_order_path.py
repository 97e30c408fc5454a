"""What the order path leaves out for speed: nobody may notice."""

import json
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from sequence import _core
from sequence.sandbox import Sandbox
from sequence.sandbox.stream.hub import UNREAD
from sequence.server import serving
from sequence.types import SubmitResponse
from tests.server.streaming import reader

ORDER = {"symbol": "BTC-USDT", "side": "buy", "qty": 0.1}
OURS = "01890a5d-ac96-774b-bcce-b302099a8057"
LIMIT = ORDER | {"order_type": "limit", "price": 90}


@pytest.fixture(params=["memory", "file"])
def sandbox(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Sandbox]:
    store = tmp_path / "kept.db" if request.param == "file" else "memory"
    with Sandbox(preset="instant", market="manual", store=store) as sandbox:
        sandbox.market.snapshot("binance", "BTC-USDT", [(100, 500)], [(101, 500)])
        yield sandbox


def test_a_reader_finds_all_that_happened_while_nobody_read(sandbox: Sandbox) -> None:
    with serving(sandbox) as url:
        client = sandbox.client()
        client.buy("BTC-USDT", 0.1)
        client.sandbox.reset()
        for _ in range(2):
            last = [client.buy("BTC-USDT", 0.1) for _ in range(UNREAD // 4)][-1]
            with reader(url, sandbox.test_key) as stream:
                ack = stream.subscribe("orders", "fills", orders=0, fills=0)
                assert ack["subscribed"] == ["orders", "fills"]
                events: list[dict[str, Any]] = []
                while not events or events[-1]["data"]["node_order_id"] != last.id:
                    events.append(stream.event("orders"))
                told = [event["seq"] for event in events]
                assert told == list(range(1, len(told) + 1))


def test_of_what_nobody_reads_the_newest_are_kept() -> None:
    engine = _core.Engine(preset="instant")
    engine.listen(True)
    account = engine.account("me")
    engine.reset(account, 10**14, 1)
    engine.set_max_age(enabled=False)
    engine.market_snapshot(
        "binance", "BTC-USDT", [(10**11, 10**10)], [(10**11 + 10**9, 10**10)], 1, 1
    )
    unread = _core.Unread(3)
    for _ in range(5):
        engine.place(account, 1, "BTC-USDT", "buy", 10**7)
        unread.keep(engine.take_frames())
    rows = unread.take()
    assert rows[0][:3] == (account, "epoch", 1)
    fills = [row for row in rows if row[1] == "fills"]
    assert [row[2] for row in fills] == [3, 4, 5]
    assert all(json.loads(row[4])["qty_1e8"] == 10**7 for row in fills)
    assert unread.take() == []


@pytest.mark.parametrize(
    "body",
    [ORDER, LIMIT, LIMIT | {"price": 100.5}, ORDER | {"qty": 10**6}, ORDER | {"graph_id": OURS}],
    ids=["filled", "open", "within", "rejected", "named"],
)
def test_an_answer_is_written_as_its_model_writes_it(sandbox: Sandbox, body: Any) -> None:
    with serving(sandbox) as url:
        connection = connected(url)
        texts = [posted(connection, sandbox.test_key, body) for _ in range(2)]
        connection.close()
    for status, text in texts:
        assert status == 200
        assert SubmitResponse.from_json(text).to_json() == text
    assert ("graph_id" in body) == (texts[0] == texts[1])


def test_a_connection_loses_its_key_with_everybody_else(sandbox: Sandbox) -> None:
    client = sandbox.client()
    with serving(sandbox) as url:
        made = client.api_key_create("bot")
        connection = connected(url)
        assert [posted(connection, made.api_key, ORDER)[0] for _ in range(2)] == [200, 200]
        new = client.api_key_rotate(made.key_id).api_key
        assert posted(connection, made.api_key, ORDER)[0] == 401
        assert posted(connection, new, ORDER)[0] == 200
        client.api_key_revoke(made.key_id)
        assert posted(connection, new, ORDER)[0] == 401
        assert posted(connection, sandbox.test_key, ORDER)[0] == 200
        connection.close()


def connected(url: str) -> HTTPConnection:
    parts = urlsplit(url)
    return HTTPConnection(parts.hostname or "", parts.port, timeout=30)


def posted(connection: HTTPConnection, key: str, body: Any) -> tuple[int, bytes]:
    connection.request("POST", "/v1/orders", json.dumps(body), {"Authorization": f"Bearer {key}"})
    answer = connection.getresponse()
    return answer.status, answer.read()
