"""Durable orders: what a commit costs with and without HTTP, and how long a restart takes.

    python benches/store/durable.py [--orders 1000000] [--folder PATH]

Needs a release build. Client and server share the machine; each figure is the median of three
runs. The restart is measured on a database that the program fills first.
"""

import argparse
import asyncio
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sequence import _core
from sequence.sandbox import Sandbox

RUNS = 3
BODY = b'{"symbol":"BTC-USD","side":"buy","qty":0.001}'


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--orders", type=int, default=1_000_000)
    options.add_argument("--folder", type=Path, default=None)
    options.add_argument("--only", default="")
    given = options.parse_args()
    if _core.BUILD_PROFILE != "release":
        sys.exit("needs a release build: make bench")
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        figures = {
            "writer": lambda: writer(Path(folder)),
            "http": lambda: http(Path(folder)),
            "restart": lambda: restart(Path(folder), given.orders),
        }
        for name, figure in figures.items():
            if given.only in ("", name):
                print(json.dumps({name: figure()}), flush=True)


def writer(folder: Path) -> dict[str, Any]:
    """Engine, rows and commit, in this process: one order per commit, and 64."""
    found: dict[str, Any] = {}
    for group in (1, 64):
        rates = []
        for run in range(RUNS):
            with Sandbox(store=folder / f"w{group}-{run}.db", preset="instant") as sandbox:
                engine = sandbox.runtime.engine
                account = sandbox.runtime.local.account
                sandbox.client().sandbox.reset()
                rounds, began = 4_000 // group // 2, time.perf_counter()
                for _ in range(rounds):
                    with sandbox.group():
                        for _ in range(group):
                            engine.place(account, sandbox.runtime.now_ns, "BTC-USD", "buy", 10**5)
                rates.append(rounds * group / (time.perf_counter() - began))
        found[f"orders_per_s_{group}_per_commit"] = round(statistics.median(rates))
    return found


def http(folder: Path) -> dict[str, Any]:
    """Acknowledged orders over HTTP at 1 and 64 connections, closed loop."""
    found: dict[str, Any] = {}
    for connections, count in ((1, 1_000), (64, 6_000)):
        runs = [
            asyncio.run(load(folder / f"h{connections}-{n}.db", connections, count))
            for n in range(RUNS)
        ]
        for name in runs[0]:
            found[f"{name}_{connections}"] = round(statistics.median(run[name] for run in runs), 2)
    return found


async def load(database: Path, connections: int, count: int) -> dict[str, float]:
    process, ready = start(database)
    try:
        host = urlsplit(ready["url"])
        head = (
            f"POST /v1/orders HTTP/1.1\r\nHost: {host.netloc}\r\n"
            f"Authorization: Bearer {ready['key']}\r\nContent-Length: {len(BODY)}\r\n\r\n"
        ).encode()
        times: list[float] = []

        async def client(orders: int) -> None:
            reader, writer = await asyncio.open_connection(host.hostname, host.port)
            for _ in range(orders):
                began = time.perf_counter()
                writer.write(head + BODY)
                answer = await reader.readuntil(b"\r\n\r\n")
                length = int(answer.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
                await reader.readexactly(length)
                assert answer.startswith(b"HTTP/1.1 200"), answer
                times.append(time.perf_counter() - began)
            writer.close()

        await client(50)
        times.clear()
        began = time.perf_counter()
        await asyncio.gather(*(client(count // connections) for _ in range(connections)))
        seconds = time.perf_counter() - began
    finally:
        process.terminate()
        process.wait()
    times.sort()
    return {
        "acknowledged_per_s": len(times) / seconds,
        "p50_ms": times[len(times) // 2] * 1e3,
        "p99_ms": times[len(times) * 99 // 100] * 1e3,
    }


def start(database: Path) -> "tuple[subprocess.Popen[str], dict[str, Any]]":
    process = subprocess.Popen(
        [sys.executable, "-m", "sequence", "up", "--json", "--port", "0", "--preset", "instant",
         "--db", str(database)],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"SEQUENCE_HOME": str(database.parent)},
    )  # fmt: skip
    assert process.stdout is not None
    return process, json.loads(process.stdout.readline())


def restart(folder: Path, orders: int) -> dict[str, Any]:
    """A database with this many ended orders and 100 open ones, opened again."""
    database = folder / "many.db"
    with Sandbox(store=database, clock="manual", preset="instant") as sandbox:
        client = sandbox.client()
        for number in range(100):
            client.buy("BTC-USD", "0.01", limit_price=str(1_000 + number))
        engine, account = sandbox.runtime.engine, sandbox.runtime.local.account
        began = time.perf_counter()
        for done in range(0, orders, 1_000):
            if done % 20_000 == 0:
                # Displayed size is used once: time brings it back.
                sandbox.clock.advance(seconds=60)
            with sandbox.group():
                for _ in range(1_000):
                    engine.place(
                        account, sandbox.runtime.now_ns, "BTC-USD", "buy", 10_000, None, None, "ioc"
                    )
        filled = time.perf_counter() - began
        total = client.orders(limit=1).total
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.perf_counter()
    process, ready = start(database)
    first = time.perf_counter() - began
    rss = int(Path(f"/proc/{process.pid}/statm").read_text().split()[1]) * 4096
    process.kill()
    process.wait()
    del ready
    began = time.perf_counter()
    with Sandbox(store=database, clock="manual", preset="instant") as sandbox:
        opened = time.perf_counter() - began
        began = time.perf_counter()
        page = sandbox.client().orders(limit=50)
        listed = time.perf_counter() - began
        assert page.total == total
    return {
        "orders": total,
        "database_mb": round(database.stat().st_size / 1e6),
        "written_per_s": round(orders / filled),
        "memory_of_the_first_process_mb": round(before / 1e3),
        "process_start_to_ready_s": round(first, 2),
        "memory_after_restart_mb": round(rss / 1e6),
        "open_s": round(opened, 2),
        "first_list_s": round(listed, 2),
    }


if __name__ == "__main__":
    main()
