"""A callback that raises: what its moment had still to tell is told when the replay goes on."""

import json

import pytest

from sequence import feeds
from sequence.feeds import Recording
from sequence.sandbox import Sandbox

SECOND = 10**9
START = 1_776_657_000 * SECOND
ONE, PRICE = 10**8, 10**9


class RaisedError(Exception):
    """What the strategy raises."""


def recording():
    """Two trades a second, each filling what rests at its price, and a touch that moves."""
    row = {"venue": "kraken", "symbol": "BTC-USD"}
    rows = [
        row | {
            "ts_ns": START, "type": "snapshot",
            "bids": [["100", "1"], ["99", "1"]], "asks": [["101", "5"]],
        }
    ]  # fmt: skip
    for at in range(1, 8):
        ts_ns = START + at * SECOND
        rows.append(row | {"ts_ns": ts_ns, "type": "delta", "asks": [["101", f"{5 + at % 2}"]]})
        sold = {"type": "trade", "qty": "3", "side": "sell", "more": True}
        rows.append(row | {"ts_ns": ts_ns, "price": "100"} | sold)
        rows.append(row | {"ts_ns": ts_ns, "price": "99"} | sold | {"more": False})
    read = feeds.jsonl.load("\n".join(json.dumps(row) for row in rows).encode())
    return Recording(read.instruments, read.records, "hand", "a test")


def told(names, raising=()):
    """All that is told, where a call of these numbers raises; the replay is asked to go on."""
    found, count = [], 0
    with Sandbox(clock="replay", market=[recording()], preset="instant", seed=5) as sandbox:
        desk = sandbox.desk()
        market = desk.market("BTC-USD", "kraken")

        def heard(name, *what):
            nonlocal count
            count += 1
            found.append((name, sandbox.clock.now_ns, *what))
            if name == "time":
                for price in (100, 100, 99):
                    desk.buy(market, ONE // 2, price * PRICE, tif="post_only")
            if count in raising:
                raise RaisedError

        calls = {
            "on_time": lambda now_ns: heard("time", now_ns),
            "on_order": lambda row: heard("order", row),
            "on_event": lambda event: heard("event", event),
            "on_trade": lambda book, *what: heard("trade", book.market, *what),
            "on_book": lambda book: heard("book", book.market, book.ask_qty),
        }
        at = [START + nth * SECOND // 2 for nth in range(1, 14, 2)]
        asked = {f"on_{name}": calls[f"on_{name}"] for name in names}
        raised = 0
        while True:
            try:
                sandbox.replay(at=[row for row in at if row > sandbox.clock.now_ns], **asked)
                break
            except RaisedError:
                raised += 1
        assert raised == len(raising)
        return found, sandbox.event_hash()


@pytest.mark.parametrize(
    "names",
    [
        ("time", "order"),
        ("time", "event"),
        ("time", "order", "event", "trade", "book"),
    ],
    ids="-".join,
)
def test_what_a_moment_had_still_to_tell_is_told_when_the_replay_goes_on(names):
    expected, decided = told(names)
    assert len(expected) > 20
    for at in range(1, len(expected) + 1):
        assert told(names, {at}) == (expected, decided), at
    assert told(names, set(range(1, len(expected) + 1, 3))) == (expected, decided)


def test_a_callback_that_is_not_given_again_is_told_nothing():
    found = []
    with Sandbox(clock="replay", market=[recording()], preset="instant") as sandbox:

        def on_trade(*_what):
            raise RaisedError

        with pytest.raises(RaisedError):
            sandbox.replay(on_trade=on_trade)
        sandbox.replay(on_book=lambda book: found.append(book.now_ns))
        assert min(found) > START + SECOND
        sandbox.replay(on_trade=on_trade)
