"""Single bits of a database file, changed: what reads differently must not pass as whole.

python -m tests.store.flips COUNT [SEED]
"""

import random
import sqlite3
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

from sequence.sandbox import Sandbox
from sequence.store import StoreError
from sequence.store.check import verify_database

Content = tuple[Any, ...]


def trade(path: Path) -> None:
    """A database with every kind of row: open and ended orders, fills, perps, a payout, keys."""
    for start in range(2):
        with Sandbox(store=path, clock="manual", preset="instant") as sandbox:
            client = sandbox.client()
            for number in range(4):
                client.buy("BTC-USD", "0.1", graph_id=f"g{start}-{number}")
                client.sell("BTC-USD-PERP", "0.05")
                client.buy("BTC-USD-PERP", "0.02")
                sandbox.clock.advance(seconds=10)
            client.buy("ETH-USD", "1", limit_price=str(1_000 + start))
            client.cancel(client.buy("ETH-USD", "1", limit_price="900").id)
            client.sandbox.set_positions(
                [{"venue": "kraken", "kind": "crypto", "symbol": "BTC", "qty": "12.5"}]
            )
            client.kill_switch_engage("flip")
            client.kill_switch_clear()


def content(raw: bytes, folder: Path) -> Content | None:
    """Everything that a reader of the file sees; ``None`` when it cannot be read."""
    path = folder / "read.db"
    path.write_bytes(raw)
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?immutable=1", uri=True)) as connection:
            connection.text_factory = bytes
            query = "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY 1, 2"
            schema = connection.execute(query).fetchall()
            tables = [row[1].decode() for row in schema if row[0] == b"table"]
            rows = [connection.execute(f"SELECT * FROM {name}").fetchall() for name in tables]  # noqa: S608
            header = [
                connection.execute(f"PRAGMA {name}").fetchall()
                for name in ("application_id", "user_version", "encoding")
            ]
            return schema, rows, header
    except (sqlite3.Error, UnicodeError):
        return None


def survives(raw: bytes, folder: Path) -> bool:
    """Whether a check of the file finds nothing."""
    path = folder / "flipped.db"
    for old in folder.glob("flipped.db*"):
        if not old.name.endswith(".pepper"):
            old.unlink()
    path.write_bytes(raw)
    try:
        return not verify_database(path)
    except StoreError:
        return False


def flip(count: int, seed: int, folder: Path) -> tuple[int, list[int]]:
    """Flips that changed what is read, and the bits of those that passed all the same."""
    source = folder / "source.db"
    trade(source)
    raw = source.read_bytes()
    whole, chance = content(raw, folder), random.Random(seed)  # noqa: S311
    changed, passed = 0, list[int]()
    while changed < count:
        bit = chance.randrange(len(raw) * 8)
        flipped = bytearray(raw)
        flipped[bit // 8] ^= 1 << bit % 8
        if content(bytes(flipped), folder) == whole:
            continue
        changed += 1
        if survives(bytes(flipped), folder):
            passed.append(bit)
    return changed, passed


if __name__ == "__main__":
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else random.randrange(2**32)  # noqa: S311
    with tempfile.TemporaryDirectory() as place:
        changed, passed = flip(int(sys.argv[1]), seed, Path(place))
    sys.stdout.write(f"seed {seed}: {changed} flips changed what is read, passed: {passed}\n")
    sys.exit(bool(passed))
