"""Servers of this machine: each notes itself while it runs, so that `sequence list` finds all."""

import json as jsonlib
import os
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, cast

from sequence._client.ask import config
from sequence._files import in_words
from sequence.cli.output import JsonFlag, number, text, write, write_table
from sequence.cli.saving import answers

_FOLDER: Final = "servers"


@contextmanager
def noted(facts: dict[str, Any]) -> Generator[None]:
    """Notes a server while the block runs. A key is never part of the note."""
    file = _folder() / f"{os.getpid()}.json"
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file.write_text(jsonlib.dumps(facts), encoding="utf-8")
    except OSError as error:
        sys.stderr.write(
            f"sequence: `sequence list` will not show this server: {in_words(error)}\n"
        )
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


def list_servers(json: JsonFlag = False) -> None:
    """Servers of this machine that run now, and which one the other commands talk to."""
    rows = list(running())
    if json:
        return write(jsonlib.dumps(rows))
    if not rows:
        return write("no server runs: start one with `sequence up`")
    saved = config.load().url
    columns = [text(""), text("URL"), number("PID"), text("MARKET", folds=True), text("CLOCK")]
    columns += [number("SEED"), text("STATE", folds=True)]
    return write_table(
        columns,
        (
            (
                "*" if row["url"] == saved else "",
                *(str(row[name]) for name in ("url", "pid", "market", "clock", "seed", "db")),
            )
            for row in rows
        ),
    )


def running() -> Generator[dict[str, Any]]:
    """Notes of servers that answer, oldest first; those of dead ones are cleared away."""
    files = sorted(_folder().glob("*.json"), key=lambda file: file.name)
    for file in files:
        facts = _read(file)
        if facts is None:
            continue
        if answers(str(facts.get("url"))):
            yield facts
        else:
            file.unlink(missing_ok=True)


def _read(file: Path) -> dict[str, Any] | None:
    try:
        facts: Any = jsonlib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        # It ended between the two looks.
        return None
    except (OSError, ValueError):
        sys.stderr.write(f"sequence: {file} cannot be read: delete it\n")
        return None
    names = {"url", "pid", "market", "clock", "seed", "db"}
    found = cast("dict[str, Any]", facts) if isinstance(facts, dict) else {}
    return found if names <= found.keys() else None


def _folder() -> Path:
    return config.path().parent / _FOLDER
