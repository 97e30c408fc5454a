"""Numbers below zero as arguments: `-0.5` is no option."""

import re
from typing import Any, Final

from typer.core import TyperCommand

_NUMBER: Final = re.compile(r"-(?=[0-9.])[0-9.eE+_-]*")
_MARK: Final = "\x1f"


class TakesNegatives(TyperCommand):
    """A command whose arguments may start with a minus sign; otherwise as any other."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - see typer
        """Hides the sign from the parser, which would take it for an option's."""
        hidden: list[str] = []
        for at, arg in enumerate(args):
            # What follows an option is its value, and the parser takes that as it is.
            is_value = at > 0 and args[at - 1].startswith("-") and "=" not in args[at - 1]
            is_number = _NUMBER.fullmatch(arg) is not None
            hidden.append(_MARK + arg[1:] if is_number and not is_value else arg)
        rest = super().parse_args(ctx, hidden)
        ctx.params = {name: _shown(value) for name, value in ctx.params.items()}
        return rest


def _shown(value: Any) -> Any:  # noqa: ANN401 - of any parameter
    return f"-{value[1:]}" if isinstance(value, str) and value.startswith(_MARK) else value
