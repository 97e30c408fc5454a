"""What accounts were worth over time: a restart goes on with the curve that was there."""

from typing import Final

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_EQUITY: Final = """
    CREATE TABLE equity (
        account_no INTEGER NOT NULL,
        slot INTEGER NOT NULL,
        ts_ns INTEGER NOT NULL,
        epoch INTEGER NOT NULL,
        nav_usd_1e9 TEXT,
        cash_usd_1e9 TEXT,
        realized_usd_1e9 TEXT,
        unrealized_usd_1e9 TEXT,
        fees_usd_1e9 TEXT,
        locked_cash_usd_1e9 TEXT,
        peak_usd_1e9 TEXT,
        drawdown_usd_1e9 TEXT,
        row_digest INTEGER DEFAULT 0 NOT NULL,
        PRIMARY KEY (account_no, slot)
    )
     STRICT
    """


def upgrade() -> None:
    """Nothing of before was kept."""
    op.execute(_EQUITY)


def downgrade() -> None:
    """A database is never brought to an older schema."""
    raise NotImplementedError("a database is never brought to an older schema")
