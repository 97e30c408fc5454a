"""Graphs of several orders: the graph, its nodes, its edges."""

from typing import Final

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_STEPS: Final = (
    """
    CREATE TABLE graph_runs (
        graph_no INTEGER NOT NULL,
        account_no INTEGER NOT NULL,
        epoch INTEGER NOT NULL,
        status TEXT NOT NULL,
        status_reason TEXT,
        created_ns INTEGER NOT NULL,
        updated_ns INTEGER NOT NULL,
        first_answer TEXT NOT NULL,
        state TEXT NOT NULL,
        row_digest INTEGER DEFAULT 0 NOT NULL,
        PRIMARY KEY (graph_no)
    )
     STRICT
    """,
    """
    CREATE TABLE graph_nodes (
        graph_no INTEGER NOT NULL,
        node_no INTEGER NOT NULL,
        node_id TEXT NOT NULL,
        role TEXT NOT NULL,
        parent_no INTEGER NOT NULL,
        spec TEXT NOT NULL,
        symbol TEXT NOT NULL,
        status TEXT NOT NULL,
        failure TEXT,
        activated_ns INTEGER,
        done_ns INTEGER,
        barred INTEGER NOT NULL,
        planned_1e8 INTEGER NOT NULL,
        held TEXT,
        state TEXT NOT NULL,
        row_digest INTEGER DEFAULT 0 NOT NULL,
        PRIMARY KEY (graph_no, node_no)
    )
     STRICT
    """,
    """
    CREATE TABLE graph_edges (
        graph_no INTEGER NOT NULL,
        edge_no INTEGER NOT NULL,
        edge_id TEXT NOT NULL,
        from_no INTEGER NOT NULL,
        to_no INTEGER NOT NULL,
        spec TEXT NOT NULL,
        fired INTEGER NOT NULL,
        spent INTEGER NOT NULL,
        given TEXT NOT NULL,
        residual TEXT NOT NULL,
        last_fired_ns INTEGER,
        armed_ns INTEGER,
        due_ns INTEGER,
        best_1e9 INTEGER,
        version INTEGER NOT NULL,
        row_digest INTEGER DEFAULT 0 NOT NULL,
        PRIMARY KEY (graph_no, edge_no)
    )
     STRICT
    """,
    "CREATE INDEX graph_runs_open ON graph_runs (status)"
    " WHERE status IN ('ACCEPTED', 'RUNNING', 'PAUSED')",
    "CREATE INDEX orders_of_graph ON orders (graph_no)",
)


def upgrade() -> None:
    """Tables of their own; what was stored before stays as it is."""
    for step in _STEPS:
        op.execute(step)


def downgrade() -> None:
    """A database is never brought to an older schema."""
    raise NotImplementedError("a database is never brought to an older schema")
