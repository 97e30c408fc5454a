"""The core from Python: one call, no wire models."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from sequence import _core

NOW_NS = 1_776_657_000_000_000_000
ORDERS = 2_000
SIZE_1E8 = 1_000_000


# More than are remembered: gone through again and again, each is forgotten before it comes again.
TEXTS = [f"S{nth}-USD" for nth in range(4_096)]


def test_parse_symbol(benchmark: Any) -> None:
    symbols(benchmark, _core.parse_symbol, ["BTC-USD"] * len(TEXTS))


def test_parse_symbol_by_lru_cache(benchmark: Any) -> None:
    symbols(benchmark, lru_cache(_core.parse_symbol), ["BTC-USD"] * len(TEXTS))


def test_parse_symbol_anew(benchmark: Any) -> None:
    symbols(benchmark, _core.parse_symbol, TEXTS)


def symbols(benchmark: Any, parse: Callable[[str], _core.Symbol], texts: list[str]) -> None:
    """Many at once: one is as short as the clock that would measure it."""

    def work() -> None:
        for text in texts:
            parse(text)

    benchmark.extra_info.update(calls=len(texts), reference="test_parse_symbol_by_lru_cache")
    benchmark(work)
    assert all(parse(text).canonical == text for text in texts)


def test_engine_place(benchmark: Any) -> None:
    def place(engine: _core.Engine, account: int) -> None:
        for nth in range(ORDERS):
            side = "sell" if nth % 2 else "buy"
            row = engine.place(account, NOW_NS, "BTC-USD", side, SIZE_1E8, None, "kraken")
            assert row[0] == "FILLED"

    measure(benchmark, place)


def test_engine_submit(benchmark: Any) -> None:
    def submit(engine: _core.Engine, account: int) -> None:
        for nth in range(ORDERS):
            row, _ = engine.submit(
                account,
                NOW_NS,
                symbol="BTC-USD",
                side="sell" if nth % 2 else "buy",
                qty_1e8=SIZE_1E8,
                venue="kraken",
            )
            assert row["orders"][0]["status"] == "FILLED"

    measure(benchmark, submit)


def measure(benchmark: Any, work: Any) -> None:
    """An engine keeps every order, so each round has a new one, made outside the clock."""

    def prepared() -> tuple[tuple[_core.Engine, int], dict[str, Any]]:
        engine = _core.Engine()
        engine.set_max_age(enabled=False)
        bids = [((74_350 - n) * 10**9, 10**14) for n in range(1, 11)]
        asks = [((74_350 + n) * 10**9, 10**14) for n in range(1, 11)]
        engine.market_snapshot("kraken", "BTC-USD", bids, asks, NOW_NS, NOW_NS)
        account = engine.account("bench")
        engine.reset(account, 10**17, NOW_NS)
        return (engine, account), {}

    benchmark.extra_info["calls"] = ORDERS
    benchmark.pedantic(work, setup=prepared, rounds=30, warmup_rounds=2)
