"""Where a leg stands among those of its account: at one price, who rests longer is filled first."""

from typing import Final

from alembic import op

revision = "0008"
down_revision = "0007"
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
        place INTEGER NOT NULL,
        row_digest INTEGER DEFAULT 0 NOT NULL,
        PRIMARY KEY (order_no, leg),
        CONSTRAINT leg_within_quantity CHECK (filled_1e8 BETWEEN 0 AND qty_1e8)
    )
     STRICT
    """


def upgrade() -> None:
    """What rests by now stands in the order of its numbers, as every restart had it until here."""
    op.execute("ALTER TABLE legs RENAME TO old_legs")
    op.execute(_LEGS)
    rows = op.get_bind().exec_driver_sql("PRAGMA table_info(old_legs)").all()
    kept = ", ".join(f'"{row[1]}"' for row in rows)
    moved = f"SELECT rowid, {kept}, 0 FROM old_legs"  # noqa: S608 - names of ours
    op.execute(f"INSERT INTO legs (rowid, {kept}, place) {moved}")
    op.execute("DROP TABLE old_legs")


def downgrade() -> None:
    """A database is never brought to an older schema."""
    raise NotImplementedError("a database is never brought to an older schema")
