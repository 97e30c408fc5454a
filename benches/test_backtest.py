"""A maker's backtest in plain Python: what a message costs, by the desk and by the typed client.

The same quotes either way, so the event hashes must be equal. Best beside the replay that calls
nobody, of the same run.
"""

import json
from contextlib import suppress
from typing import Any

import pytest

from sequence import errors, feeds
from sequence.feeds import Recording
from sequence.sandbox import Sandbox

MESSAGES = 4_000
START = 1_776_657_000 * 10**9
ONE = 10**8
PRICE = 10**9
SYMBOL = "BTC-USD"


@pytest.fixture(scope="module")
def recording() -> Recording:
    """A book of twenty levels whose touch moves every fourth message and is hit every tenth."""
    lines: list[dict[str, Any]] = [
        {"type": "snapshot", "ts_ns": START,
         "bids": [[str(1_000 - n), "5"] for n in range(1, 21)],
         "asks": [[str(1_000 + n), "5"] for n in range(1, 21)]},
    ]  # fmt: skip
    for at in range(1, MESSAGES):
        size = str(1 + at * 7 % 9)
        row: dict[str, Any] = {"type": "delta", "ts_ns": START + at * 10_000_000}
        if at % 10 == 0:
            row |= {"type": "trade", "price": "999", "qty": "3", "side": "sell"}
        elif at % 4 == 0:
            row |= {"bids": [["999", size]], "asks": [["1001", size]]}
        else:
            row |= {"bids": [[str(999 - at % 17 - 1), size]]}
        lines.append(row)
    named = ({"venue": "kraken", "symbol": SYMBOL} | line for line in lines)
    read = feeds.jsonl.load("\n".join(json.dumps(line) for line in named).encode())
    return Recording(read.instruments, read.records, "hand", "a benchmark")


def replayed(recording: Recording, trader: Any) -> str:
    """One whole backtest; the digest of what happened."""
    with Sandbox(clock="replay", market=[recording], preset="realistic", seed=3) as sandbox:
        sandbox.client().positions()
        return sandbox.replay(on_book=trader(sandbox), every="touch").event_hash


def nobody(_sandbox: Sandbox) -> None:
    """No callback: the core goes through the records alone."""


def looker(_sandbox: Sandbox) -> Any:
    return lambda book: book.ask - book.bid


def by_desk(sandbox: Sandbox) -> Any:
    desk, turns, order = sandbox.desk(), 0, None
    market = desk.market(SYMBOL, "kraken")

    def on_book(book: Any) -> None:
        nonlocal turns, order
        turns += 1
        if turns % 8 == 1:
            order = desk.buy(market, ONE, book.bid)
        elif turns % 8 == 5 and order is not None:
            desk.cancel(order)

    return on_book


def by_client(sandbox: Sandbox) -> Any:
    client, turns, order = sandbox.client(), 0, None

    def on_book(book: Any) -> None:
        nonlocal turns, order
        turns += 1
        if turns % 8 == 1:
            order = client.buy(SYMBOL, 1, limit_price=book.bid // PRICE, venue="kraken")
        elif turns % 8 == 5 and order is not None:
            with suppress(errors.ConflictError):
                client.cancel(order.id)

    return on_book


@pytest.mark.parametrize("trader", [nobody, looker, by_desk, by_client])
def test_message_of_a_backtest(benchmark: Any, recording: Recording, trader: Any) -> None:
    benchmark.extra_info |= {"calls": MESSAGES, "reference": "test_message_of_a_backtest[nobody]"}
    if trader is nobody:
        del benchmark.extra_info["reference"]
    expected = replayed(recording, trader)
    found = benchmark.pedantic(replayed, (recording, trader), rounds=5, warmup_rounds=1)
    assert found == expected
    if trader is by_client:
        assert found == replayed(recording, by_desk)
