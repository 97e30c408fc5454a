"""Durable orders: what a commit costs with and without HTTP, and how long a restart takes.

    python benches/store/durable.py [--orders 1000000] [--folder PATH]

Needs a release build. Client and server share the machine; each figure is the median of three
runs. The restart is measured on a database that the program fills first. `disk` is the floor: no
durable order is faster than a sync alone. Read rates beside it and beside the echo of the same run.
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
from typing import Any, cast
from urllib.parse import urlsplit

from uvloop import new_event_loop

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
            "disk": lambda: disk(Path(folder)),
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


def disk(folder: Path) -> dict[str, Any]:
    """The floor under every commit: a page of a file that is there, written and synced."""
    rates, times = [], []
    page, pages = os.urandom(4096), 256
    for _ in range(RUNS):
        file = os.open(folder / "floor", os.O_CREAT | os.O_RDWR)
        os.pwrite(file, page * pages, 0)
        os.fsync(file)
        began = last = time.perf_counter()
        for number in range(300):
            os.pwrite(file, page, number % pages * len(page))
            os.fdatasync(file)
            now = time.perf_counter()
            times.append(now - last)
            last = now
        rates.append(300 / (last - began))
        os.close(file)
    times.sort()
    return {
        "syncs_per_s": round(statistics.median(rates)),
        "p50_ms": round(times[len(times) // 2] * 1e3, 2),
        "p99_ms": round(times[len(times) * 99 // 100] * 1e3, 2),
    }


def http(folder: Path) -> dict[str, Any]:
    """Acknowledged orders over HTTP at 1 and 64 connections, closed loop, beside a JSON echo."""
    found: dict[str, Any] = {}
    for connections, count in ((1, 1_000), (64, 6_000)):
        runs: dict[str, list[dict[str, float]]] = {"echo": [], "orders": []}
        for number in range(RUNS):
            # In turns: what the machine does meanwhile meets both.
            runs["echo"].append(
                against([str(Path(__file__).parents[1] / "echo.py")], folder, connections, count)
            )
            database = folder / f"h{connections}-{number}.db"
            runs["orders"].append(against(up(database), folder, connections, count))
        for name, rows in runs.items():
            for figure in rows[0]:
                middle = statistics.median(row[figure] for row in rows)
                found[f"{name}_{figure}_{connections}"] = round(middle, 2)
    return found


def against(
    command: list[str], folder: Path, connections: int, count: int, pause_s: float = 0.0
) -> dict[str, float]:
    """One run against a server of its own; a connection rests for so long behind each answer."""
    process, place = start(command, folder)
    try:
        with asyncio.Runner(loop_factory=new_event_loop) as runner:
            runner.run(load({"key": "none"} | place, 1, 200))
            before_s = cpu_s(process.pid)
            found = runner.run(load({"key": "none"} | place, connections, count, pause_s))
        found["server_cpu_us"] = (cpu_s(process.pid) - before_s) / count * 1e6
        return found
    finally:
        process.terminate()
        process.wait()


def cpu_s(pid: int) -> float:
    """Processor time of a process so far: what an order costs on a machine of any load."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def load(
    place: dict[str, Any], connections: int, count: int, pause_s: float = 0.0
) -> dict[str, float]:
    """Sends the same order over and over, one at a time on each connection."""
    host = urlsplit(place["url"])
    head = (
        f"POST /v1/orders HTTP/1.1\r\nHost: {host.netloc}\r\n"
        f"Authorization: Bearer {place['key']}\r\nContent-Length: {len(BODY)}\r\n\r\n"
    ).encode()
    loop = asyncio.get_running_loop()
    times: list[float] = []

    async def clients(connections: int, orders: int) -> None:
        made = [Sender(head + BODY, orders, times, pause_s) for _ in range(connections)]
        for sender in made:
            await loop.create_connection(lambda made=sender: made, host.hostname, host.port)
        async with asyncio.timeout(120):
            await asyncio.gather(*(sender.done for sender in made))

    await clients(1, 50)
    times.clear()
    began = time.perf_counter()
    await clients(connections, count // connections)
    seconds = time.perf_counter() - began
    times.sort()
    return {
        "per_s": len(times) / seconds,
        "p50_ms": times[len(times) // 2] * 1e3,
        "p99_ms": times[len(times) * 99 // 100] * 1e3,
    }


class Sender(asyncio.Protocol):
    """One connection: the next request leaves when the answer to the last one is here."""

    def __init__(self, request: bytes, count: int, times: list[float], pause_s: float) -> None:
        self._pause_s = pause_s
        self.done = asyncio.get_running_loop().create_future()
        self._request, self._left, self._times = request, count, times
        self._data = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # A transport of uvloop is one by its methods only.
        self._transport = cast("asyncio.Transport", transport)
        self._send()

    def data_received(self, data: bytes) -> None:
        self._data += data
        head, found, body = self._data.partition(b"\r\n\r\n")
        if not found:
            return
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        if len(body) < length:
            return
        assert head.startswith(b"HTTP/1.1 200"), self._data
        self._times.append(time.perf_counter() - self._began)
        self._data = b""
        self._left -= 1
        if self._left and self._pause_s:
            asyncio.get_running_loop().call_later(self._pause_s, self._send)
        elif self._left:
            self._send()
        else:
            self._transport.close()
            self.done.set_result(None)

    def _send(self) -> None:
        self._began = time.perf_counter()
        self._transport.write(self._request)


def up(database: Path | str) -> list[str]:
    """Arguments of a server on a database, or on `memory`."""
    return ["-m", "sequence", "up", "--json", "--port", "0", "--preset", "instant",
            "--db", str(database)]  # fmt: skip


def start(command: list[str], folder: Path) -> "tuple[subprocess.Popen[str], dict[str, Any]]":
    """A Python process and the first line that it says."""
    process = subprocess.Popen(
        [sys.executable, *command],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"SEQUENCE_HOME": str(folder)},
    )
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
    process, _ = start(up(database), folder)
    first = time.perf_counter() - began
    rss = int(Path(f"/proc/{process.pid}/statm").read_text().split()[1]) * 4096
    process.kill()
    process.wait()
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
