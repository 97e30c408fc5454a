"""Adds the nearest word to the refusal of an argument that is one of a few words."""

import re
from typing import Any, Final

import typer
from typer.core import TyperGroup

from sequence.types._names import did_you_mean

_CHOICE: Final = re.compile(r"(?:Value error, )?'(?P<given>.*)' is not one of (?P<known>.*?)\.?")


class NearGroup(TyperGroup):
    """A group whose commands say which word was meant."""

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - whatever the base class takes and gives
        """Runs a command."""
        try:
            return super().invoke(ctx)
        except typer.BadParameter as error:
            error.message = with_nearest(error.message)
            raise


def with_nearest(message: str) -> str:
    """The sentence, with what was meant where a word is not one of those listed."""
    found = _CHOICE.fullmatch(message)
    if found is None:
        return message
    known = re.findall(r"'([^']*)'", found["known"])
    near = did_you_mean(found["given"], known)
    return f"{found['given']!r} is not one of {', '.join(known)}{near}"
