"""`sequence completion SHELL`: what a shell needs to complete commands and options."""

from typing import Annotated, Literal

import typer

from sequence.cli.output import write

_VARIABLE = "_SEQUENCE_COMPLETE"


def completion(
    shell: Annotated[
        Literal["bash", "zsh", "fish"], typer.Argument(help="Whose language to print.")
    ],
) -> None:
    """Prints a script for a shell: `eval "$(sequence completion bash)"` in its start file."""
    from typer._completion_shared import get_completion_script  # noqa: PLC0415

    write(get_completion_script(prog_name="sequence", complete_var=_VARIABLE, shell=shell))


def prepare() -> None:
    """Lets typer answer the scripts."""
    from typer._completion_classes import completion_init  # noqa: PLC0415

    completion_init()
