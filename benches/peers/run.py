"""Measures all sides in turn and prints one table: ``run.py OUT [short]``.

Each row is the median of its rounds; a ratio is taken round by round, this side against a peer in
the same moment of the same machine, and shown with its least and greatest. Answers that must be
the same are compared; a wrong one ends the run.
"""

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

import data

HERE = Path(__file__).resolve().parent
ROUNDS = {False: 5, True: 1}
RESTING = (0, 1, 100, 10_000)

SIZES = {
    "market_order": (20_000, 400),
    "limit_cancel": (20_000, 400),
    "batch_order": (20_000, 400),
    **{f"replay_{count}": (0, 0) for count in RESTING},
    "maker": (0, 0),
    "maker_typed": (0, 0),
    "frame": (0, 0),
}
"""Work -> how much of it, in full and in short."""

SAME = {
    "market_order": ("orders", "filled"),
    "limit_cancel": ("cancelled", "open"),
    "batch_order": ("cancelled", "open"),
    **{f"replay_{count}": ("bid", "ask", "open") for count in RESTING},
    "maker": ("orders",),
    "maker_typed": ("orders",),
    "frame": ("bid", "bid_at_9", "levels"),
}
"""Work -> what every side must say alike. Fills of resting orders are each side's own model."""

IMPORTS = {
    "sequence": "from sequence import Sequence",
    "hftbacktest": "import hftbacktest",
    "nautilus_trader": "from nautilus_trader.backtest.engine import BacktestEngine",
}


class Side:
    """A process that does pieces of work on demand."""

    def __init__(self, name: str, python: str, script: str, data: Path) -> None:
        self.name, self.python = name, python
        self._data = str(data)
        environ = os.environ | {"PYTHONPATH": str(HERE), "OPENBLAS_NUM_THREADS": "1"}
        self._process = subprocess.Popen(  # noqa: S603 - our own script
            [python, str(HERE / script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True, env=environ,
        )  # fmt: skip

    def does(self, work: str, size: int) -> dict[str, Any] | None:
        """Times and answer of a work; None where this side has no such thing."""
        sent, heard = self._process.stdin, self._process.stdout
        assert sent is not None
        assert heard is not None
        sent.write(json.dumps({"work": work, "data": self._data, "size": size}) + "\n")
        sent.flush()
        line = heard.readline()
        if not line:
            sys.exit(f"{self.name} ended in the middle of {work}")
        return json.loads(line)

    def close(self) -> None:
        """Lets the process end by itself."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=60)


def main(out: Path, *, short: bool) -> None:
    """Prepares, measures, checks and prints."""
    recorded = data.recorded_file()
    have = data.prepare(out / "data", 20_000 if short else 500_000, recorded)
    python = str(out / "venv" / "bin" / "python")
    sides = [
        Side("sequence", sys.executable, "ours.py", out / "data"),
        Side("hftbacktest", python, "by_hftbacktest.py", out / "data"),
        Side("nautilus_trader", python, "by_nautilus.py", out / "data"),
    ]
    works = [work for work in SIZES if not work.startswith("maker") or have["recorded"]]
    rows = [row(sides, work, SIZES[work][short], ROUNDS[short]) for work in works]
    growth = {side.name: side.does("growth", 200 if short else 20_000) for side in sides}
    for side in sides:
        side.close()
    imports = {
        side.name: imported(side.python, IMPORTS[side.name], ROUNDS[short]) for side in sides
    }
    found = {"load": os.getloadavg(), "records": have, "rows": rows, "growth": growth,
             "import_cpu_ms": imports}  # fmt: skip
    (out / "results.json").write_text(json.dumps(found, indent=2) + "\n")
    text = table(found)
    (out / "results.txt").write_text(text)
    print(text, end="")


def row(sides: list[Side], work: str, size: int, rounds: int) -> dict[str, Any]:
    """All rounds of a work, the sides taking turns; the first round warms up and is not counted."""
    told: dict[str, list[dict[str, Any]]] = {side.name: [] for side in sides}
    for nth in range(rounds + 1):
        for side in sides if nth % 2 else sides[::-1]:
            answer = side.does(work, size)
            if answer is not None:
                told[side.name].append(answer)
    told = {name: answers[1:] for name, answers in told.items() if answers}
    check(work, told)
    return {"work": work, "sides": told}


def check(work: str, told: dict[str, list[dict[str, Any]]]) -> None:
    """Stops at an answer that differs between rounds or sides, or that the engine finds wrong."""
    ours = told["sequence"][0]["answer"]
    for name, answers in told.items():
        for answer in (found["answer"] for found in answers):
            if answer.get("wrong"):
                sys.exit(f"{work}: the engine finds itself wrong: {answer['wrong']}")
            for field in SAME[work]:
                if answer[field] != ours[field]:
                    sys.exit(f"{work}: {field} is {ours[field]} here, {answer[field]} by {name}")


def imported(python: str, line: str, rounds: int) -> float:
    """CPU of an import in a new process, ms, less that of an empty one; the median."""
    count = "import resource as r; u = r.getrusage(r.RUSAGE_SELF); print(u.ru_utime + u.ru_stime)"
    environ = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}

    def cpu(code: str) -> float:
        told = subprocess.run(  # noqa: S603 - the interpreter of a side
            [python, "-c", f"{code}\n{count}"], capture_output=True, text=True, check=True,
            env=environ,
        )  # fmt: skip
        return float(told.stdout.split()[-1]) * 1_000

    return statistics.median(cpu(line) - cpu("") for _ in range(rounds))


def table(found: dict[str, Any]) -> str:
    """The table for people."""
    load = ", ".join(f"{part:.1f}" for part in found["load"])
    lines = [f"load {load}; medians of CPU time per unit of work, ratios round by round", ""]
    lines.append(f"{'work':14} {'side':16} {'median':>10} {'best':>10}  here against it")
    for measured in found["rows"]:
        ours = [each["cpu_ns"] for each in measured["sides"]["sequence"]]
        for name, answers in measured["sides"].items():
            theirs = [each["cpu_ns"] for each in answers]
            shown = f"{ns(statistics.median(theirs)):>10} {ns(min(theirs)):>10}"
            lines.append(f"{measured['work']:14} {name:16} {shown}  {ratio(name, ours, theirs)}")
    lines += ["", "fills of the maker, by each side's own model of queues:"]
    for measured in found["rows"]:
        if measured["work"].startswith("maker"):
            for name, answers in measured["sides"].items():
                lines.append(f"  {name:16} {answers[0]['answer']}")
    lines += ["", "CPU of the import, ms, and bytes that an order leaves behind:"]
    for name, cpu in found["import_cpu_ms"].items():
        growth = found["growth"][name] or {"bytes": {}, "peak_mb": 0.0}
        kept = ", ".join(f"{key} {value:,.0f} B" for key, value in growth["bytes"].items())
        lines.append(f"  {name:16} {cpu:7.0f} ms  {kept or 'keeps no orders'}")
    return "\n".join(lines) + "\n"


def ratio(name: str, ours: list[float], theirs: list[float]) -> str:
    """How many times as fast as a peer this side is: median, least and greatest of the rounds."""
    if name == "sequence":
        return ""
    times = sorted(their / our for our, their in zip(ours, theirs, strict=True))
    return f"{statistics.median(times):.2f} x ({times[0]:.2f} to {times[-1]:.2f})"


def ns(value: float) -> str:
    """A time in the unit that suits it."""
    return f"{value / 1_000:.3g} us" if value >= 1_000 else f"{value:.3g} ns"


if __name__ == "__main__":
    main(Path(sys.argv[1]), short="short" in sys.argv[2:])
