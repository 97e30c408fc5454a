"""Brings a database to the schema of this version, step by step."""

from importlib import import_module
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, text

from sequence.store.base import StoreVersionError
from sequence.store.crash import crash_point
from sequence.store.tables import SCHEMA_REVISION

_FOLDER: Final = Path(__file__).parent / "migrations"


def revision_of(connection: Connection) -> str | None:
    """The step a database is at; ``None`` for an empty one."""
    query = text("SELECT name FROM sqlite_master WHERE name = 'alembic_version'")
    if connection.execute(query).first() is None:
        return None
    row = connection.execute(text("SELECT version_num FROM alembic_version")).first()
    return None if row is None else str(row[0])


def upgrade(connection: Connection) -> None:
    """Runs the steps that are missing; each is whole or not there.

    Raises:
        StoreVersionError: The database is of a newer version, or not one of ours.
    """
    found = revision_of(connection)
    if found == SCHEMA_REVISION:
        return
    if found is None and _has_tables(connection):
        raise StoreVersionError("this database was not made by sequence")
    if found is not None and found > SCHEMA_REVISION:
        raise StoreVersionError(
            f"this database has schema {found}, this version knows up to {SCHEMA_REVISION}: "
            "use a newer version of sequence"
        )
    # Imported here: a database that is up to date does not need it.
    command: Any = import_module("alembic.command")
    config: Any = import_module("alembic.config")
    settings = config.Config()
    settings.set_main_option("script_location", str(_FOLDER))
    settings.attributes["connection"] = connection
    command.upgrade(settings, "head")
    crash_point("after_migration")


def _has_tables(connection: Connection) -> bool:
    query = text("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name <> 'alembic_version'")
    return connection.execute(query).first() is not None
