"""One table of what was measured, with its conditions: `report.py PYTHON_JSON CRITERION OUT`.

Writes OUT/results.json and OUT/results.txt, and prints the table.
"""

import datetime
import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

NS = 1_000_000_000
CRITERION_REFERENCE = "engine/quiet_market_event"


def main(python_json: Path, criterion: Path, out: Path) -> None:
    """Collects both kinds of results."""
    rows = [*criterion_rows(criterion), *python_rows(python_json)]
    if not rows:
        sys.exit("nothing was measured")
    add_ratios(rows)
    result = {"conditions": conditions(), "rows": rows}
    (out / "results.json").write_text(json.dumps(result, indent=2) + "\n")
    text = as_text(result)
    (out / "results.txt").write_text(text)
    print(text, end="")


def python_rows(path: Path) -> list[dict[str, Any]]:
    """Best, median and 99th percentile per call, in ns."""
    rows: list[dict[str, Any]] = []
    for bench in json.loads(path.read_text())["benchmarks"]:
        calls = bench["extra_info"].get("calls", 1)
        times = sorted(time * NS / calls for time in bench["stats"]["data"])
        p99 = times[min(len(times) - 1, len(times) * 99 // 100)] if calls == 1 else None
        rows.append(
            {
                "name": f"python/{bench['name'].removeprefix('test_')}",
                "best_ns": times[0],
                "median_ns": times[len(times) // 2],
                "p99_ns": p99 if len(times) >= 100 else None,
                "samples": len(times) * calls,
                "reference": reference(bench["extra_info"].get("reference")),
            }
        )
    return rows


def reference(name: str | None) -> str | None:
    """The row a ratio is taken against."""
    return None if name is None else f"python/{name.removeprefix('test_')}"


def criterion_rows(folder: Path) -> list[dict[str, Any]]:
    """Best and median of the newest run."""
    rows: list[dict[str, Any]] = []
    for file in sorted(folder.glob("**/new/estimates.json")):
        bench = json.loads(file.with_name("benchmark.json").read_text())
        estimates = json.loads(file.read_text())
        name = bench["full_id"]
        is_engine = name.startswith("engine/") and name != CRITERION_REFERENCE
        rows.append(
            {
                "name": f"rust/{name}",
                "best_ns": fastest(file.with_name("sample.json")),
                "median_ns": estimates["median"]["point_estimate"],
                "p99_ns": None,
                "samples": None,
                "reference": f"rust/{CRITERION_REFERENCE}" if is_engine else None,
            }
        )
    return rows


def fastest(file: Path) -> float:
    """The shortest time per iteration among the samples of a run."""
    sample = json.loads(file.read_text())
    return min(time / count for time, count in zip(sample["times"], sample["iters"], strict=True))


def add_ratios(rows: list[dict[str, Any]]) -> None:
    """Best time against that of the reference: what a busy machine distorts least."""
    best = {row["name"]: row["best_ns"] for row in rows}
    for row in rows:
        base = best.get(row["reference"])
        row["ratio"] = None if base is None else row["best_ns"] / base


def conditions() -> dict[str, str]:
    """Where and on what."""
    from sequence import _core  # noqa: PLC0415 - the table is also made without the package

    cpu = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [
            line.split(":")[1] for line in info.read_text().splitlines() if "model name" in line
        ]
        cpu = names[0].strip() if names else cpu
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"],  # noqa: S607 - whichever git there is
        capture_output=True,
        text=True,
        check=False,
    ).stdout.strip()
    load = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"
    return {
        "date": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "commit": commit,
        "build": _core.BUILD_PROFILE,
        "cpu": f"{cpu}, {os.cpu_count()} threads, load {load}",
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()}",
    }


def as_text(result: dict[str, Any]) -> str:
    """The table for people."""
    lines = [f"{name:9} {value}" for name, value in result["conditions"].items()]
    lines.append("")
    lines.append(f"{'what':44} {'best':>9} {'median':>9} {'p99':>9}  best against its reference")
    for row in result["rows"]:
        ratio = ""
        if row["ratio"] is not None:
            ratio = f"{row['ratio']:.1f} x {row['reference'].partition('/')[2]}"
        times = (row["best_ns"], row["median_ns"], row["p99_ns"])
        columns = " ".join(f"{shown(time):>9}" for time in times)
        lines.append(f"{row['name']:44} {columns}  {ratio}".rstrip())
    return "\n".join(lines) + "\n"


def shown(ns: float | None) -> str:
    """A time in the unit that suits it."""
    if ns is None:
        return "-"
    for unit, size in (("s", NS), ("ms", 1e6), ("us", 1e3)):
        if ns >= size:
            return f"{ns / size:.3g} {unit}"
    return f"{ns:.3g} ns"


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]))
