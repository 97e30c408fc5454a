"""Files of a database: who may read them, and that one process uses them."""

import contextlib
import hmac
import logging
import os
import secrets
import stat
import threading
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, Final
from weakref import WeakSet

from sequence.store.base import StoreError, StoreLockedError

fcntl: ModuleType | None
try:
    import fcntl
except ImportError:
    # Windows has locks of another kind: see `_take`.
    fcntl = None

logger = logging.getLogger("sequence.store")

_FILE_MODE: Final = 0o600
_CLOEXEC: Final[int] = getattr(os, "O_CLOEXEC", getattr(os, "O_NOINHERIT", 0))
_NOFOLLOW: Final[int] = getattr(os, "O_NOFOLLOW", 0)
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
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | _CLOEXEC, _FILE_MODE))


def _tighten(path: Path) -> None:
    # By name: a descriptor of ours, closed while SQLite has the file open, would drop its locks.
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & ~_FILE_MODE:
        path.chmod(_FILE_MODE)


_held: Final[set[tuple[int, int]]] = set()
"""Files that this process has open as databases, by device and number.

Closing any descriptor of a file drops the locks that SQLite has on it in this process: a file that
is open here is not even looked into.
"""
_held_guard: Final = threading.Lock()
_OPEN: Final = "open"
_CLEAN: Final = "clean"


class Lock:
    """An exclusive lock on a database for the life of the process that uses it.

    SQLite's own locks do not say "one server": they come and go with transactions, and another
    copy of SQLite in this process could drop them. Two locks are held: one on ``<db>.lock``, which
    also tells who holds it and whether the last one closed it, and one on the file itself, which a
    second name of it (a hard link) shares.
    """

    def __init__(self, database: Path) -> None:
        self._database = database
        self._path = database.with_name(database.name + ".lock")
        # Named once: every commit looks at it.
        self._log = database.with_name(database.name + "-wal")
        self._file: int | None = None
        self._shared: int | None = None
        self._inode: tuple[int, int] | None = None
        self._was = ""
        try:
            self._acquire()
        except OSError as error:
            self.release()
            raise StoreError(f"cannot lock {self._path}: {error.strerror or error}") from error
        except BaseException:
            self.release()
            raise
        _locks.add(self)

    def _acquire(self) -> None:
        found = self._database.stat()
        inode = found.st_dev, found.st_ino
        with _held_guard:
            if inode in _held:
                raise self._taken("another sandbox of this process: close it first")
            flags = os.O_RDWR | _CLOEXEC | _NOFOLLOW
            self._file = os.open(self._path, os.O_CREAT | flags, _FILE_MODE)
            self._try_lock(self._file)
            self._shared = os.open(self._database, flags)
            self._try_lock(self._shared)
            _held.add(inode)
            self._inode = inode
        if found.st_nlink > 1:
            raise StoreError(
                f"{self._database} has {found.st_nlink} names (hard links): each would have a log "
                "of its own; make it a copy with `sequence backup`"
            )
        self._was = self._state()

    def _try_lock(self, file: int) -> None:
        try:
            _take(file)
        except OSError as error:
            holder = _head(self._file or file, 20).decode("ascii", "replace").split("\n")[0]
            by = f" (process {holder})" if holder.isdecimal() and file == self._file else ""
            raise self._taken(f"another process{by}") from error

    def _taken(self, by: str) -> StoreLockedError:
        return StoreLockedError(f"{self._database} is in use by {by}")

    def _state(self) -> str:
        if self._file is None:
            return ""
        lines = _head(self._file, 40).decode("ascii", "replace").split("\n")
        return lines[1] if len(lines) > 1 else ""

    def check_traces(self) -> None:
        """Refuses a store of which only parts are left; before anything is made of them.

        Raises:
            StoreError: The database is gone, or its log is.
        """
        names = [path for path in _companions(self._database) if path.exists()]
        pepper = self._database.with_name(self._database.name + ".pepper")
        if not self._database.stat().st_size and (self._was or pepper in names):
            left = ", ".join(str(path) for path in names)
            raise StoreError(
                f"{self._database} is empty, but there was a store: put it or a backup back, or "
                f"delete what is left of it to begin anew ({left})"
            )
        log = self._log
        index = self._database.with_name(self._database.name + "-shm")
        # SQLite removes both or none.
        if (self._was == _OPEN or index.exists()) and not log.exists():
            raise StoreError(
                f"{log} is gone: it held the last commits of a process that did not end in order; "
                f"put it back, or delete {self._path} (and {index}) to go on without them"
            )

    def mark(self, *, clean: bool) -> None:
        """Notes who uses the database, and whether its log holds nothing that it lacks."""
        if self._file is not None:
            text = f"{os.getpid()}\n{_CLEAN if clean else _OPEN}\n".encode("ascii")
            os.ftruncate(self._file, 0)
            os.lseek(self._file, 0, os.SEEK_SET)
            os.write(self._file, text)

    def check_in_place(self) -> None:
        """The files that commits go to are still those that others see.

        Raises:
            StoreError: One was deleted or replaced while it was in use.
        """
        try:
            found = self._database.stat()
            self._log.stat()
        except FileNotFoundError as error:
            text = f"{error.filename} was deleted while it was in use"
            raise StoreError(text) from None
        if (found.st_dev, found.st_ino) != self._inode:
            raise StoreError(f"{self._database} was replaced while it was in use")

    def release(self) -> None:
        """Gives the lock back; twice is fine."""
        with _held_guard:
            if self._inode is not None:
                _held.discard(self._inode)
                self._inode = None
        for file in (self._shared, self._file):
            if file is not None:
                os.close(file)
        self._file = self._shared = None

    def after_fork(self) -> None:
        """Closes the copies of a child: the lock would last as long as the child does."""
        files, self._file, self._shared = (self._shared, self._file), None, None
        for file in files:
            if file is not None:
                os.close(file)


_FAR: Final = 0x7FFF_FF00
"""Where Windows locks a byte. A locked one cannot be read, who holds the file is written at 0, and
SQLite locks its own from 0x40000000 on."""


def _take(file: int) -> None:
    """Locks an open file, or raises `OSError` at once where somebody else has it."""
    if fcntl is not None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return
    try:
        msvcrt: Any = import_module("msvcrt")
    except ImportError:
        raise StoreError("this system has no file locks: keep the state in memory") from None
    os.lseek(file, _FAR, os.SEEK_SET)
    msvcrt.locking(file, msvcrt.LK_NBLCK, 1)


def _head(file: int, size: int) -> bytes:
    os.lseek(file, 0, os.SEEK_SET)
    return os.read(file, size)


_locks: Final[WeakSet[Lock]] = WeakSet()


def _after_fork() -> None:
    for lock in list(_locks):
        lock.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def pepper_file(database: Path) -> Path | None:
    """Where the pepper of a database is kept; none where the environment gives it."""
    given = os.environ.get(PEPPER_VARIABLE)
    return None if given else database.with_name(database.name + ".pepper")


def check_of(pepper: bytes) -> str:
    """A value that only this pepper has."""
    return hmac.digest(pepper, b"sequence pepper check", "sha256")[:8].hex()


def read_pepper(database: Path, *, has_keys: bool, check: str | None = None) -> bytes:
    """The secret that makes stored key digests useless alone: from the environment or a file.

    Args:
        database: Beside which file it lies.
        has_keys: Whether there are keys that need it.
        check: What `check_of` gave for the pepper of these keys, where that is known.

    Raises:
        StoreError: It is not the one that the keys were made with.
    """
    path = pepper_file(database)
    if path is None:
        pepper = os.environ[PEPPER_VARIABLE].encode()
        _compare(pepper, check, PEPPER_VARIABLE)
        return pepper
    is_new = not path.exists()
    if has_keys and is_new:
        logger.warning(
            "%s is missing: a new one is made, and no key from before works any more; "
            "put the file back to have them back",
            path,
        )
    with contextlib.suppress(FileExistsError):
        flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | _CLOEXEC | _NOFOLLOW
        file = os.open(path, flags, _FILE_MODE)
        try:
            os.write(file, secrets.token_hex(_PEPPER_BYTES).encode("ascii"))
            os.fsync(file)
        finally:
            os.close(file)
    pepper = path.read_bytes().strip()
    if len(pepper) < _PEPPER_BYTES:
        raise StoreError(f"{path} is damaged: keys made with it cannot be checked")
    if not is_new:
        _compare(pepper, check, str(path))
    return pepper


def _compare(pepper: bytes, check: str | None, name: str) -> None:
    if check is not None and check_of(pepper) != check:
        raise StoreError(
            f"{name} is not what the stored keys were made with: put the right one back, or remove "
            "it to have a new one made, with which none of them works"
        )
