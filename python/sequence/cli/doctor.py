"""`sequence doctor`: whether everything that the sandbox needs is here, and what to do if not."""

import json as jsonlib
import os
import platform
import sqlite3
import stat
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Final, NamedTuple

import typer

from sequence import Sequence, _core
from sequence._client.ask import config
from sequence.cli.connect import Target
from sequence.cli.output import JsonFlag, text, write, write_table
from sequence.cli.running import running
from sequence.errors import NetworkError, SequenceError

_OPTIONAL: Final = {"pyarrow": "arrow", "pandas": "pandas", "polars": "polars"}


class Finding(NamedTuple):
    """One thing that was looked at.

    Attributes:
        state: ``ok``, ``note`` or ``fail``.
        what: The thing.
        found: What it is, and what to do about it.
    """

    state: str
    what: str
    found: str


def doctor(context: typer.Context, json: JsonFlag = False) -> None:
    """Looks at versions, files, servers and the saved key; exit code 1 when something is wrong."""
    found = [*_versions(), *_files(), *_servers(), *_connection(context.obj)]
    if json:
        write(jsonlib.dumps([row._asdict() for row in found]))
    else:
        columns = [text("STATE"), text("WHAT", folds=True), text("FOUND", folds=True)]
        write_table(columns, found)
    raise typer.Exit(1 if any(row.state == "fail" for row in found) else 0)


def _versions() -> Iterator[Finding]:
    yield Finding("ok", "sequence", f"{_core.__version__}, fill model {_core.MODEL_VERSION}")
    yield Finding("ok", "python", f"{platform.python_version()} on {platform.platform()}")
    yield Finding("ok", "sqlite", sqlite3.sqlite_version)
    for module, extra in _OPTIONAL.items():
        if find_spec(module) is None:
            yield Finding("note", module, f"absent; pip install 'sequence-sdk[{extra}]' if needed")
        else:
            yield Finding("ok", module, "installed")


def _files() -> Iterator[Finding]:
    file = config.path()
    folder, shown = file.parent, config.shown(file)
    if folder.exists() and not os.access(folder, os.W_OK):
        text = "cannot be written: no state is kept; set SEQUENCE_HOME"
        yield Finding("fail", config.shown(folder), text)
    if not file.exists():
        yield Finding("note", shown, "not there yet: `sequence up` or `sequence login` writes it")
        return
    try:
        config.load()
    except SequenceError as error:
        yield Finding("fail", shown, str(error))
        return
    mode = stat.S_IMODE(file.stat().st_mode)
    if sys.platform != "win32" and mode & 0o077:
        yield Finding("fail", shown, f"others may read it (mode {mode:o}): chmod 600 {file}")
    else:
        yield Finding("ok", shown, "readable by its owner only")


def _servers() -> Iterator[Finding]:
    rows = list(running())
    for row in rows:
        yield Finding("ok", f"server {row['url']}", f"pid {row['pid']}, {row['market']} market")
    if not rows:
        yield Finding("note", "servers", "none runs on this machine: `sequence up` starts one")


def _connection(target: Target) -> Iterator[Finding]:
    try:
        client = target.client()
    except SequenceError as error:
        yield Finding("fail", "connection", str(error))
        return
    with client:
        yield _asked(client, target.address())


def _asked(client: Sequence, address: str) -> Finding:
    where = f"key at {address}"
    try:
        account = client.account()
    except NetworkError:
        return Finding("note", where, "nobody answers there: `sequence up`, or --url")
    except SequenceError as error:
        return Finding("fail", where, f"{error}: `sequence login`, or `sequence up` anew")
    return Finding("ok", where, f"{account.mode} key of {account.label or account.client_id}")
