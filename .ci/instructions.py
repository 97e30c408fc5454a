"""Instructions that eleven paths cost, against a committed file: `instructions.py [--update]`.

A time says as much about the machine as about the code; callgrind counts the same instructions on
a busy one. Each path runs twice, with two numbers of rounds: the difference is the path without
what prepares it. A path that costs more than 5 % above `benches/instructions.json` fails, until
`--update` writes the file anew in a commit that says why. A gain is told and does not fail.
"""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / "benches" / "instructions.json"
ALLOWED = 1.05
FEW = "100"
ROUNDS = {
    "market_order": 1_000,
    "market_order_told": 1_000,
    "limit_and_cancel": 1_000,
    "desk_market_order": 1_000,
    "desk_limit_and_cancel": 1_000,
    "desk_batch": 1_000,
    "replayed_message": 5_000,
    "replayed_message_100_resting": 5_000,
    "binance_frame": 1_000,
    "live_frame": 400,
    "symbol": 2_000,
}


def main(arguments: list[str]) -> int:
    """Counts, prints the table, and says whether a path became dearer."""
    if shutil.which("valgrind") is None:
        sys.exit("instructions: valgrind is not installed (Debian: apt-get install valgrind)")
    program = built()
    counted = {path: per_round(program, path, rounds) for path, rounds in ROUNDS.items()}
    kept = json.loads(KEPT.read_text()) if KEPT.exists() else {}
    print(table(counted, kept))
    if "--update" in arguments:
        KEPT.write_text(json.dumps(counted, indent=2) + "\n")
        return 0
    dearer = dearer_than(counted, kept)
    for line in dearer:
        print(f"instructions: {line}")
    return 1 if dearer else 0


def dearer_than(counted: dict[str, int], kept: dict[str, int]) -> list[str]:
    """What became dearer or has nothing to be compared with, in words."""
    missing = [f"{path} is not in {KEPT.name}" for path in counted.keys() - kept.keys()]
    gone = [f"{path} of {KEPT.name} is not counted" for path in kept.keys() - counted.keys()]
    return (
        missing
        + gone
        + [
            f"{path} costs {counted[path] / kept[path]:.3f} times what the file holds"
            for path in counted.keys() & kept.keys()
            if counted[path] > kept[path] * ALLOWED
        ]
    )


def table(counted: dict[str, int], kept: dict[str, int]) -> str:
    """One line a path: instructions now, in the file, and their ratio."""
    rows = [f"{'instructions of one':32}{'now':>12}{'kept':>12}{'ratio':>8}"]
    for path, now in counted.items():
        was = kept.get(path)
        ratio = f"{now / was:.3f}" if was else "-"
        rows.append(f"{path:32}{now:>12,}{was or 0:>12,}{ratio:>8}")
    return "\n".join(rows)


def built() -> Path:
    """Builds the program with the settings of a release."""
    build = [
        "cargo",
        "build",
        "--locked",
        "--quiet",
        "--profile",
        "bench",
        "-p",
        "sequence-benches",
    ]
    subprocess.run([*build, "--bin", "count"], cwd=ROOT, check=True)
    where = subprocess.run(
        ["cargo", "metadata", "--format-version=1", "--no-deps", "--locked"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    )  # fmt: skip
    return Path(json.loads(where.stdout)["target_directory"]) / "release" / "count"


def per_round(program: Path, path: str, rounds: int) -> int:
    """Instructions of one round: of twice as many rounds, less those of the first half.

    A few rounds run before, uncounted: at their end the program judges all laws of the engine.
    """
    if subprocess.run([program, path, FEW], check=False).returncode != 0:
        sys.exit(f"instructions: {path} gives a wrong answer")
    once, twice = (instructions(program, path, times) for times in (rounds, 2 * rounds))
    return (twice - once) // rounds


def instructions(program: Path, path: str, times: int) -> int:
    """What callgrind counts in one run; a wrong answer of the program ends everything."""
    valgrind = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]
    run = subprocess.run(
        [*valgrind, program, path, str(times)], capture_output=True, text=True, check=False
    )
    found = re.search(r"Collected : (\d+)", run.stderr)
    if run.returncode != 0 or found is None:
        sys.exit(f"instructions: {path} cannot run:\n{run.stderr}")
    return int(found[1])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
