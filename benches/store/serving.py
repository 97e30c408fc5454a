"""What an order over HTTP costs the server: `python benches/store/serving.py [ROUNDS] [ORDERS]`.

Four servers in turn, every round all of them: a bare ASGI callable on the same uvicorn, this one in
memory, and this one on a database with one connection and with 64. Processor time of the server
per order, user and system, and orders a second; medians of the rounds. Every answer is checked.
`commit` is what an order and its commit cost without HTTP, in this process, between the rounds.
`paced` are the first two asked once every 3 ms, as a store that waits for its disk is: who wakes up
for each order finds its caches cold, and pays for that whatever it then does.
"""

import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

from durable import against, up

from sequence import _core
from sequence.sandbox import Sandbox

RAW = [str(Path(__file__).parents[1] / "raw.py")]
COMMITS = 500
PAUSE_S = 0.003


def commit_us(folder: Path, number: int) -> tuple[float, float]:
    """Processor time and time of one order and its commit, in this process."""
    with Sandbox(store=folder / f"c{number}.db", preset="instant") as sandbox:
        client = sandbox.client()
        client.sandbox.reset()
        engine, runtime = sandbox.runtime.engine, sandbox.runtime
        account = runtime.local.account
        began, cpu = time.perf_counter(), time.process_time()
        for _ in range(COMMITS):
            with sandbox.group():
                engine.place(account, runtime.now_ns, "BTC-USD", "buy", 10**5)
        cpu, took = time.process_time() - cpu, time.perf_counter() - began
    return cpu / COMMITS * 1e6, took / COMMITS * 1e6


def main(rounds: int, count: int) -> None:
    """All rounds, and one line of JSON."""
    found: dict[str, list[float]] = {}

    def note(name: str, row: dict[str, float]) -> None:
        found.setdefault(f"{name}_cpu_us", []).append(row["server_cpu_us"])
        found.setdefault(f"{name}_per_s", []).append(row["per_s"])

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number in range(rounds):
            note("raw", against(RAW, folder, 1, count))
            note("memory", against(up("memory"), folder, 1, count))
            paced = count // 8
            note("raw_paced", against(RAW, folder, 1, paced, PAUSE_S))
            note("memory_paced", against(up("memory"), folder, 1, paced, PAUSE_S))
            note("durable_1", against(up(folder / f"one{number}.db"), folder, 1, count // 4))
            note("durable_64", against(up(folder / f"many{number}.db"), folder, 64, count))
            cpu, took = commit_us(folder, number)
            found.setdefault("commit_cpu_us", []).append(cpu)
            found.setdefault("commit_us", []).append(took)
    told = {name: round(statistics.median(values), 1) for name, values in found.items()}
    told["memory_of_raw"] = round(told["memory_cpu_us"] / told["raw_cpu_us"], 2)
    spare = told["durable_1_cpu_us"] - told["commit_cpu_us"]
    told["durable_less_commit_of_memory"] = round(spare / told["memory_cpu_us"], 2)
    told["durable_less_commit_of_memory_paced"] = round(spare / told["memory_paced_cpu_us"], 2)
    told["durable_64_of_1"] = round(told["durable_64_per_s"] / told["durable_1_per_s"], 2)
    print(json.dumps({"build": _core.BUILD_PROFILE} | told, indent=1))


if __name__ == "__main__":
    main(*(int(text) for text in [*sys.argv[1:], "3", "4000"][:2]))
