"""`sequence key`: the key that the commands use, and the keys of the account."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from sequence._client.ask import config
from sequence.cli.connect import Target, client_of
from sequence.cli.output import JsonFlag, text, write, write_json, write_table
from sequence.errors import ValidationError

key = typer.Typer(help="The key that commands use, and the keys of the account.")


@key.callback(invoke_without_command=True)
def show(context: typer.Context) -> None:
    """Prints the key that the commands use: `export SEQUENCE_API_KEY=$(sequence key)`."""
    if context.invoked_subcommand is not None:
        return
    target: Target = context.obj
    found = target.used_key()
    if found is None:
        where = config.shown(config.path())
        raise ValidationError(f"no key: {where} holds none; `sequence up` or `sequence login`")
    write(found)


@key.command("list")
def list_keys(context: typer.Context, json: JsonFlag = False) -> None:
    """Keys of the account; their secrets are shown once, when they are made."""
    with client_of(context) as client:
        answer = client.api_keys()
    if json:
        return write_json(answer)
    columns = [text("ID", folds=True), text("KEY"), text("LABEL", folds=True)]
    return write_table(
        [*columns, text("MADE"), text("STATE")],
        (
            (
                row.key_id,
                row.prefix,
                row.label,
                datetime.fromtimestamp(row.created_at_ns // 10**9, UTC).strftime("%Y-%m-%d"),
                "revoked" if row.revoked_at_ns else "valid",
            )
            for row in answer.keys
        ),
    )


@key.command("new")
def new_key(
    context: typer.Context,
    label: Annotated[str, typer.Argument(help="What it is for.")],
    json: JsonFlag = False,
) -> None:
    """Makes a key for the account and prints it: it is not shown again."""
    with client_of(context) as client:
        answer = client.api_key_create(label=label)
    return write_json(answer) if json else write(answer.api_key)


@key.command("revoke")
def revoke_key(
    context: typer.Context,
    key_id: Annotated[str, typer.Argument(help="Id of the key; `sequence key list` shows it.")],
    json: JsonFlag = False,
) -> None:
    """Ends a key at once."""
    with client_of(context) as client:
        answer = client.api_key_revoke(key_id)
    return write_json(answer) if json else write(f"{answer.key_id} revoked")
