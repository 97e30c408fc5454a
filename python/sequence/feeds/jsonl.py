"""The readable encoding: one JSON object a line, in the schema of hand-fed market events."""

from sequence.feeds._read_lines import load, load_file
from sequence.feeds._write_lines import dump

__all__ = ["dump", "load", "load_file"]
