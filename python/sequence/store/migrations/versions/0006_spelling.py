"""How the symbol of a position was first written, where that is not the code of its asset."""

from typing import Final

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_TABLE: Final = "positions_v2"
_DIGEST: Final = "row_digest INTEGER"


def upgrade() -> None:
    """Makes the table anew, since its digest stands last; rows keep their numbers."""
    connection = op.get_bind()
    query = "SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?"
    created = connection.exec_driver_sql(query, (_TABLE,)).scalar_one()
    columns = connection.exec_driver_sql(f"PRAGMA table_info({_TABLE})").all()
    names = ", ".join(str(row[1]) for row in columns)
    op.execute(f"ALTER TABLE {_TABLE} RENAME TO old_{_TABLE}")
    op.execute(created.replace(_DIGEST, f"symbol TEXT,\n        {_DIGEST}"))
    op.execute(f"INSERT INTO {_TABLE} ({names}) SELECT {names} FROM old_{_TABLE}")  # noqa: S608 - names of ours
    op.execute(f"DROP TABLE old_{_TABLE}")


def downgrade() -> None:
    """A database is never brought to an older schema."""
    raise NotImplementedError("a database is never brought to an older schema")
