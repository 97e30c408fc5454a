"""Files of a database: who may read them, and that one process uses them."""

import contextlib
import fcntl
import logging
import os
import secrets
import stat
from pathlib import Path
from typing import Final

from sequence.store.base import StoreError, StoreLockedError

logger = logging.getLogger("sequence.store")

_FILE_MODE: Final = 0o600
_DIRECTORY_MODE: Final = 0o700
_PEPPER_BYTES: Final = 32
PEPPER_VARIABLE: Final = "SEQUENCE_PEPPER"


def prepare(path: Path) -> Path:
    """The absolute path of a database, its directory made and its file readable by its owner only.

    Raises:
        StoreError: A symbolic link stands in the way, or the directory cannot be used.
    """
    path = path.expanduser().absolute()
    try:
        if not path.parent.exists():
            path.parent.mkdir(parents=True, mode=_DIRECTORY_MODE)
        for name in (path, *_companions(path)):
            if name.is_symlink():
                raise StoreError(f"{name} is a symbolic link: name the file itself")
        if path.is_dir():
            raise StoreError(f"{path} is a directory")
        if path.exists():
            _tighten(path)
        else:
            _create(path)
    except OSError as error:
        raise StoreError(f"cannot use {path}: {error.strerror or error}") from error
    return path


def _companions(path: Path) -> list[Path]:
    return [path.with_name(path.name + end) for end in ("-wal", "-shm", ".lock", ".pepper")]


def _create(path: Path) -> None:
    # Made here, before SQLite opens it, so that it never exists with wider permissions.
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, _FILE_MODE))


def _tighten(path: Path) -> None:
    # By name: a descriptor of ours, closed while SQLite has the file open, would drop its locks.
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & ~_FILE_MODE:
        path.chmod(_FILE_MODE)


class Lock:
    """An exclusive lock on ``<db>.lock`` for the life of the process that uses a database.

    SQLite's own locks do not say "one server": they come and go with transactions, and another
    copy of SQLite in this process could drop them.
    """

    def __init__(self, database: Path) -> None:
        self._path = database.with_name(database.name + ".lock")
        flags = os.O_CREAT | os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW
        try:
            self._file: int | None = os.open(self._path, flags, _FILE_MODE)
        except OSError as error:
            raise StoreError(f"cannot lock {self._path}: {error.strerror or error}") from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.pread(self._file, 20, 0).decode("ascii", "replace").strip()
            self.release()
            if holder == str(os.getpid()):
                by = "another sandbox of this process: close it first"
            else:
                by = f"another process{f' (process {holder})' if holder else ''}"
            raise StoreLockedError(f"{database} is in use by {by}") from error
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, f"{os.getpid()}\n".encode("ascii"), 0)

    def release(self) -> None:
        """Gives the lock back; twice is fine."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


def pepper_file(database: Path) -> Path | None:
    """Where the pepper of a database is kept; none where the environment gives it."""
    given = os.environ.get(PEPPER_VARIABLE)
    return None if given else database.with_name(database.name + ".pepper")


def read_pepper(database: Path, *, has_keys: bool) -> bytes:
    """The secret that makes stored key digests useless alone: from the environment or a file."""
    path = pepper_file(database)
    if path is None:
        return os.environ[PEPPER_VARIABLE].encode()
    if has_keys and not path.exists():
        logger.warning(
            "%s is missing: a new one is made, and no key from before works any more; "
            "put the file back to have them back",
            path,
        )
    with contextlib.suppress(FileExistsError):
        flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW
        file = os.open(path, flags, _FILE_MODE)
        try:
            os.write(file, secrets.token_hex(_PEPPER_BYTES).encode("ascii"))
            os.fsync(file)
        finally:
            os.close(file)
    pepper = path.read_bytes().strip()
    if len(pepper) < _PEPPER_BYTES:
        raise StoreError(f"{path} is damaged: keys made with it cannot be checked")
    return pepper
