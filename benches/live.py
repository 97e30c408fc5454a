"""Live books: what a frame costs from the socket to the book, with five venues of fifty symbols.

    python benches/live.py [SECONDS] [SYMBOLS]

The venues are made-up ones in a process of their own, so that their work is not counted. Times are
those of this process: a machine that does other work makes the percentiles longer, not the CPU.
"""

import json
import resource
import subprocess
import sys
import time
from statistics import quantiles
from typing import Any, Final

from sequence import _core, fakes
from sequence.feeds.live import MAKERS, Live, LiveMarket
from sequence.feeds.live.connection import Connection
from sequence.sandbox import Sandbox

VENUES: Final = {
    "kraken": (fakes.Kraken, "USD"),
    "coinbase": (fakes.Coinbase, "USD"),
    "binance": (fakes.Binance, "USDT"),
    "bybit": (fakes.Bybit, "USDT"),
    "okx": (fakes.Okx, "USDT"),
}
FRAMES_PER_S: Final = 1_000
PER_MOVE: Final = 1.3
"""Frames of a symbol per move: a change of the book, and now and then a trade."""
WAIT_S: Final = 120.0


def names(quote: str, count: int) -> list[str]:
    """Symbols of a venue."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    return [f"Q{letters[at // 26]}{letters[at % 26]}-{quote}" for at in range(count)]


def serve(count: int) -> None:
    """Serves the venues until the input ends, at about a thousand frames a second together."""
    every_ms = 1_000 * len(VENUES) * count * PER_MOVE / FRAMES_PER_S
    made = [
        make(names(quote, count), every_ms=every_ms, hurry=1.0) for make, quote in VENUES.values()
    ]
    with fakes.serving(*made):
        told = {fake.name: (fake.url, fake.rest_url) for fake in made}
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()
        sys.stdin.read()


def connected(told: dict[str, list[str]], count: int) -> Live:
    """The sandbox's side of the venues."""
    venues = []
    for name, (url, rest_url) in told.items():
        venue = MAKERS[name][0]()
        venue.url, venue.rest_url = url, rest_url + ("/api/v3" if name == "binance" else "")
        venue.symbols = names(VENUES[name][1], count)
        venues.append(venue)
    return Live(venues)


def timed(spent_ns: list[int]) -> None:
    """Notes how long each frame takes from the socket to the book."""
    real = Connection._apply

    async def apply(self: Connection, socket: Any, frame: bytes) -> None:
        begun_ns = time.perf_counter_ns()
        await real(self, socket, frame)
        spent_ns.append(time.perf_counter_ns() - begun_ns)

    Connection._apply = apply  # type: ignore[method-assign]


def all_live(market: LiveMarket) -> bool:
    """Every subscribed book is whole."""
    return all(status.is_live for status in market.statuses())


def measure(told: dict[str, list[str]], seconds: float, count: int) -> dict[str, Any]:
    """Starts, waits for all books, and counts for a while."""
    spent_ns: list[int] = []
    timed(spent_ns)
    with Sandbox(preset="instant", market="none") as first:
        first.client().health_report()
    before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begun_s = time.monotonic()
    with Sandbox(preset="instant", market=connected(told, count)) as sandbox:
        market = sandbox.runtime.live
        assert market is not None
        while not all_live(market):
            if time.monotonic() - begun_s > WAIT_S:
                raise SystemExit(f"not all live: {[row.problem for row in market.statuses()]}")
            time.sleep(0.01)
        live_s = time.monotonic() - begun_s
        after_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        spent_ns.clear()
        cpu_s, wall_s = time.process_time(), time.monotonic()
        time.sleep(seconds)
        cpu_s, wall_s = time.process_time() - cpu_s, time.monotonic() - wall_s
        frames = len(spent_ns)
        parts = quantiles(spent_ns, n=100)
    symbols = count * len(VENUES)
    return {
        "build": _core.BUILD_PROFILE,
        "venues": len(VENUES),
        "symbols": symbols,
        "frames": frames,
        "frames_per_s": round(frames / wall_s),
        "frame_to_book_p50_us": round(parts[49] / 1_000, 1),
        "frame_to_book_p99_us": round(parts[98] / 1_000, 1),
        "frames_per_cpu_s": round(frames / cpu_s),
        "cpu_percent_at_1000_frames_per_s": round(100_000 * cpu_s / frames, 1),
        "kib_per_symbol": round((after_kb - before_kb) / symbols, 1),
        "start_to_all_live_s": round(live_s, 2),
    }


def main() -> None:
    """Measures once and prints it."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 30.0
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 50
    command = [sys.executable, __file__, "serve", str(count)]
    with subprocess.Popen(  # noqa: S603
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        sys.stdout.write(json.dumps(measure(told, seconds, count), indent=1) + "\n")


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        serve(int(sys.argv[2]))
    else:
        main()
