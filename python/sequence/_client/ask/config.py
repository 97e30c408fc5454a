"""The saved connection: table `[sandbox]` of `config.toml`, readable by its owner only.

The commands read it, and so does a client that was given no key.
The file may hold tables of other programs; they are kept as they are.
"""

import os
import re
import tempfile
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from sequence.errors import ValidationError

_TABLE = "sandbox"
_HEADER = re.compile(r"^\s*\[\s*sandbox\s*\]\s*(#.*)?$")
_ANY_HEADER = re.compile(r"^\s*\[")


@dataclass(frozen=True, slots=True)
class Saved:
    """URL and key of the sandbox that was started last."""

    url: str | None = None
    key: str | None = field(default=None, repr=False)


def path() -> Path:
    """The file: in `SEQUENCE_HOME`, else in `~/.sequence`."""
    home = os.environ.get("SEQUENCE_HOME")
    folder = Path(home) if home else Path.home() / ".sequence"
    return folder / "config.toml"


def url_from_environment() -> str | None:
    """`SEQUENCE_BASE_URL`, None when it is not set."""
    return os.environ.get("SEQUENCE_BASE_URL") or None


def load() -> Saved:
    """What was saved; nothing when there is no file.

    Raises:
        ValidationError: The file cannot be read.
    """
    found: object = _parsed(_text()).get(_TABLE, {})
    if not isinstance(found, dict):
        raise ValidationError(f"{path()}: [{_TABLE}] is not a table")
    table = cast("dict[str, object]", found)
    url, key = table.get("url"), table.get("key")
    return Saved(url if isinstance(url, str) else None, key if isinstance(key, str) else None)


def save(saved: Saved) -> Path:
    """Writes the table and keeps everything else of the file; returns the file.

    Raises:
        ValidationError: The file is there and cannot be changed safely.
        OSError: The file cannot be written.
    """
    old = _text()
    before = _parsed(old)
    kept = "".join(_without_table(old)).rstrip()
    new = f'{kept}\n\n[{_TABLE}]\nurl = "{saved.url}"\nkey = "{saved.key}"\n'.lstrip()
    expected = before | {_TABLE: {"url": saved.url, "key": saved.key}}
    if _parsed(new) != expected:
        raise ValidationError(f"{path()}: cannot change [{_TABLE}] without touching the rest")
    _write(path(), new)
    return path()


def shown(file: Path) -> str:
    """A path for people, with `~` for the home folder."""
    try:
        return f"~/{file.relative_to(Path.home())}"
    except ValueError:
        return str(file)


def _text() -> str:
    try:
        return path().read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise ValidationError(f"{path()}: cannot be read: {error}") from None


def _parsed(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ValidationError(f"{path()}: is not TOML: {error}") from None


def _without_table(text: str) -> list[str]:
    kept: list[str] = []
    inside = False
    for line in text.splitlines(keepends=True):
        if _ANY_HEADER.match(line):
            inside = _HEADER.match(line) is not None
        if not inside:
            kept.append(line)
    return kept


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # A temporary file is made with mode 0600, and a rename replaces the old one in one step.
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=".config-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            out.write(text)
        Path(name).replace(file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
