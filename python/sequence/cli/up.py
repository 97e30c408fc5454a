"""`sequence up`: a sandbox server in this process."""

import json as jsonlib
import os
import sys
import warnings
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NoReturn

import typer

from sequence import _core
from sequence._client.ask import config
from sequence._files import in_words
from sequence.cli.output import write
from sequence.cli.replaying import follow
from sequence.cli.running import noted
from sequence.cli.saving import Saving, save_connection
from sequence.feeds import RecordingWarning
from sequence.sandbox import Sandbox
from sequence.sandbox.clock import ClockKind, ReplayClock
from sequence.sandbox.configured import DEFAULT_PRESET
from sequence.sandbox.sim import Preset
from sequence.store import CoreFailedError, StoreError
from sequence.store.mounts import warning_for

if TYPE_CHECKING:
    from sequence.feeds.live import Live
    from sequence.server.limits import Limits

EXIT_CONFIG = 2
Keep = Literal["nothing", "beside others", "over others"]
"""What becomes of URL and key: other commands find them where they are saved."""
DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 50052
_DATABASE = "sandbox.db"
MAX_PORT = 65_535
_SHOWN_PROBLEMS = 10


def up(
    host: Annotated[str, typer.Option(help="Address to bind.")] = DEFAULT_HOST,
    port: Annotated[
        int, typer.Option(min=0, max=MAX_PORT, help="Port to bind; 0 takes a free one.")
    ] = DEFAULT_PORT,
    db: Annotated[
        str | None,
        typer.Option(
            help="Where state is kept: memory, or a file; by default ~/.sequence/sandbox.db with "
            "the wall clock, else memory."
        ),
    ] = None,
    market: Annotated[
        str,
        typer.Option(
            help="demo, none, manual, live:VENUE[,VENUE...] (public feeds of venues; with demo as "
            "the last one the rest is made up), or replay:FILE[,FILE...] with recordings."
        ),
    ] = "demo",
    clock: Annotated[
        ClockKind | None, typer.Option(help="By default wall, or replay for a recording.")
    ] = None,
    venue: Annotated[
        str | None, typer.Option(help="Whose frames a recording holds, where they do not say.")
    ] = None,
    speed: Annotated[
        float | None, typer.Option(help="Recorded seconds per second of a replay; by default 1.")
    ] = None,
    symbols: Annotated[
        str | None,
        typer.Option(help="SYMBOL[,SYMBOL...] of live venues; by default a short list for each."),
    ] = None,
    record: Annotated[
        Path | None,
        typer.Option(help="Folder to write down all that live venues send, to be replayed later."),
    ] = None,
    address: Annotated[
        list[str] | None,
        typer.Option(
            help="CONNECTION=URL of a live venue instead of the built-in one, such as "
            "kalshi=wss://...; repeatable."
        ),
    ] = None,
    preset: Annotated[Preset, typer.Option(help="How fills are simulated.")] = DEFAULT_PRESET,
    seed: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=2**64 - 1,
            help="Same seed, same data: same fills. By default 42, or that of the database.",
        ),
    ] = None,
    keep: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=2**32 - 1,
            help="How many of the newest orders stay in memory once they ended; a file has them "
            "all. By default all stay.",
        ),
    ] = None,
    allow_remote: Annotated[
        bool, typer.Option("--allow-remote", help="Let other machines in, without encryption.")
    ] = False,
    limits: Annotated[
        Path | None,
        typer.Option(help="A TOML file with a table [limits]: sizes, times, connections."),
    ] = None,
    connections_per_address: Annotated[
        int | None, typer.Option(min=1, help="Connections from one address; by default 100.")
    ] = None,
    sockets_per_client: Annotated[
        int | None, typer.Option(min=1, help="Streams of one client; by default 50.")
    ] = None,
    no_save: Annotated[
        bool, typer.Option("--no-save", help="Do not save URL and key for the other commands.")
    ] = False,
    save: Annotated[
        bool,
        typer.Option(
            "--save", help="Save URL and key also where those of another server are saved."
        ),
    ] = False,
    json: Annotated[
        bool, typer.Option("--json", help="Print one line of JSON when ready, save nothing.")
    ] = False,
) -> None:
    """Starts the sandbox server and serves until Ctrl-C or SIGTERM."""
    server_limits = _limits(
        limits,
        connections_per_address=connections_per_address,
        sockets_per_client=sockets_per_client,
    )
    replays = market.startswith("replay:")
    kind: ClockKind = clock or ("replay" if replays else "wall")
    if kind == "replay" and speed is None:
        speed = 1.0
    if db is None:
        # Replays and tests start from nothing; what runs by itself goes on where it stopped.
        db = str(config.path().parent / _DATABASE) if kind == "wall" else "memory"
    if db == ":memory:":
        db = "memory"
    try:
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always", RecordingWarning)
            sandbox = Sandbox(
                seed=seed,
                keep=keep,
                clock=kind,
                preset=preset,
                store=db,
                market=_market_of(market, symbols, record, address or []),
                speed=speed,
                venue=venue,
            )
    except StoreError as error:
        refuse(str(error), error.exit_code)
    except OSError as error:
        refuse(in_words(error), EXIT_CONFIG)
    except ValueError as error:
        refuse(str(error), EXIT_CONFIG)

    for warning in told:
        sys.stderr.write(f"sequence: warning: {warning.message}\n")
    kept: Keep = "nothing" if json or no_save else "over others" if save else "beside others"
    run(sandbox, db, Place(host, port, server_limits, allow_remote), keep=kept, json=json)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a server listens, and what it lets in."""

    host: str
    port: int
    limits: "Limits"
    allow_remote: bool = False


def run(
    sandbox: Sandbox,
    db: str,
    place: Place,
    *,
    keep: Keep,
    json: bool,
) -> None:
    """Serves a sandbox until it is told to stop; ``keep`` says how URL and key are saved."""
    _warn_of_place(db)
    _warn_of_damage(sandbox, db)

    shown = ExitStack()

    def announce(url: str) -> None:
        shown.enter_context(noted(_facts(url, sandbox, db)))
        if json:
            write(_ready_line(url, sandbox, db))
        elif keep == "nothing":
            _write_banner(url, sandbox, db, Saving(None, None))
        else:
            kept = save_connection(url, sandbox.test_key, keep == "over others")
            _write_banner(url, sandbox, db, kept)
        # A pipe is not flushed by itself, and the reader waits for this line.
        sys.stdout.flush()
        if isinstance(sandbox.runtime.clock, ReplayClock):
            follow(sandbox, shown)

    with shown:
        _serve(sandbox, place, announce)


def _market_of(
    market: str, symbols: str | None, record: Path | None, addresses: list[str]
) -> "str | Live":
    """Live venues with what else was said of them; any other market as it was named."""
    if not market.startswith("live:"):
        if symbols is not None or record is not None or addresses:
            text = "--symbols, --record and --address belong to --market live:VENUE"
            refuse(text, EXIT_CONFIG)
        return market
    from sequence.feeds.live import Live  # noqa: PLC0415 - most servers open no connection

    named = None if symbols is None else [s.strip() for s in symbols.split(",") if s.strip()]
    for given in addresses:
        if "=" not in given:
            refuse(f"--address {given}: write CONNECTION=URL", EXIT_CONFIG)
    return Live.named(
        market.removeprefix("live:"),
        symbols=named,
        record=record,
        addresses=dict(given.split("=", 1) for given in addresses),
    )


def _warn_of_place(db: str) -> None:
    warning = None if db == "memory" else warning_for(Path(db).expanduser())
    if warning is not None:
        sys.stderr.write(f"sequence: warning: {warning}\n")


def _warn_of_damage(sandbox: Sandbox, db: str) -> None:
    problems = sandbox.runtime.problems
    if not problems:
        return
    for line in problems[:_SHOWN_PROBLEMS]:
        sys.stderr.write(f"sequence: damaged: {line}\n")
    if len(problems) > _SHOWN_PROBLEMS:
        sys.stderr.write(f"sequence: damaged: and {len(problems) - _SHOWN_PROBLEMS} more\n")
    sys.stderr.write(
        "sequence: warning: orders are refused, everything can be read; "
        f"`sequence repair {db}` shows what can be done\n"
    )


def _limits(path: Path | None, **given: int | None) -> "Limits":
    """The limits of the file, and those that the options name."""
    from sequence.server.config import read_limits, with_limits  # noqa: PLC0415 - see `_serve`
    from sequence.server.limits import Limits  # noqa: PLC0415 - the same

    named = {name: value for name, value in given.items() if value is not None}
    try:
        return with_limits(Limits() if path is None else read_limits(path), named)
    except ValueError as error:
        refuse(str(error), EXIT_CONFIG)


def _serve(sandbox: Sandbox, place: Place, announce: Callable[[str], None]) -> None:
    # Imported here: the client commands never load the server.
    from sequence.server import ServerStartError, serve  # noqa: PLC0415

    with sandbox:
        try:
            serve(
                sandbox,
                place.host,
                place.port,
                announce,
                limits=place.limits,
                allow_remote=place.allow_remote,
            )
        except StoreError as error:
            refuse(f"stopped, because {_failed(error)}: {error}", error.exit_code)
        except ServerStartError as error:
            hint = " (--allow-remote)" if error.exit_code == EXIT_CONFIG else ""
            refuse(f"{error}{hint}", error.exit_code)


def _failed(error: StoreError) -> str:
    return "a bug stopped the core" if isinstance(error, CoreFailedError) else "a commit failed"


def _facts(url: str, sandbox: Sandbox, db: str) -> dict[str, Any]:
    runtime = sandbox.runtime
    return {
        "url": url,
        "pid": os.getpid(),
        "market": runtime.source,
        "clock": runtime.clock.kind,
        "seed": runtime.seed,
        "db": db,
    }


def _ready_line(url: str, sandbox: Sandbox, db: str) -> str:
    return jsonlib.dumps(
        {
            "url": url,
            "key": sandbox.test_key,
            "live_key": sandbox.live_key,
            "pid": os.getpid(),
            "db": db,
            "seed": sandbox.runtime.seed,
        }
    )


def _write_banner(url: str, sandbox: Sandbox, db: str, kept: Saving) -> None:
    runtime = sandbox.runtime
    # Whole: a key of paper money that cannot be copied is of no use.
    shown = [f"  key      {sandbox.test_key}"]
    if kept.file is not None:
        shown.append(f"           saved with the url in {kept.file}")
    if kept.other is not None:
        shown += [
            f"           not saved: the commands go on with {kept.other}; --save changes that, or",
            f"           export SEQUENCE_BASE_URL={url} SEQUENCE_API_KEY={sandbox.test_key}",
        ]
    state = "in memory: lost on exit" if db == "memory" else db
    symbol = "BTC-USD" if "demo" in runtime.source else "SYMBOL"
    for line in (
        f"sequence {_core.__version__}   sandbox, paper money only",
        f"  api      {url}",
        *shown,
        f"  state    {state}",
        f"  market   {runtime.source}   seed {runtime.seed}   "
        f"clock {runtime.clock.kind}   preset {runtime.preset}",
        f"  try      sequence quote {symbol}",
        f"  page     sequence page   (opens {url}/ in your browser)",
        "  stop     Ctrl-C",
    ):
        write(line)


def refuse(message: str, code: int) -> NoReturn:
    """Ends the program with a sentence."""
    sys.stderr.write(f"sequence: {message}\n")
    raise typer.Exit(code)
