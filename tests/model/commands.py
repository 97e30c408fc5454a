"""Random scripts, and the shortest part of one that still fails."""

from random import Random
from typing import Any

from sequence import _core
from tests.model.machine import Command, Machine
from tests.model.terms import EUR, FIAT_USD, ONE, PERPS, USDC, USDT, Listing

MARKETS, LISTINGS = 11, 13
PERP_INDEXES = (4, 5, 6)
CASH = [
    ("coinbase", *FIAT_USD), ("kraken", *FIAT_USD), ("kraken", *EUR), ("binance", *USDT),
    ("hyperliquid", *USDC), ("kalshi", *FIAT_USD), ("polymarket", *USDC),
]  # fmt: skip
BASES = [
    ("coinbase", "crypto", "BTC"), ("binance", "crypto", "BTC"), ("kraken", "crypto", "ETH"),
    ("kraken", "crypto", "BTC"),
]  # fmt: skip
TIFS = ("gtc", "gtc", "gtc", "gtc", "ioc", "fok", "post_only", "day")
EVENTS = ("kalshi", "polymarket")
SIDES = ("buy", "sell")


def levels(draw: Random, sign: int, middle: int) -> list[tuple[int, int]]:
    count = draw.choice((0, 1, 2, 3, 3, 4))
    first = draw.choice((1, 1, 1, 2, 5))
    return [(middle + sign * (first + 2 * n), draw.randint(1, 40)) for n in range(count)]


def book(draw: Random) -> Command:
    index = draw.randrange(MARKETS)
    wide = index in PERP_INDEXES and draw.random() < 0.25
    middle = draw.randint(-400, 400) if wide else draw.randint(-3, 3)
    bids, asks = levels(draw, -1, middle), levels(draw, 1, middle)
    whole = draw.random() < 0.7
    return ("book", index, bids, asks, whole)


def order(draw: Random) -> Command:
    who, side = draw.randrange(2), draw.choice(SIDES)
    index = draw.choice(PERP_INDEXES) if draw.random() < 0.35 else draw.randrange(LISTINGS)
    lots = draw.choice((1, 2, 5, 5, 10, 30, 100))
    edge = draw.choice((None, None, None, 0, 0, 1, -1))
    if draw.random() < 0.35:
        return ("order", who, index, side, lots, None, "ioc", draw.random() < 0.25, edge)
    step = draw.randint(-6, 6)
    return ("order", who, index, side, lots, step, draw.choice(TIFS), draw.random() < 0.2, edge)


def write(draw: Random) -> Command:
    who, kind = draw.randrange(2), draw.random()
    if kind < 0.1:
        market, entry = draw.choice(PERPS), draw.choice((-200, 0, 300))
        units = draw.choice((-9, -2, 0, 2, 9)) * market.lot * market.lots
        price = market.mid + entry * market.step
        return ("write", who, Listing(market).held, units, None, False, price)
    if kind < 0.2:
        lots, entry = draw.choice((0, 1, 7, 40)), draw.choice((None, 0, 4 * 10**8, 10**9))
        return ("write_event", who, draw.choice(EVENTS), draw.random() < 0.5, lots, entry)
    if kind < 0.6:
        key, units = draw.choice(CASH), draw.choice((0, 20, 500, 5_000, 100_000)) * ONE
    else:
        key, units = draw.choice(BASES), draw.choice((0, 1, 7)) * ONE
    part = draw.choice((None, None, 0, -1, 3))
    return ("write", who, key, units, part, draw.random() < 0.05, None)


def other(draw: Random) -> Command:
    who = draw.randrange(2)
    return draw.choice((
        ("reset", who, draw.choice((20, 1_000, 100_000))),
        ("settle", draw.choice(EVENTS), draw.choice((0, 10**9, 5 * 10**8, 333_333_333, None))),
        ("settle", draw.choice(EVENTS), draw.choice((0, 10**9, None)), draw.randrange(4)),
        ("redeem", who, draw.randrange(4)),
        ("rate", draw.choice(PERP_INDEXES), draw.choice((10**6, -10**6, 10**7, 12_345, 0))),
        ("wait", draw.choice((1, 3, 9, 25)) * 3_600 * 10**9),
        ("cancel_venue", who, draw.choice(("hyperliquid", "kalshi", "binance", "kraken"))),
        ("snapshot",),
        ("restore", draw.randrange(3)),
        ("restart",),
        ("align",),
        ("status", draw.randrange(MARKETS), draw.choice(("halted", "open"))),
    ))  # fmt: skip


def command(draw: Random) -> Command:
    kind = draw.random()
    if kind < 0.25:
        return book(draw)
    if kind < 0.33:
        size = draw.randint(1, 60)
        return ("trade", draw.randrange(MARKETS), draw.randint(-6, 6), size, draw.choice(SIDES))
    if kind < 0.65:
        return order(draw)
    if kind < 0.67:
        return ("again", draw.randrange(2), draw.randrange(4), draw.random() < 0.3)
    if kind < 0.73:
        return ("cancel", draw.randrange(2), draw.randrange(8))
    if kind < 0.83:
        lots, step = draw.choice((None, 1, 5, 40)), draw.choice((None, *range(-6, 7)))
        edge = draw.choice((None, None, None, 0, 1))
        return ("amend", draw.randrange(2), draw.randrange(8), lots, step, edge)
    if kind < 0.88:
        return write(draw)
    if kind < 0.94:
        return ("wait", draw.choice((1, 5, 20, 100, 1_000)) * 10**6)
    return other(draw)


def script(seed: int, steps: int) -> list[Command]:
    """Books first, so that most of it happens; then whatever comes."""
    draw = Random(seed)  # noqa: S311 - a seed, not a secret
    opening: list[Command] = [
        ("book", index, [(-1, 30), (-3, 30)], [(1, 30), (3, 30)], True) for index in range(MARKETS)
    ]
    cash = draw.choice((20, 1_000, 20_000, 1_000_000)) * ONE
    opening += [("write", who, key, cash) for who in range(2) for key in CASH]
    opening += [("write", who, key, 3 * ONE, None, False, 60_000 * 10**9)
                for who in range(2) for key in BASES]  # fmt: skip
    return [*opening, *(command(draw) for _ in range(steps))]


def failure(preset: str, commands: list[Command]) -> tuple[int, BaseException] | None:
    """Where a script fails, and how; None when both sides agree to the end."""
    machine = Machine(preset)
    for number, step in enumerate(commands):
        try:
            machine.play(step)
        except (Exception, _core.Panic) as error:
            # Whatever it is, the script is what counts.
            return number, error
    return None


def _same(one: BaseException, other: BaseException) -> bool:
    def where(error: BaseException) -> Any:
        trace = error.__traceback__
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        return type(error), None if trace is None else (
            trace.tb_frame.f_code.co_name,
            trace.tb_lineno,
        )

    return where(one) == where(other)


def shrink(preset: str, commands: list[Command], tries: int = 300) -> list[Command]:
    """Leaves out what the failure does not need: halves first, single commands last."""
    found = failure(preset, commands)
    assert found is not None
    at, error = found
    kept, size = commands[: at + 1], max(at // 2, 1)
    while size:
        start = 0
        while start < len(kept) and tries:
            tried = kept[:start] + kept[start + size :]
            result, tries = failure(preset, tried), tries - 1
            if result is not None and _same(result[1], error):
                kept = tried[: result[0] + 1]
            else:
                start += size
        size //= 2
    return kept


def check(preset: str, seed: int, steps: int) -> int:
    """Plays one random script; a disagreement is told with the shortest script that shows it."""
    commands = script(seed, steps)
    found = failure(preset, commands)
    if found is None:
        return len(commands)
    kept = shrink(preset, commands)
    after = failure(preset, kept)
    lines = "".join(f"    {command!r},\n" for command in kept)
    error = found[1] if after is None else after[1]
    raise AssertionError(f"preset {preset}, seed {seed}, play:\n[\n{lines}]\n{error!r}") from error
