"""Every table of the first version."""

from typing import Final

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_STEPS: Final = (
    """
    CREATE TABLE accounts (
        account_no INTEGER NOT NULL,
        client_id TEXT NOT NULL,
        epoch INTEGER NOT NULL,
        ended_hash INTEGER NOT NULL,
        loss_day INTEGER NOT NULL,
        loss_start_usd_1e9 TEXT NOT NULL,
        loss_breached INTEGER NOT NULL,
        PRIMARY KEY (account_no),
        UNIQUE (client_id)
    )
     STRICT
    """,
    """
    CREATE TABLE api_keys (
        key_id TEXT NOT NULL,
        client_id TEXT NOT NULL,
        label TEXT NOT NULL,
        mode TEXT NOT NULL,
        is_admin INTEGER NOT NULL,
        digest TEXT NOT NULL,
        prefix TEXT NOT NULL,
        created_ns INTEGER NOT NULL,
        rotated_ns INTEGER,
        revoked_ns INTEGER,
        PRIMARY KEY (key_id),
        UNIQUE (digest)
    )
     STRICT
    """,
    """
    CREATE TABLE assets (
        asset_no INTEGER NOT NULL,
        kind TEXT NOT NULL,
        code TEXT NOT NULL,
        PRIMARY KEY (asset_no),
        UNIQUE (kind, code)
    )
     STRICT
    """,
    """
    CREATE TABLE balances (
        account_no INTEGER NOT NULL,
        venue TEXT NOT NULL,
        asset_no INTEGER NOT NULL,
        available TEXT NOT NULL,
        reserved TEXT NOT NULL,
        PRIMARY KEY (account_no, venue, asset_no),
        CONSTRAINT available_not_negative CHECK (available NOT LIKE '-%'),
        CONSTRAINT reserved_not_negative CHECK (reserved NOT LIKE '-%')
    )
     STRICT
    """,
    """
    CREATE TABLE clients (
        client_id TEXT NOT NULL,
        label TEXT NOT NULL,
        tier TEXT NOT NULL,
        rate_limit_qps INTEGER,
        created_ns INTEGER NOT NULL,
        PRIMARY KEY (client_id)
    )
     STRICT
    """,
    """
    CREATE TABLE contra (
        asset_no INTEGER NOT NULL,
        external TEXT NOT NULL,
        venue TEXT NOT NULL,
        fees TEXT NOT NULL,
        rounding TEXT NOT NULL,
        insurance TEXT NOT NULL,
        PRIMARY KEY (asset_no)
    )
     STRICT
    """,
    """
    CREATE TABLE engine (
        id INTEGER NOT NULL,
        now_ns INTEGER NOT NULL,
        last_seq INTEGER NOT NULL,
        event_hash INTEGER NOT NULL,
        ulid_ms INTEGER NOT NULL,
        ulid_count INTEGER NOT NULL,
        next_order INTEGER NOT NULL,
        next_graph INTEGER NOT NULL,
        next_fill INTEGER NOT NULL,
        next_position INTEGER NOT NULL,
        PRIMARY KEY (id),
        CONSTRAINT one_row CHECK (id = 1)
    )
     STRICT
    """,
    """
    CREATE TABLE events (
        seq INTEGER NOT NULL,
        account_no INTEGER NOT NULL,
        ts_ns INTEGER NOT NULL,
        kind TEXT NOT NULL,
        word_0 INTEGER NOT NULL,
        word_1 INTEGER NOT NULL,
        word_2 INTEGER NOT NULL,
        word_3 INTEGER NOT NULL,
        word_4 INTEGER NOT NULL,
        account_seq INTEGER NOT NULL,
        chain TEXT NOT NULL,
        PRIMARY KEY (seq),
        UNIQUE (account_no, account_seq)
    )
     STRICT
    """,
    """
    CREATE TABLE fills (
        fill_no INTEGER NOT NULL,
        fill_id TEXT NOT NULL,
        account_no INTEGER NOT NULL,
        epoch INTEGER NOT NULL,
        order_no INTEGER NOT NULL,
        graph_no INTEGER NOT NULL,
        market_no INTEGER NOT NULL,
        symbol TEXT NOT NULL,
        venue TEXT NOT NULL,
        price_1e9 INTEGER NOT NULL,
        qty_1e8 INTEGER NOT NULL,
        notional_usd_1e9 TEXT NOT NULL,
        fee TEXT NOT NULL,
        fee_asset_no INTEGER NOT NULL,
        fee_usd_1e9 TEXT NOT NULL,
        trade_fee TEXT,
        rounding_fee TEXT,
        rebate TEXT,
        is_maker INTEGER NOT NULL,
        cause TEXT NOT NULL,
        queue_ahead_1e8 INTEGER NOT NULL,
        realized_usd_1e9 TEXT NOT NULL,
        event_seq INTEGER NOT NULL,
        ts_ns INTEGER NOT NULL,
        charge TEXT NOT NULL,
        evidence TEXT NOT NULL,
        PRIMARY KEY (fill_no),
        UNIQUE (order_no, fill_id),
        CONSTRAINT fill_of_something CHECK (qty_1e8 > 0)
    )
     STRICT
    """,
    """
    CREATE INDEX fills_of_account ON fills (account_no, epoch)
    """,
    """
    CREATE TABLE funding_rates (
        market_no INTEGER NOT NULL,
        rate_1e9 INTEGER NOT NULL,
        PRIMARY KEY (market_no)
    )
     STRICT
    """,
    """
    CREATE TABLE graphs (
        graph_no INTEGER NOT NULL,
        account_no INTEGER NOT NULL,
        epoch INTEGER NOT NULL,
        graph_id TEXT NOT NULL,
        order_no INTEGER NOT NULL,
        fingerprint TEXT NOT NULL,
        metadata TEXT NOT NULL,
        first_answer TEXT,
        risk TEXT NOT NULL,
        sent_by TEXT NOT NULL,
        PRIMARY KEY (graph_no),
        UNIQUE (account_no, epoch, graph_id)
    )
     STRICT
    """,
    """
    CREATE TABLE kill_switches (
        account_no INTEGER NOT NULL,
        mode TEXT NOT NULL,
        engaged INTEGER NOT NULL,
        reason TEXT,
        engaged_ns INTEGER,
        engaged_by TEXT,
        cleared_ns INTEGER,
        PRIMARY KEY (account_no, mode)
    )
     STRICT
    """,
    """
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
        PRIMARY KEY (order_no, leg),
        CONSTRAINT leg_within_quantity CHECK (filled_1e8 BETWEEN 0 AND qty_1e8)
    )
     STRICT
    """,
    """
    CREATE TABLE lines (
        account_no INTEGER NOT NULL,
        venue TEXT NOT NULL,
        entry_z INTEGER NOT NULL,
        entry_at INTEGER NOT NULL,
        cancel_z INTEGER NOT NULL,
        cancel_at INTEGER NOT NULL,
        response_z INTEGER NOT NULL,
        response_at INTEGER NOT NULL,
        feed_z INTEGER NOT NULL,
        feed_at INTEGER NOT NULL,
        last_arrival_ns INTEGER NOT NULL,
        last_match_ns INTEGER NOT NULL,
        last_answer_ns INTEGER NOT NULL,
        PRIMARY KEY (account_no, venue)
    )
     STRICT
    """,
    """
    CREATE TABLE markets (
        market_no INTEGER NOT NULL,
        venue TEXT NOT NULL,
        symbol TEXT NOT NULL,
        tick_1e9 INTEGER,
        lot_1e8 INTEGER NOT NULL,
        mark_1e9 INTEGER,
        mark_ns INTEGER,
        PRIMARY KEY (market_no)
    )
     STRICT
    """,
    """
    CREATE TABLE meta (
        name TEXT NOT NULL,
        value TEXT NOT NULL,
        PRIMARY KEY (name)
    )
     STRICT
    """,
    """
    CREATE TABLE orders (
        order_no INTEGER NOT NULL,
        account_no INTEGER NOT NULL,
        epoch INTEGER NOT NULL,
        graph_no INTEGER NOT NULL,
        node_id TEXT NOT NULL,
        seq INTEGER NOT NULL,
        symbol TEXT NOT NULL,
        kind TEXT NOT NULL,
        side TEXT NOT NULL,
        venue TEXT,
        pinned TEXT,
        tif TEXT NOT NULL,
        policy TEXT NOT NULL,
        urgency TEXT NOT NULL,
        max_slippage_bps INTEGER,
        horizon_ms INTEGER,
        reduce_only INTEGER NOT NULL,
        asked_usd_1e9 TEXT,
        is_market INTEGER NOT NULL,
        created_ns INTEGER NOT NULL,
        created_seq INTEGER NOT NULL,
        qty_1e8 INTEGER NOT NULL,
        limit_1e9 INTEGER,
        filled_1e8 INTEGER NOT NULL,
        exact_1e17 TEXT NOT NULL,
        notional_usd_1e9 TEXT NOT NULL,
        fees_usd_1e9 TEXT NOT NULL,
        status TEXT NOT NULL,
        reject TEXT,
        message TEXT,
        done TEXT,
        version INTEGER NOT NULL,
        event_seq INTEGER NOT NULL,
        updated_ns INTEGER NOT NULL,
        expires_ns INTEGER,
        amending TEXT,
        PRIMARY KEY (order_no),
        CONSTRAINT filled_within_quantity CHECK (filled_1e8 BETWEEN 0 AND qty_1e8),
        CONSTRAINT filled_means_filled CHECK ((filled_1e8 = qty_1e8) = (status = 'FILLED'))
    )
     STRICT
    """,
    """
    CREATE INDEX orders_of_account ON orders (account_no, epoch)
    """,
    """
    CREATE INDEX orders_open ON orders (status) WHERE status IN ('NEW', 'ACCEPTED', 'PARTIAL')
    """,
    """
    CREATE TABLE positions_v2 (
        position_id INTEGER NOT NULL,
        account_no INTEGER NOT NULL,
        venue TEXT NOT NULL,
        asset_no INTEGER NOT NULL,
        is_sandbox INTEGER NOT NULL,
        margin TEXT,
        margin_asset_no INTEGER,
        perp_qty_1e8 INTEGER,
        perp_traded INTEGER,
        updated_ns INTEGER NOT NULL,
        cost_1e17 TEXT NOT NULL,
        cost_qty_1e8 INTEGER NOT NULL,
        realized_1e17 TEXT NOT NULL,
        fees_usd_1e9 TEXT NOT NULL,
        lifecycle TEXT NOT NULL,
        closed_ns INTEGER,
        resolved_ns INTEGER,
        redeemed_ns INTEGER,
        payout_usd_1e9 TEXT,
        settled_mark_1e9 INTEGER,
        PRIMARY KEY (position_id),
        UNIQUE (account_no, venue, asset_no),
        CONSTRAINT is_sandbox_flag CHECK (is_sandbox IN (0, 1)),
        CONSTRAINT cost_of_something CHECK (cost_qty_1e8 <> 0)
    )
     STRICT
    """,
    """
    CREATE TABLE settings (
        client_id TEXT NOT NULL,
        name TEXT NOT NULL,
        value TEXT NOT NULL,
        PRIMARY KEY (client_id, name)
    )
     STRICT
    """,
    """
    CREATE TABLE settlements (
        venue TEXT NOT NULL,
        market TEXT NOT NULL,
        number INTEGER NOT NULL,
        value_1e9 INTEGER NOT NULL,
        positions INTEGER NOT NULL,
        payout TEXT NOT NULL,
        paid TEXT NOT NULL,
        PRIMARY KEY (venue, market)
    )
     STRICT
    """,
)


def upgrade() -> None:
    """From nothing to the first schema."""
    for step in _STEPS:
        op.execute(step)


def downgrade() -> None:
    """There is nothing before it."""
    raise NotImplementedError("a database is never brought to an older schema")
