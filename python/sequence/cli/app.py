"""The application: global options, groups, and how failures end the process."""

import sys
from typing import Annotated, NoReturn

import typer

from sequence import _core
from sequence.cli import account, clients, completion, graph, market, store, trade
from sequence.cli.connect import Target
from sequence.cli.convert import convert
from sequence.cli.doctor import doctor
from sequence.cli.fake import fake
from sequence.cli.key import key as keys
from sequence.cli.near import NearGroup
from sequence.cli.page import page
from sequence.cli.record import record
from sequence.cli.report import report
from sequence.cli.running import list_servers
from sequence.cli.score import score
from sequence.cli.snapshot import snapshots
from sequence.cli.up import up
from sequence.cli.watch import watch
from sequence.errors import CapabilityMissingError, NetworkError, SequenceError, ValidationError

EXIT_REFUSED = 1
EXIT_USAGE = 2
EXIT_NETWORK = 3
EXIT_INTERRUPTED = 130
_UNAUTHORIZED = 401

app = typer.Typer(
    name="sequence",
    cls=NearGroup,
    help="Paper-trading sandbox and client for the Sequence Markets API.",
    epilog="Exit codes: 0 done, 1 refused or rejected, 2 wrong arguments, 3 no answer or database "
    "in use, 4 address in use, 5 the database cannot be used.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(up)
app.command()(convert)
app.command()(page)
app.command()(record)
app.command()(score)
app.command()(fake)
app.command()(report)
app.command()(watch)
app.command()(doctor)
app.command("list")(list_servers)
app.command()(completion.completion)
app.add_typer(keys, name="key")
app.add_typer(snapshots, name="snapshot")
market.register(app)
trade.register(app)
graph.register(app)
clients.register(app)
account.register(app)
store.register(app)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"sequence {_core.__version__}")
        raise typer.Exit


@app.callback()
def _options(
    context: typer.Context,
    url: Annotated[
        str | None,
        typer.Option(help="Base URL; else SEQUENCE_BASE_URL, else what `sequence up` saved."),
    ] = None,
    key: Annotated[
        str | None,
        typer.Option(
            help="API key; better in SEQUENCE_API_KEY, as other users can see a command line. "
            "Else what `sequence up` saved for that URL."
        ),
    ] = None,
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="Paper money: always so, also with a live key.")
    ] = False,
    version: Annotated[
        bool,
        typer.Option(
            "-V", "--version", help="Show the version.", callback=_show_version, is_eager=True
        ),
    ] = False,
) -> None:
    del sandbox, version
    context.obj = Target(url=url, key=key)


def main() -> NoReturn:
    """Runs the command line and ends the process with one of the exit codes above."""
    completion.prepare()
    try:
        app(prog_name="sequence")
    except ValidationError as error:
        _fail(str(error), EXIT_USAGE)
    except NetworkError as error:
        _fail(f"{error.message} (is `sequence up` running?)", EXIT_NETWORK)
    except CapabilityMissingError as error:
        _fail(f"not offered by this server: {error.message}", EXIT_REFUSED)
    except SequenceError as error:
        hint = " (`sequence up` saves a key, or set SEQUENCE_API_KEY)"
        _fail(f"{error}{hint if error.status == _UNAUTHORIZED else ''}", EXIT_REFUSED)
    except KeyboardInterrupt:
        sys.exit(EXIT_INTERRUPTED)
    sys.exit(0)


def _fail(message: str, code: int) -> NoReturn:
    sys.stderr.write(f"sequence: {message}\n")
    sys.exit(code)
