"""`sequence verify`, `repair` and `backup`: what a database holds, mends of it, a copy of it."""

import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from sequence.cli.output import write
from sequence.cli.progress import progress
from sequence.store import Finding, StoreError

EXIT_FINDINGS = 1

_Database = Annotated[Path, typer.Argument(help="A database of `sequence up`.")]


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command()(verify)
    app.command()(repair)
    app.command()(backup)


def verify(db: _Database) -> None:
    """Checks every stored row, the event chain and the state rebuilt from them.

    No server may use the database meanwhile: check a backup of it instead.
    """
    from sequence.store.check import verify_database  # noqa: PLC0415 - loads the database layer

    try:
        with progress() as told:
            found = verify_database(db, told)
    except StoreError as error:
        _refuse(error)
    for row in found:
        write(_line(row))
    write(f"{db}: {'all laws hold' if not found else f'{len(found)} findings'}")
    raise typer.Exit(EXIT_FINDINGS if found else 0)


def repair(
    db: _Database,
    yes: Annotated[
        bool, typer.Option("--yes", help="Do it; without, it is only said what would be done.")
    ] = False,
) -> None:
    """Says which rows are damaged and what can be done, and does it with --yes.

    The repair is tried on a copy first. The database as it was is kept beside the repaired one.
    """
    from sequence.store.repair import Repair  # noqa: PLC0415 - loads the database layer

    if not db.expanduser().exists():
        _refuse(StoreError(f"there is no {db}"))
    try:
        with Repair(db.expanduser().absolute()).tried() as found:
            for row in found.findings:
                write(f"found: {_line(row)}")
            if not found.findings:
                write(f"{db}: all laws hold, nothing to repair")
                return
            for step in found.steps:
                write(f"{'done' if yes else 'would do'}: {step}")
            if found.left:
                _refuse(StoreError(f"{db} cannot be repaired: restore a backup"))
            if not yes:
                write(f"nothing was changed: `sequence repair {db} --yes` does this")
                raise typer.Exit(EXIT_FINDINGS)
            write(f"{db}: repaired, as it was before: {found.apply()}")
    except StoreError as error:
        _refuse(error)


def backup(
    db: _Database,
    out: Annotated[Path, typer.Argument(help="The copy; it must not be there yet.")],
) -> None:
    """Copies a database, also while a server uses it.

    The pepper beside it is left out, so that the copy alone is of no use to who finds it. Keep a
    copy of that file in another place: without it, no key of the copy works.
    """
    from sequence.store.check import backup_database  # noqa: PLC0415 - loads the database layer
    from sequence.store.files import pepper_file  # noqa: PLC0415 - the same

    try:
        backup_database(db, out)
    except StoreError as error:
        _refuse(error)
    write(f"{out}: copied")
    pepper = pepper_file(db)
    if pepper is not None:
        write(f"not copied: {pepper}, which the keys need; keep a copy of it in another place")


def _line(row: Finding) -> str:
    return f"{row.check:<6} {row.subject}: expected {row.expected}, found {row.found}"


def _refuse(error: StoreError) -> NoReturn:
    sys.stderr.write(f"sequence: {error}\n")
    raise typer.Exit(error.exit_code)
