"""Picks from the score lines the intervals that `make fidelity-short` holds its figures to."""

import json
import sys
from pathlib import Path

TAPES = ("aapl", "es")
STEPS_MS = (0, 100)


def main() -> None:
    """Reads score lines, and writes one line for each tape and step of depth."""
    scores, target = map(Path, sys.argv[1:])
    lines = ["tape,ms,error_low,error_high,missed_low,missed_high"]
    for line in scores.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        default = row["kind"] == "shadow" and row["estimator"] == "lots/auto"
        if not default or row["horizon_s"] != 60 or row["dataset"] not in TAPES:
            continue
        if row["conflation_ms"] in STEPS_MS:
            bounds = [*row["ci"]["err_mean"], *row["ci"]["missed_pp"]]
            numbers = ",".join(f"{bound:.4f}" for bound in bounds)
            lines.append(f"{row['dataset']},{row['conflation_ms']},{numbers}")
    target.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
