"""A digest in every row, the sums of them, and pages of ended orders and fills by an index."""

from typing import Final

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_TABLES: Final = (
    "accounts", "api_keys", "assets", "balances", "clients", "contra", "engine", "events", "fills",
    "funding_rates", "graphs", "kill_switches", "legs", "lines", "markets", "meta", "orders",
    "positions_v2", "settings", "settlements",
)  # fmt: skip
_SEALS: Final = """
    CREATE TABLE seals (
        name TEXT NOT NULL,
        rows INTEGER NOT NULL,
        total INTEGER NOT NULL,
        row_digest INTEGER DEFAULT 0 NOT NULL,
        PRIMARY KEY (name)
    )
     STRICT
    """


def upgrade() -> None:
    """Room for the digests; whoever runs the steps fills it."""
    for table in _TABLES:
        op.execute(f"ALTER TABLE {table} ADD COLUMN row_digest INTEGER DEFAULT 0 NOT NULL")
    op.execute(_SEALS)
    for table, column in (("orders", "created_seq"), ("fills", "event_seq")):
        name = f"{table}_of_account"
        op.execute(f"DROP INDEX IF EXISTS {name}")
        op.execute(f"CREATE INDEX {name} ON {table} (account_no, epoch, {column})")


def downgrade() -> None:
    """A database is never brought to an older schema."""
    raise NotImplementedError("a database is never brought to an older schema")
