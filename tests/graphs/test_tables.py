"""Tables of graphs through every door: in one process or with a restart after every step the core
ends in the same state, and in process and over HTTP a sandbox tells the same events."""

from pathlib import Path

import pytest

from tests.graphs.doors import opened
from tests.graphs.table import corpus, play, preset_of


def end_of(kind: str, text: str) -> tuple[str, object]:
    """The hash at the end, and the graph."""
    with opened(kind, preset_of(text)) as door:
        play(text, door)
        return door.hash(), door.graph()


@pytest.mark.parametrize("path", corpus(), ids=lambda path: path.stem)
def test_a_table_is_so_with_a_restart_after_every_step(path: Path):
    text = path.read_text(encoding="utf-8")
    alone = end_of("core", text)
    if "in-one-process" in text:
        return
    restarted = end_of("restarts", text)
    if preset_of(text) == "instant" and "times-differ" not in text:
        # What was under way is sent again after a restart, and takes another time.
        assert alone == restarted


@pytest.mark.parametrize("path", corpus(), ids=lambda path: path.stem)
def test_a_table_is_so_in_process_and_over_http(path: Path):
    text = path.read_text(encoding="utf-8")
    assert end_of("in process", text) == end_of("HTTP", text)
