"""What all sides share: a loop that does one piece of work per line of its input.

A side is a process that stays: libraries are loaded and functions compiled before anything is
measured, and the driver can let sides take turns.
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

Work = Callable[[Path, int], dict[str, Any]]
"""Data folder and size of the work, to seconds, units and what came out."""


def measured(do: Callable[[], Any], units: int) -> tuple[dict[str, Any], Any]:
    """Wall and CPU time of one call, per unit of its work."""
    cpu, wall = time.process_time(), time.perf_counter()
    found = do()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return {"wall_ns": wall * 1e9 / units, "cpu_ns": cpu * 1e9 / units, "units": units}, found


def peak_mb() -> float:
    """The largest resident size of this process so far.

    Not the one of ``getrusage``, in which a new process begins with the size of its parent.
    """
    return _status_kb("VmHWM") / 1024


def resident_kb() -> int:
    """The resident size now."""
    return _status_kb("VmRSS")


def _status_kb(name: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1])
    raise OSError("the kernel does not say how large this process is")


def serve(works: dict[str, Work]) -> None:
    """Answers ``{"work", "data", "size"}`` lines until the input ends."""
    answers, sys.stdout = sys.stdout, sys.stderr
    for line in sys.stdin:
        asked = json.loads(line)
        work = works.get(asked["work"])
        answer = None if work is None else work(Path(asked["data"]), asked["size"])
        print(json.dumps(answer), file=answers, flush=True)
