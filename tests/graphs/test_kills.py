"""kill -9 with graphs in flight: afterwards every fill has its hedge, once."""

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from tests.graphs.victim import opened, play

KILLS = int(os.environ.get("SEQUENCE_KILLS", "6"))
POINTS = {"before_apply": 4, "after_apply": 4, "before_commit": 14, "after_commit": 14}
"""Where the process dies, and how often it comes there before."""


def killed(path: Path, point: str, times: int) -> bool:
    """Runs the victim; True when it died on the way."""
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "tests.graphs.victim", str(path)],
        env=os.environ | {"SEQUENCE_CRASH_AT": f"{point}:{times}"},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        timeout=100,
        check=False,
    )
    assert done.returncode in (0, -9), done.stderr.decode()
    return done.returncode == -9


@pytest.mark.timeout(600)
def test_a_kill_at_any_moment_costs_no_hedge_and_makes_none_twice(tmp_path: Path):
    chance = random.Random(20261130)  # noqa: S311
    deaths = 0
    for number in range(max(1, KILLS // 3)):
        path = tmp_path / f"{number}.db"
        for _ in range(3):
            point, most = chance.choice(list(POINTS.items()))
            deaths += killed(path, point, chance.randrange(1, most))
        with opened(path) as sandbox:
            graphs = play(sandbox)
            assert sandbox.check_invariants() == []
            client = sandbox.client()
            fills = list(client.fills_iter())
        for name, graph in graphs.items():
            nodes = {node.node_id: node for node in graph.nodes}
            bought = [fill for fill in fills if fill.node_order_id == f"graph:{name}:spot:1"]
            assert graph.status == "COMPLETED", graph
            assert nodes["spot"].filled_qty_1e8 == 10**8
            assert len(nodes["hedge"].node_order_ids) == len(bought)
            if name == "units":
                assert nodes["hedge"].filled_qty_1e8 == 10**8
    assert deaths > 0
