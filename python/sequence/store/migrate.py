"""Brings a database to the schema of this version, step by step."""

import re
import sqlite3
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, text

from sequence.store.base import StoreVersionError
from sequence.store.crash import crash_point
from sequence.store.sealing import damage_of, seal_all
from sequence.store.tables import SCHEMA_REVISION

_FOLDER: Final = Path(__file__).parent / "migrations"
_REVISION: Final = re.compile(r"000[1-9]|00[1-9]\d|0[1-9]\d\d|[1-9]\d\d\d", re.ASCII)


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
    if found is not None and not _REVISION.fullmatch(found):
        raise StoreVersionError(f"this database has schema {found!a}, which no version has")
    if found is not None and found > SCHEMA_REVISION:
        raise StoreVersionError(
            f"this database has schema {found}, this version knows up to {SCHEMA_REVISION}: "
            "use a newer version of sequence"
        )
    driver = connection.connection.driver_connection
    if not isinstance(driver, sqlite3.Connection):
        raise StoreVersionError("this is not a connection of the standard library")
    # SQLAlchemy runs in autocommit: one transaction for all steps is ours to begin.
    driver.execute("BEGIN IMMEDIATE")
    try:
        damage = damage_of(driver)
        _run_steps(connection)
        seal_all(driver, damage)
    except BaseException:
        driver.execute("ROLLBACK")
        raise
    driver.execute("COMMIT")
    crash_point("after_migration")


def _run_steps(connection: Connection) -> None:
    # Imported here: a database that is up to date does not need it.
    command: Any = import_module("alembic.command")
    config: Any = import_module("alembic.config")
    settings = config.Config()
    settings.set_main_option("script_location", str(_FOLDER))
    settings.attributes["connection"] = connection
    command.upgrade(settings, "head")


def _has_tables(connection: Connection) -> bool:
    query = text("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name <> 'alembic_version'")
    return connection.execute(query).first() is not None
