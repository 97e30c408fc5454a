"""Why a leg ended, what the rounding of its fees carries, and the whole grid of a market."""

from typing import Final

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_LEGS: Final = """
    CREATE TABLE legs (
        order_no INTEGER NOT NULL,
        leg INTEGER NOT NULL,
        market_no INTEGER NOT NULL,
        qty_1e8 INTEGER NOT NULL,
        filled_1e8 INTEGER NOT NULL,
        bound_1e9 INTEGER NOT NULL,
        cap_1e9 INTEGER NOT NULL,
        margin_at_1e9 INTEGER NOT NULL,
        reserved TEXT,
        reducing_1e8 INTEGER NOT NULL,
        state TEXT NOT NULL,
        status TEXT NOT NULL,
        at_venue TEXT NOT NULL,
        cancelling TEXT,
        reference_1e9 INTEGER NOT NULL,
        "deferred" INTEGER NOT NULL,
        exact_1e17 TEXT NOT NULL,
        booked TEXT NOT NULL,
        due TEXT NOT NULL,
        due_rest TEXT NOT NULL,
        paid TEXT NOT NULL,
        accumulator TEXT NOT NULL,
        transit TEXT NOT NULL,
        reshape TEXT,
        carried TEXT NOT NULL,
        reject TEXT,
        message TEXT,
        done TEXT,
        row_digest INTEGER DEFAULT 0 NOT NULL,
        PRIMARY KEY (order_no, leg),
        CONSTRAINT leg_within_quantity CHECK (filled_1e8 BETWEEN 0 AND qty_1e8)
    )
     STRICT
    """
_MARKETS: Final = """
    CREATE TABLE markets (
        market_no INTEGER NOT NULL,
        venue TEXT NOT NULL,
        symbol TEXT NOT NULL,
        tick_1e9 INTEGER,
        lot_1e8 INTEGER NOT NULL,
        mark_1e9 INTEGER,
        mark_ns INTEGER,
        grid TEXT,
        row_digest INTEGER DEFAULT 0 NOT NULL,
        PRIMARY KEY (market_no)
    )
     STRICT
    """
_ADDED: Final = {"legs": {"carried": "'0'"}, "markets": {}}
"""Values of new columns that cannot be empty, by table."""


def upgrade() -> None:
    """Makes the tables anew, since their digest stands last; rows keep their numbers."""
    for table, created in (("legs", _LEGS), ("markets", _MARKETS)):
        connection = op.get_bind()
        rows = connection.exec_driver_sql(f"PRAGMA table_info({table})").all()
        kept = [f'"{row[1]}"' for row in rows]
        added = dict(_ADDED[table])
        names = ", ".join(["rowid", *kept, *added])
        values = ", ".join(["rowid", *kept, *added.values()])
        op.execute(f"ALTER TABLE {table} RENAME TO old_{table}")
        op.execute(created)
        op.execute(f"INSERT INTO {table} ({names}) SELECT {values} FROM old_{table}")  # noqa: S608 - names of ours
        op.execute(f"DROP TABLE old_{table}")


def downgrade() -> None:
    """A database is never brought to an older schema."""
    raise NotImplementedError("a database is never brought to an older schema")
