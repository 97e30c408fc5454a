"""Amounts in USD that nobody can say: of fills whose quote nothing valued, and their sums."""

from typing import Final

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_LOOSENED: Final = {
    "fills": ("notional_usd_1e9", "fee_usd_1e9", "realized_usd_1e9"),
    "orders": ("notional_usd_1e9", "fees_usd_1e9"),
    "positions_v2": ("cost_1e17", "realized_1e17", "fees_usd_1e9"),
}
"""Columns that may be empty from now on, by table."""


def upgrade() -> None:
    """Makes the tables anew, as they were but for these columns; rows and digests stay."""
    connection = op.get_bind()
    for table, columns in _LOOSENED.items():
        query = "SELECT sql FROM sqlite_master WHERE tbl_name = ? AND sql IS NOT NULL"
        found = [row[0] for row in connection.exec_driver_sql(query, (table,))]
        created = next(sql for sql in found if sql.startswith("CREATE TABLE"))
        for column in columns:
            created = created.replace(f"{column} TEXT NOT NULL", f"{column} TEXT")
        op.execute(f"ALTER TABLE {table} RENAME TO old_{table}")
        op.execute(created)
        op.execute(f"INSERT INTO {table} SELECT * FROM old_{table}")  # noqa: S608 - names of ours
        op.execute(f"DROP TABLE old_{table}")
        for index in (sql for sql in found if sql.startswith("CREATE INDEX")):
            op.execute(index)


def downgrade() -> None:
    """A database is never brought to an older schema."""
    raise NotImplementedError("a database is never brought to an older schema")
