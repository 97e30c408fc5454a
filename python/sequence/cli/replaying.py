"""A replay that runs by itself: where it is, and that it ended."""

import sys
from contextlib import ExitStack
from datetime import UTC, datetime
from threading import Event, Thread
from typing import Final

from sequence.cli.progress import progress
from sequence.sandbox import Sandbox

_LOOK_S: Final = 0.5
_ENDED: Final = "sequence: the recording ended: time goes on, its books go stale\n"


def follow(sandbox: Sandbox, shown: ExitStack) -> None:
    """Shows the time of a recording until its end, and says so then; ``shown`` ends it earlier."""
    runtime = sandbox.runtime
    with runtime.lock:
        last_ns, first_ns = runtime.engine.last_recorded_ns(), runtime.clock.now_ns()
    if last_ns is None:
        return
    stopped = Event()
    looker = Thread(target=_look, args=(sandbox, first_ns, last_ns, stopped), daemon=True)
    looker.start()
    shown.callback(looker.join)
    shown.callback(stopped.set)


def _look(sandbox: Sandbox, first_ns: int, last_ns: int, stopped: Event) -> None:
    clock = sandbox.runtime.clock
    with progress() as told:
        while (now_ns := clock.now_ns()) < last_ns:
            at = datetime.fromtimestamp(now_ns / 1e9, UTC)
            told(f"replay {at:%Y-%m-%d %H:%M:%S}", now_ns - first_ns, last_ns - first_ns)
            if stopped.wait(_LOOK_S):
                return
    sys.stderr.write(_ENDED)
