"""A long day of one busy symbol, replayed from disk: `day.py [RECORDS] [FOLDER]`.

Writes raw frames of a made-up Binance market as a recorder would (packed, a file every few million
records, 88 levels or a trade a frame), then plays them in a new process, where a bot keeps one
order at the best bid by the desk. Prints JSON: time, peak memory, orders and fills, what the engine
finds wrong with itself. The files are removed, unless a folder is named; one that has them is
played as it is.
"""

import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sequence.sandbox import Sandbox

START_S = 1_776_657_000
LEVELS = 44
"""Levels of a side in a frame."""
FRAMES = 100_000
"""Of one file."""
URL = "https://api.binance.com/api/v3/depth?symbol=BTCUSDT&limit=1000"
MARKET = ("BTC-USDT", "binance")


def price(ticks: int) -> str:
    return f"{ticks // 100}.{ticks % 100:02}"


def sides(draw: random.Random, mid: int, sizes: list[str]) -> str:
    """Levels around a price, at which nothing is left on either side."""
    bids = [f'["{price(mid)}","0"]']
    asks = list(bids)
    for step in range(1, LEVELS):
        bids.append(f'["{price(mid - step)}",{draw.choice(sizes)}')
        asks.append(f'["{price(mid + step)}",{draw.choice(sizes)}')
    return f'[{",".join(bids)}],"%s":[{",".join(asks)}]'


def lines(records: int) -> Iterator[tuple[str, int]]:
    """Lines of a recording and how many records each becomes."""
    draw = random.Random(5)  # noqa: S311 - a made-up market
    sizes = [f'"{draw.randint(1, 90_000) / 10_000:.4f}"]' for _ in range(500)]
    mid, number, done = 6_180_000, 0, 0
    # Frames of the same few hundred shapes at each of the prices that a walk of this length has.
    shapes = {
        ticks: [sides(draw, ticks, sizes) for _ in range(4)] for ticks in range(mid - 40, mid + 41)
    }
    book = shapes[mid][0].replace('"0"', '"0.0001"', 1).replace('"0"', '"0.0"', 1) % "asks"
    yield f'{URL} -> {START_S}.000000: {{"lastUpdateId":1,"bids":{book}}}\n', 2 * LEVELS
    while done < records:
        number += 1
        at_us = number * 800
        stamp = f"{START_S + at_us // 1_000_000}.{at_us % 1_000_000:06}"
        if number % 4 == 0:
            maker, ticks = draw.choice([("true", mid - 1), ("false", mid + 1)])
            body = (
                f'"e":"trade","E":{START_S * 1000 + at_us // 1000},"s":"BTCUSDT","t":{number},'
                f'"p":"{price(ticks)}","q":"0.0500","m":{maker}'
            )
            count, kind = 1, "trade"
        else:
            step = draw.choice((-1, 0, 0, 1))
            mid = mid + step if mid + step in shapes else mid
            body = (
                f'"e":"depthUpdate","E":{START_S * 1000 + at_us // 1000},"s":"BTCUSDT",'
                f'"U":{number + 1 - (number % 4 == 1)},"u":{number + 1},'
                f'"b":{draw.choice(shapes[mid]) % "a"}'
            )
            count, kind = 2 * LEVELS, "depth@100ms"
        yield f'{stamp}: {{"stream":"btcusdt@{kind}","data":{{{body}}}}}\n', count
        done += count


def written(folder: Path, records: int) -> int:
    """Writes the files; how many records they hold."""
    import zstandard  # noqa: PLC0415 - the process that plays does without

    packer, held, done, files = zstandard.ZstdCompressor(level=3), list[str](), 0, 0

    def put() -> None:
        name = folder / f"day-{files:04}.txt.zst"
        name.write_bytes(packer.compress("".join(held).encode()))
        held.clear()

    for line, count in lines(records):
        held.append(line)
        done += count
        if len(held) == FRAMES:
            put()
            files += 1
    put()
    return done


def played(folder: Path) -> dict[str, Any]:
    """Plays all files with a bot that keeps one order at the best bid."""
    files = sorted(folder.glob("day-*.txt.zst"))
    opening, began = time.perf_counter(), time.process_time()
    with Sandbox(clock="replay", market=files, preset="instant", seed=3) as sandbox:
        opened_s = time.perf_counter() - opening
        desk = sandbox.desk()
        market = desk.market(*MARKET)
        told = {"calls": 0, "orders": 0, "fills": 0}
        rests: list[int | None] = [None, None]

        def on_book(book: Any) -> None:
            told["calls"] += 1
            bid = book.touch()[0]
            if bid is None or bid == rests[1]:
                return
            if rests[0] is not None:
                desk.cancel(rests[0])
            rests[:] = [desk.buy(market, 10_000, bid), bid]
            told["orders"] += 1

        def on_order(event: tuple[Any, ...]) -> None:
            told["fills"] += event[0] == "fill"

        sandbox.replay(on_book=on_book, on_order=on_order, every="touch")
        wrong = sandbox.check_invariants()
    return told | {
        "files": len(files),
        "opened_s": round(opened_s, 1),
        "cpu_s": round(time.process_time() - began, 1),
        "peak_mb": round(peak_mb(), 1),
        "wrong": wrong,
    }


def peak_mb() -> float:
    """The largest resident size of this process."""
    status = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024


def main(records: int, folder: Path) -> dict[str, Any]:
    """Writes and plays; what came of it."""
    held = 0 if any(folder.glob("day-*.txt.zst")) else written(folder, records)
    line = [sys.executable, __file__, "--play", str(folder)]
    told = json.loads(subprocess.run(line, capture_output=True, text=True, check=True).stdout)  # noqa: S603
    if told["wrong"] or not told["fills"]:
        sys.exit(f"a wrong answer: {told}")
    size = sum(file.stat().st_size for file in folder.glob("day-*.txt.zst"))
    return {"records": held, "packed_mb": size >> 20} | told


if __name__ == "__main__":
    if sys.argv[1:2] == ["--play"]:
        print(json.dumps(played(Path(sys.argv[2]))))
    else:
        most = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000_000
        with tempfile.TemporaryDirectory(prefix="day-") as made:
            print(json.dumps(main(most, Path(sys.argv[2]) if len(sys.argv) > 2 else Path(made))))
