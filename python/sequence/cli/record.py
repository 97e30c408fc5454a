"""`sequence record`: writes down what venues send, and checks what was written."""

import time
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Final

import typer

from sequence._progress import Told
from sequence.cli.output import number, text, write, write_flowing, write_table
from sequence.cli.progress import progress
from sequence.cli.up import refuse
from sequence.errors import ValidationError
from sequence.feeds import RecordingError
from sequence.feeds.live import Live
from sequence.feeds.live.checking import Checked
from sequence.feeds.live.checking import check as check_session
from sequence.sandbox import Sandbox

_EXIT_DAMAGED: Final = 1


def record(
    venues: Annotated[
        str | None, typer.Option(help="VENUE[,VENUE...] whose public feeds to record.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder to write, which holds none yet.")] = None,
    symbols: Annotated[
        str | None, typer.Option(help="SYMBOL[,SYMBOL...]; by default a short list per venue.")
    ] = None,
    seconds: Annotated[
        float | None, typer.Option(min=0, help="How long; by default until Ctrl-C.")
    ] = None,
    address: Annotated[
        list[str] | None,
        typer.Option(help="CONNECTION=URL instead of the built-in one; repeatable."),
    ] = None,
    check: Annotated[
        Path | None, typer.Option(help="A recorded folder to check instead of recording.")
    ] = None,
) -> None:
    """Records public feeds of venues into a folder that can be replayed."""
    if check is not None:
        return _check(check)
    if venues is None or out is None:
        raise ValidationError("name --venues and --out, or a folder to --check")
    named = None if symbols is None else _names(symbols)
    try:
        live = Live(_names(venues), symbols=named, record=out, addresses=addresses(address or []))
        sandbox = Sandbox(preset="instant", market=live)
    except (ValueError, FileExistsError) as error:
        raise ValidationError(str(error)) from None
    return _record(sandbox, _names(venues), out, seconds)


def addresses(given: list[str]) -> dict[str, str]:
    """`CONNECTION=URL` texts as a table."""
    for row in given:
        if "=" not in row:
            raise ValueError(f"--address {row}: write CONNECTION=URL")
    return dict(row.split("=", 1) for row in given)


def _names(given: str) -> list[str]:
    return [name.strip() for name in given.split(",") if name.strip()]


def _record(sandbox: Sandbox, venues: list[str], out: Path, seconds: float | None) -> None:
    with sandbox:
        write(f"recording {', '.join(venues)} into {out}; Ctrl-C ends it")
        with suppress(KeyboardInterrupt), progress() as told:
            _wait(sandbox, seconds, told)
        feeds = sandbox.runtime.live
        for row in () if feeds is None else feeds.statuses():
            ending = f"; {row.problem}" if row.problem else ""
            write(f"{row.venue}: {row.frames} messages, {row.reconnects} reconnects{ending}")
    failure = _failure(sandbox)
    if failure:
        refuse(failure, _EXIT_DAMAGED)


def _wait(sandbox: Sandbox, seconds: float | None, told: Told) -> None:
    begun_s = time.monotonic()
    while not sandbox.runtime.closed:
        past_s = time.monotonic() - begun_s
        if _failure(sandbox) or (seconds is not None and past_s >= seconds):
            return
        told(f"recording, {_heard(sandbox):,} messages", round(past_s), round(seconds or 0))
        time.sleep(0.05)


def _failure(sandbox: Sandbox) -> str:
    """Why nothing is written any more."""
    feeds = sandbox.runtime.live
    return "" if feeds is None or feeds.recorder is None else feeds.recorder.failure


def _heard(sandbox: Sandbox) -> int:
    feeds = sandbox.runtime.live
    return 0 if feeds is None else sum(row.frames for row in feeds.statuses())


def _check(folder: Path) -> None:
    """Decodes a recording, connection by connection; what is damaged is said and fails."""
    try:
        with progress() as told:
            found = check_session(folder, told)
    except RecordingError as error:
        raise ValidationError(str(error)) from None
    write_table(
        [
            text("FILE", folds=True),
            *map(number, ("FRAMES", "MESSAGES", "UNREAD", "GAPS", "RECONNECTS")),
        ],
        [
            [_files(row), *map(str, counts)]
            for row in found
            for counts in [(row.frames, row.messages, row.unread, row.gaps, row.reconnects)]
        ],
    )
    faults = [fault for row in found for fault in row.faults]
    for fault in faults:
        write_flowing(fault)
    if faults:
        refuse(f"{folder} is damaged: what is left can be played", _EXIT_DAMAGED)


def _files(row: Checked) -> str:
    first, *more = row.files
    return f"{first} +{len(more)}" if more else first
