"""What a client writes to the disk."""

from os import PathLike
from pathlib import Path


def write_file(path: str | PathLike[str], packed: bytes) -> None:
    """Writes a file whole or not at all; one that is there is replaced."""
    file = Path(path).expanduser()
    part = file.with_name(f".{file.name}.part")
    part.write_bytes(packed)
    part.replace(file)
