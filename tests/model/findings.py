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
}
