"""A bar on the terminal for what takes a while; nothing where no terminal listens."""

import os
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

from sequence._progress import Told, silent

_LEAST_S: Final = 0.05
"""A bar that is told of every row would cost more than the rows."""


def listens() -> bool:
    """True when somebody looks at standard error, where bars are drawn: answers stay clean."""
    return sys.stderr.isatty() and os.environ.get("TERM") != "dumb"


@contextmanager
def progress() -> Generator[Told]:
    """Draws a bar while the block runs and takes it away at its end.

    Yields:
        What tells the bar how far it is, from any thread.
    """
    if not listens():
        yield silent
        return
    from rich.console import Console  # noqa: PLC0415 - only a terminal needs it
    from rich.progress import (  # noqa: PLC0415
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeElapsedColumn,
    )

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        TaskProgressColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task("", total=None)

        drawn_s, drawn = 0.0, ""

        def told(what: str, done: int, total: int) -> None:
            nonlocal drawn_s, drawn
            now_s = time.monotonic()
            if what == drawn and now_s - drawn_s < _LEAST_S:
                return
            # Each step is seen once, however quick it is.
            is_new, drawn_s, drawn = what != drawn, now_s, what
            bars.update(task, description=what, completed=done, total=total or None, refresh=is_new)

        yield told
