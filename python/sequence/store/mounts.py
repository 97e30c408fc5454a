"""What a database lies on: some file systems forget, or lock for one machine only."""

import os
from pathlib import Path
from typing import Final

_MOUNTS: Final = Path("/proc/self/mountinfo")
_FORGETS: Final = "keeps files in memory: everything is lost when this machine stops"
_SHARED: Final = "is shared over a network: its locks and syncs cannot be relied on"
_LAYERED: Final = "is a layer of a container: everything is lost when the container is removed"
_WARNINGS: Final = {
    "tmpfs": _FORGETS,
    "ramfs": _FORGETS,
    "nfs": _SHARED,
    "nfs4": _SHARED,
    "cifs": _SHARED,
    "smb3": _SHARED,
    "9p": _SHARED,
    "fuse.sshfs": _SHARED,
    "overlay": _LAYERED,
}


def warning_for(path: Path, mounts: Path = _MOUNTS) -> str | None:
    """Why a database at a path may be lost although every commit was synced; ``None`` if it stays.

    Asks Linux; where there is nothing to ask nothing is known, and nothing said.
    """
    kind = file_system_of(path, mounts)
    reason = _WARNINGS.get(kind or "")
    return None if reason is None else f"{path} is on {kind}, which {reason}"


def file_system_of(path: Path, mounts: Path = _MOUNTS) -> str | None:
    """The kind of file system that a file is on."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return None
    found: tuple[int, str] | None = None
    real = os.path.realpath(path)
    for line in lines:
        # ... root mount-point options - kind source ...
        left, _, right = line.partition(" - ")
        point = _unescaped(left.split(" ")[4])
        inside = real == point or real.startswith(point.rstrip("/") + "/")
        # Of two mounts at one point the later one is seen.
        if inside and (found is None or len(point) >= found[0]):
            found = len(point), right.split(" ")[0]
    return None if found is None else found[1]


def _unescaped(text: str) -> str:
    """A path of the list, where blanks are written as octal numbers."""
    for code in ("040", "011", "012", "134"):
        text = text.replace(f"\\{code}", chr(int(code, 8)))
    return text
