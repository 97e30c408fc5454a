"""How long a page of a large history takes, and how long it keeps others waiting.

    python benches/store/pages.py [--orders 1000000] [--folder PATH]

The history is one filled order with all its rows, copied with other numbers: what a page costs
depends on how many rows there are, not on what they say.
"""

import argparse
import json
import sqlite3
import statistics
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from sequence.sandbox import Sandbox
from sequence.store.sealing import seal_all

_RUNS = 9


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--orders", type=int, default=1_000_000)
    options.add_argument("--folder", type=Path, default=None)
    given = options.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        path = Path(folder) / "history.db"
        fill(path, given.orders)
        began = time.perf_counter()
        with Sandbox(store=path, clock="manual", preset="instant") as sandbox:
            print(json.dumps({"start_s": round(time.perf_counter() - began, 2)}))
            measure(sandbox, given.orders)


def fill(path: Path, count: int) -> None:
    """One order, copied."""
    with Sandbox(store=path, clock="manual", preset="instant") as sandbox:
        sandbox.client().buy("BTC-USD", "0.01", graph_id="first")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = MEMORY")
        for table in ("graphs", "orders", "legs", "fills"):
            names = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
            row = dict(
                zip(names, connection.execute(f"SELECT * FROM {table}").fetchone(), strict=True)  # noqa: S608 - names of ours
            )
            marks = ", ".join("?" * len(names))
            rows = (tuple(_shifted(row, at).values()) for at in range(1, count))
            connection.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)  # noqa: S608 - names of ours
        last = 20 + 3 * count
        connection.execute(
            "UPDATE engine SET next_order = ?, next_graph = ?, next_fill = ?", (count,) * 3
        )
        event = connection.execute("SELECT * FROM events ORDER BY seq DESC LIMIT 1").fetchone()
        connection.execute("UPDATE engine SET last_seq = ?", (last,))
        marks = ", ".join("?" * len(event))
        connection.execute(
            f"INSERT INTO events VALUES ({marks})",  # noqa: S608 - names of ours
            (last, *event[1:-3], 10**9, *event[-2:]),
        )
        seal_all(connection)
        connection.commit()


def _shifted(row: dict[str, Any], at: int) -> dict[str, Any]:
    moved = {"graph_no": 1, "order_no": 1, "fill_no": 1, "created_seq": 3, "event_seq": 3}
    shifted = {
        name: value + moved[name] * at if name in moved else value for name, value in row.items()
    }
    if "graph_id" in row:
        shifted["graph_id"] = f"g{at}"
    return shifted


def measure(sandbox: Sandbox, count: int) -> None:
    client = sandbox.client()
    calls = {
        "newest": {"limit": 1},
        "page of 50": {"limit": 50},
        "by cursor, middle": {"limit": 50, "before_seq": 3 * count // 2},
        "by cursor, oldest": {"limit": 50, "before_seq": 400},
        "by offset, 90 %": {"limit": 50, "offset": count * 9 // 10},
    }
    for kind in ("orders", "fills"):
        for name, arguments in calls.items():
            times = []
            for _ in range(_RUNS):
                began = time.perf_counter()
                getattr(client, kind)(**arguments)
                times.append((time.perf_counter() - began) * 1e3)
            row = {"first_ms": round(times[0], 2), "median_ms": round(statistics.median(times), 2)}
            print(json.dumps({f"{kind}: {name}": row}), flush=True)


if __name__ == "__main__":
    main()
