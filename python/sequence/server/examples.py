"""What was asked of a running server and what it answered, as examples of the description.

`python/tools/examples.py` records them.
"""

import json
from pathlib import Path
from typing import Any, Final

FILE: Final = Path(__file__).with_name("examples.json")


class Examples:
    """Requests and answers by the name of an operation."""

    def __init__(self, file: Path = FILE) -> None:
        self._rows: dict[str, dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))

    def asked(self, operation: str) -> dict[str, Any]:
        """Bodies of an operation by their titles, in the form of OpenAPI."""
        return _titled(self._rows.get(operation, {}).get("asked", {}))

    def answered(self, operation: str) -> dict[str, Any]:
        """The answers to them, under the same titles."""
        return _titled(self._rows.get(operation, {}).get("answered", {}))

    def parameter(self, operation: str, where: str, name: str) -> dict[str, Any]:
        """A value of a path or query parameter; nothing where none was sent."""
        values = self._rows.get(operation, {}).get(where, {})
        return {"example": values[name]} if name in values else {}


def _titled(values: dict[str, Any]) -> dict[str, Any]:
    return {title: {"summary": title, "value": value} for title, value in values.items()}
