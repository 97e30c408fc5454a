"""What can be done about a damaged database: tried on a copy, told row by row, then put in place.

Nothing is guessed: a number that follows from others is computed from them, what is only damaged in
itself is taken as it stands and said so, and what nothing can be made of is left out. The database
as it was stays beside the repaired one.
"""

import sqlite3
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from sequence.store.base import Finding, StoreError
from sequence.store.check import verify_database
from sequence.store.files import Lock, prepare
from sequence.store.mend import MEASURES
from sequence.store.sealing import seal_all
from sequence.store.sqlite import read_text

_KEPT: Final = ".damaged-"
_TRIED: Final = ".repair"


class Repair:
    """A repair of one database; nothing of the database itself changes before `apply`.

    Attributes:
        findings: What was wrong.
        steps: What is done about it, one sentence for each row.
        left: What is wrong after it; empty when it helps.
    """

    def __init__(self, path: Path) -> None:
        self._path: Final = path
        self._copy: Final = path.with_name(path.name + _TRIED)
        self.steps: Final[list[str]] = []
        self.findings = self._look(path)
        self.left = self.findings

    @contextmanager
    def tried(self) -> Generator["Repair"]:
        """Tries it on a copy that is gone at the end of the block."""
        try:
            if self.findings:
                self._try()
            yield self
        finally:
            # A medium that is read-only refuses also to delete what is not there.
            for end in ("", "-wal", "-shm", ".lock", ".pepper"):
                path = Path(f"{self._copy}{end}")
                if path.exists():
                    path.unlink()

    def apply(self) -> Path:
        """Puts the repaired copy in the place of the database; where the old one is kept.

        Raises:
            StoreError: It is in use, or does not fit on the disk.
        """
        lock = Lock(self._path)
        try:
            kept = self._free_name()
            _copy(self._path, kept)
            _copy(self._copy, self._path)
        finally:
            lock.release()
        return kept

    def _free_name(self) -> Path:
        number = 1
        while (path := self._path.with_name(f"{self._path.name}{_KEPT}{number}")).exists():
            number += 1
        return path

    def _try(self) -> None:
        lock = Lock(self._path)
        try:
            _copy(self._path, self._copy)
        finally:
            lock.release()
        for measure in MEASURES:
            with closing(_open(self._copy)) as connection:
                connection.execute("BEGIN IMMEDIATE")
                try:
                    self.steps.extend(measure(connection, self.left))
                    seal_all(connection)
                except (sqlite3.Error, ValueError, TypeError) as error:
                    connection.execute("ROLLBACK")
                    self.steps.append(f"not possible: {error}")
                    continue
                connection.execute("COMMIT")
            self.left = self._look(self._copy)
            if not self.left:
                return

    @staticmethod
    def _look(path: Path) -> list[Finding]:
        try:
            return verify_database(path)
        except StoreError as error:
            return [Finding("file", str(path), "a database that can be opened", str(error))]


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.text_factory = read_text
    return connection


def _copy(source: Path, target: Path) -> None:
    """The content of one file into another that may be there already, durable before it returns."""
    prepare(target)
    try:
        with closing(_open(source)) as reader, closing(_open(target)) as writer:
            reader.backup(writer)
            writer.execute("PRAGMA synchronous = FULL")
            writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise StoreError(f"cannot copy {source}: {error}: restore a backup") from error
