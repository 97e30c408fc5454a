"""What a client writes to the disk, and reads from it."""

from os import PathLike
from pathlib import Path

from sequence._files import in_words
from sequence.errors import ValidationError


def write_file(path: str | PathLike[str], packed: bytes) -> None:
    """Writes a file whole or not at all; one that is there is replaced."""
    file = Path(path).expanduser()
    part = file.with_name(f".{file.name}.part")
    part.write_bytes(packed)
    part.replace(file)


def read_file(path: str | PathLike[str]) -> bytes:
    """The bytes of a file.

    Raises:
        ValidationError: It cannot be read; the text says why.
    """
    file = Path(path).expanduser()
    try:
        return file.read_bytes()
    except OSError as error:
        raise ValidationError(in_words(error, file)) from None
