"""Looks for a random history in which engine and model disagree; exits with 0 when it finds one.

`python -m tests.model.hunt SCRIPTS PRESET...`: run in a process of its own, so that the mutant
named by the environment is on from the start.
"""

import sys

from tests.model import commands, findings, matrix

LENGTH = 80
FIRST_SEED = 500_000


def found(scripts: int, presets: list[str]) -> str | None:
    """Where the first disagreement is: crossings of features first, then random histories."""
    for preset in presets:
        for name, script in findings.FINDINGS.items():
            if commands.failure(preset, script) is not None:
                return f"{preset}, {name}"
        for crossing in matrix.crossings()[:: max(len(matrix.crossings()) // (2 * scripts), 1)]:
            if commands.failure(preset, crossing.script()) is not None:
                return f"{preset}, {crossing}"
    for seed in range(FIRST_SEED, FIRST_SEED + scripts):
        for preset in presets:
            if commands.failure(preset, commands.script(seed, LENGTH)) is not None:
                return f"{preset}, seed {seed}"
    return None


if __name__ == "__main__":
    where = found(int(sys.argv[1]), sys.argv[2:])
    sys.stdout.write(f"{where}\n")
    sys.exit(0 if where else 3)
