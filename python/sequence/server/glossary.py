"""What each property of the API means: read from `glossary.toml`."""

import tomllib
from pathlib import Path
from typing import Any, Final

FILE: Final = Path(__file__).with_name("glossary.toml")


class Glossary:
    """Descriptions by property, with exceptions by model."""

    def __init__(self, file: Path = FILE) -> None:
        tables: dict[str, dict[str, Any]] = tomllib.loads(file.read_text(encoding="utf-8"))
        self.common: dict[str, str] = tables.pop("common")
        self.models: dict[str, dict[str, str]] = tables

    def of(self, model: str, name: str) -> str | None:
        """What a property of a model means; None when nobody wrote it down."""
        return self.models.get(model, {}).get(name) or self.common.get(name)

    def describe(self, model: str, schema: dict[str, Any]) -> None:
        """Gives each property of a schema its description, where it has none of its own."""
        for name, field in schema.get("properties", {}).items():
            text = self.of(model, name)
            if text is not None:
                field.setdefault("description", text)
