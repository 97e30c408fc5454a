"""Shortest histories in which engine and model once disagreed, each with what is right."""

from tests.model.machine import Command

LEVELS = ([(-1, 20), (-3, 40)], [(1, 20), (3, 40)])
FAR = ([(-401, 20), (-403, 40)], [(-399, 20), (-397, 40)])

FINDINGS: dict[str, list[Command]] = {
    "a book that is no longer held stale calls the margin it was away from": [
        ("book", 4, *LEVELS),
        ("order", 0, 4, "buy", 10, None, "ioc"),
        ("stale", 4, True),
        ("book", 4, *FAR),
        ("stale", 4, False),
    ],
    "a locked book is no mark for funding": [
        ("book", 5, *LEVELS),
        ("order", 1, 5, "buy", 2, None, "ioc"),
        ("rate", 5, 12_345),
        ("book", 5, [(1, 9)], [(3, 9)], False),
        ("wait", 3 * 3_600 * 10**9),
    ],
    "funding that costs what is left calls the margin": [
        ("book", 4, *LEVELS),
        ("write", 0, ("hyperliquid", "crypto", "USDC"), 20 * 10**8),
        ("order", 0, 4, "buy", 2, None, "ioc"),
        ("rate", 4, 10**8),
        ("wait", 3_600 * 10**9),
    ],
    "a position opened exactly at a boundary pays there": [
        ("book", 4, *LEVELS),
        ("rate", 4, 10**6),
        ("align",),
        ("order", 0, 4, "buy", 2, None, "ioc"),
        ("wait", 10**9),
    ],
    "an order counts on no part of a position that an amend on its way may close": [
        ("book", 4, *LEVELS),
        ("write", 0, ("hyperliquid", "crypto", "USDC"), 20_000 * 10**8),
        ("order", 0, 4, "sell", 30, 5, "gtc"),
        ("wait", 3 * 10**9),
        ("order", 0, 4, "buy", 10, None, "ioc"),
        ("wait", 3 * 10**9),
        ("amend", 0, 1, 30, 4),
        ("write", 0, ("hyperliquid", "crypto", "USDC"), 0, 3),
        ("order", 0, 4, "sell", 10, 4, "gtc"),
        ("wait", 3 * 10**9),
        ("trade", 4, 6, 60, "buy"),
        ("wait", 3 * 10**9),
    ],
    "a row written by hand pays for its loss out of the order that closes it": [
        ("book", 6, *LEVELS),
        ("write", 1, ("binance", "perp", "BTC-USD-PERP"), 900_000, None, False, 69_000 * 10**9),
        ("order", 1, 6, "sell", 1, None, "ioc", False, 0),
    ],
    "a lost outcome settles where no cash ever was": [
        ("write", 1, ("coinbase", "fiat", "USD"), 5_000 * 10**8, None, True),
        ("write_event", 1, "kalshi", False, 7, None),
        ("settle", "kalshi", 0),
    ],
    "what one pair pays with another sells": [
        ("book", 0, *LEVELS),
        ("book", 1, *LEVELS),
        ("book", 10, *LEVELS),
        ("write", 0, ("kraken", "crypto", "BTC"), 3 * 10**8, None, False, 60_000 * 10**9),
        ("order", 0, 12, "buy", 30, -4, "gtc"),
        ("order", 0, 1, "sell", 30, None, "ioc", False, 1),
        ("order", 0, 1, "sell", 30, 2, "gtc", False, 0),
        ("amend", 0, 1, 40, -2),
        ("trade", 10, -5, 60, "sell"),
        ("wait", 10**9),
    ],
}
