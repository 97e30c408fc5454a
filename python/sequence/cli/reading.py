"""JSON that a user gives to a command, as a file or on standard input."""

import sys
from collections.abc import Callable
from json import JSONDecodeError, loads
from pathlib import Path

from sequence._files import in_words
from sequence.errors import ValidationError


def read_json(file: Path, parse_float: Callable[[str], object]) -> object:
    """What a file holds; `-` is standard input.

    Args:
        file: Named in what is said of it.
        parse_float: What becomes of a number with a point: no float, which would change its digits.

    Raises:
        ValidationError: It cannot be read, or is no JSON.
    """
    try:
        body = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
        found: object = loads(body, parse_float=parse_float)
    except OSError as error:
        raise ValidationError(in_words(error, file)) from None
    except (UnicodeDecodeError, JSONDecodeError, RecursionError) as error:
        raise ValidationError(f"{file}: {error}") from None
    return found
