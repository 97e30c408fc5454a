"""Peak memory of the maker's backtest on a recording once and ten times: ``peak.py OUT``.

Each in a process of its own, on files of the same records with later times, so that length is all
that differs. Prints JSON: megabytes of the largest resident size, and those of the import alone.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from ours import by_desk, maker
from worker import peak_mb

from sequence import feeds
from sequence.feeds import Recording

TIMES = (1, 10)


def longer(data: Path, times: int) -> str:
    """Writes the recording so many times in a row; the name of the file."""
    # Not at the top: the process whose memory is measured needs neither.
    import numpy as np  # noqa: PLC0415
    from data import RECORD  # noqa: PLC0415

    read = feeds.read(data / "recorded.tape")
    once = np.frombuffer(read.records, RECORD)
    length = int(once["local_ns"][-1] - once["local_ns"][0]) + 1_000_000
    numbers = int(once["seq"].max()) + 1
    rows = np.tile(once, times)
    turn = np.repeat(np.arange(times, dtype="<u8"), len(once))
    for field, step in (("venue_ns", length), ("local_ns", length), ("seq", numbers)):
        rows[field] += turn * np.uint64(step)
    name = f"recorded_{times}"
    feeds.write(Recording(read.instruments, rows.tobytes(), "venue"), data / f"{name}.tape")
    return name


def main(data: Path) -> dict[str, Any]:
    """Both lengths, each by this script in a new process."""
    found: dict[str, Any] = {"import_mb": round(peak_mb(), 1)}
    for times in TIMES:
        name = longer(data, times)
        line = [sys.executable, __file__, str(data), name]
        told = json.loads(subprocess.run(line, capture_output=True, text=True, check=True).stdout)  # noqa: S603 - this script
        if told["wrong"]:
            sys.exit(f"the engine finds itself wrong: {told['wrong']}")
        found[f"{times}_x"] = told
        (data / f"{name}.tape").unlink()
    return found


def one(data: Path, name: str) -> dict[str, Any]:
    """One backtest, and the largest size of this process."""
    told = maker(by_desk, name)(data, 0)
    return {"records": told["units"], "peak_mb": round(peak_mb(), 1)} | told["answer"]


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    answer = one(folder, sys.argv[2]) if len(sys.argv) > 2 else main(folder)
    print(json.dumps(answer))
