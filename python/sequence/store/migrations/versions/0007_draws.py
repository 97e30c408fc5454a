"""The epoch that an account's delays are drawn for: a return to a copy begins another one."""

from typing import Final

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_ACCOUNTS: Final = """
    CREATE TABLE accounts (
        account_no INTEGER NOT NULL,
        client_id TEXT NOT NULL,
        epoch INTEGER NOT NULL,
        ended_hash INTEGER NOT NULL,
        loss_day INTEGER NOT NULL,
        loss_start_usd_1e9 TEXT NOT NULL,
        loss_breached INTEGER NOT NULL,
        draws INTEGER NOT NULL,
        row_digest INTEGER DEFAULT 0 NOT NULL,
        PRIMARY KEY (account_no),
        UNIQUE (client_id)
    )
     STRICT
    """
_KEPT: Final = (
    "account_no, client_id, epoch, ended_hash, loss_day, loss_start_usd_1e9, loss_breached"
)


def upgrade() -> None:
    """Until now an epoch only ever began by a reset, which draws anew."""
    op.execute("ALTER TABLE accounts RENAME TO old_accounts")
    op.execute(_ACCOUNTS)
    moved = f"SELECT {_KEPT}, epoch, row_digest FROM old_accounts"  # noqa: S608 - names of ours
    op.execute(f"INSERT INTO accounts {moved}")
    op.execute("DROP TABLE old_accounts")


def downgrade() -> None:
    """A database is never brought to an older schema."""
    raise NotImplementedError("a database is never brought to an older schema")
