"""Every endpoint, once: the client, the server, the in-process transport and OpenAPI read it."""

from typing import Any

from sequence import types as t
from sequence._operations import analytics, research
from sequence._operations.operation import Operation
from sequence._operations.sandbox import SANDBOX_CLIENTS as SANDBOX_CLIENTS
from sequence._operations.sandbox import SANDBOX_CLIENTS_ADD as SANDBOX_CLIENTS_ADD
from sequence._operations.sandbox import SANDBOX_CLOCK as SANDBOX_CLOCK
from sequence._operations.sandbox import SANDBOX_CLOCK_ADVANCE as SANDBOX_CLOCK_ADVANCE
from sequence._operations.sandbox import SANDBOX_CLOCK_PUT as SANDBOX_CLOCK_PUT
from sequence._operations.sandbox import SANDBOX_EVENTS as SANDBOX_EVENTS
from sequence._operations.sandbox import SANDBOX_FAULTS as SANDBOX_FAULTS
from sequence._operations.sandbox import SANDBOX_FAULTS_ADD as SANDBOX_FAULTS_ADD
from sequence._operations.sandbox import SANDBOX_FAULTS_DELETE as SANDBOX_FAULTS_DELETE
from sequence._operations.sandbox import SANDBOX_FORK as SANDBOX_FORK
from sequence._operations.sandbox import SANDBOX_FORKS as SANDBOX_FORKS
from sequence._operations.sandbox import SANDBOX_FORKS_DELETE as SANDBOX_FORKS_DELETE
from sequence._operations.sandbox import SANDBOX_MARKET_EVENTS as SANDBOX_MARKET_EVENTS
from sequence._operations.sandbox import SANDBOX_MARKS as SANDBOX_MARKS
from sequence._operations.sandbox import SANDBOX_POSITIONS as SANDBOX_POSITIONS
from sequence._operations.sandbox import SANDBOX_REQUESTS as SANDBOX_REQUESTS
from sequence._operations.sandbox import SANDBOX_RESET as SANDBOX_RESET
from sequence._operations.sandbox import SANDBOX_RESTORE as SANDBOX_RESTORE
from sequence._operations.sandbox import SANDBOX_RUN as SANDBOX_RUN
from sequence._operations.sandbox import SANDBOX_SETTINGS as SANDBOX_SETTINGS
from sequence._operations.sandbox import SANDBOX_SETTINGS_PUT as SANDBOX_SETTINGS_PUT
from sequence._operations.sandbox import SANDBOX_SETTLE as SANDBOX_SETTLE
from sequence._operations.sandbox import SANDBOX_SNAPSHOT as SANDBOX_SNAPSHOT
from sequence._operations.sandbox import SANDBOX_SNAPSHOT_FILE as SANDBOX_SNAPSHOT_FILE
from sequence._operations.sandbox import SANDBOX_SNAPSHOT_LOAD as SANDBOX_SNAPSHOT_LOAD
from sequence._operations.sandbox import SANDBOX_SNAPSHOTS as SANDBOX_SNAPSHOTS

HEALTH_LIVE = Operation(
    "health_live",
    "GET",
    "/v1/health/live",
    lambda: t.Live,
    auth="none",
    summary="Liveness: any 2xx is up",
)
HEALTH = Operation("health", "GET", "/v1/health", lambda: t.Health, summary="Health report")

POSITIONS = Operation(
    "positions",
    "GET",
    "/v1/positions",
    lambda: t.PositionsResponse,
    load_query=lambda: t.PositionsQuery,
    aliases=("/v1/positions/unified", "/v1/portfolio/unified"),
    summary="Positions and balances",
)
BALANCES = Operation(
    "balances",
    "GET",
    "/v1/balances",
    lambda: t.PositionsResponse,
    load_query=lambda: t.ModeQuery,
    deprecated=True,
    summary="Positions of kinds fiat and crypto",
)
POSITIONS_PERP = Operation(
    "positions_perp",
    "GET",
    "/v1/positions/perp",
    lambda: t.PositionsResponse,
    load_query=lambda: t.ModeQuery,
    deprecated=True,
    summary="Positions of kind perp",
)
PORTFOLIO_SUMMARY = Operation(
    "portfolio_summary",
    "GET",
    "/v1/portfolio/summary",
    lambda: t.PortfolioSummary,
    load_query=lambda: t.ModeQuery,
    deprecated=True,
    summary="Totals of the positions",
)

PORTFOLIO_SNAPSHOTS = Operation(
    "portfolio_snapshots",
    "GET",
    "/v1/portfolio/snapshots",
    lambda: t.PortfolioSnapshots,
    load_query=lambda: t.PortfolioSnapshotsQuery,
    summary="Value of the account over time",
)

SUBMIT_ORDER = Operation(
    "submit_order",
    "POST",
    "/v1/orders",
    lambda: t.SubmitResponse,
    lambda: t.SubmitRequest,
    writes=True,
    summary="Submit an order or an execution graph",
)
ORDERS = Operation(
    "orders",
    "GET",
    "/v1/orders",
    lambda: t.OrdersPage,
    load_query=lambda: t.OrdersQuery,
    summary="List orders",
)
ORDER = Operation(
    "order", "GET", "/v1/orders/{node_order_id}", lambda: t.Order, summary="One order"
)
CANCEL_ORDER = Operation(
    "cancel_order",
    "DELETE",
    "/v1/orders/{node_order_id}",
    lambda: t.OrderCancelResponse,
    writes=True,
    summary="Cancel an order",
)
AMEND_ORDER = Operation(
    "amend_order",
    "PATCH",
    "/v1/orders/{node_order_id}",
    lambda: t.AmendResponse,
    lambda: t.AmendRequest,
    writes=True,
    summary="Amend or decrease an order",
)
PREVIEW = Operation(
    "preview",
    "POST",
    "/v1/orders/preview",
    lambda: t.PreviewResponse,
    lambda: t.PreviewRequest,
    summary="Estimate an order without sending it",
)

GRAPH = Operation(
    "graph", "GET", "/v1/execution_graphs/{id}", lambda: t.Graph, summary="Status of a graph"
)
GRAPHS = Operation(
    "graphs",
    "GET",
    "/v1/execution_graphs",
    lambda: t.GraphsPage,
    load_query=lambda: t.GraphsQuery,
    summary="List graphs",
)
GRAPH_CANCEL = Operation(
    "graph_cancel",
    "DELETE",
    "/v1/execution_graphs/{id}",
    lambda: t.GraphCancelResponse,
    writes=True,
    summary="Cancel a graph",
)
GRAPH_RESUME = Operation(
    "graph_resume",
    "POST",
    "/v1/execution_graphs/{id}/resume",
    lambda: t.Graph,
    lambda: t.EmptyRequest,
    writes=True,
    summary="Resume a paused graph",
)
AMEND_NODE = Operation(
    "amend_node",
    "PATCH",
    "/v1/execution_graphs/{id}/nodes/{node_id}",
    lambda: t.GraphNode,
    lambda: t.NodeAmendRequest,
    writes=True,
    summary="Amend a node of a graph",
)

AMEND_EDGE = Operation(
    "amend_edge",
    "PATCH",
    "/v1/execution_graphs/{id}/edges/{edge_id}",
    lambda: t.GraphEdge,
    lambda: t.EdgeAmendRequest,
    writes=True,
    summary="Change what an edge of a graph waits for",
)
GRAPH_TCA = Operation(
    "graph_tca",
    "GET",
    "/v1/execution_graphs/{id}/tca",
    lambda: t.GraphTca,
    summary="What a graph cost against the market",
)

KILL_SWITCH = Operation(
    "kill_switch",
    "GET",
    "/v1/kill_switch",
    lambda: t.KillSwitch,
    load_query=lambda: t.KillSwitchQuery,
    summary="State of the kill switch",
)
KILL_SWITCH_ENGAGE = Operation(
    "kill_switch_engage",
    "POST",
    "/v1/kill_switch",
    lambda: t.KillSwitch,
    lambda: t.KillSwitchRequest,
    method_aliases=("PUT",),
    writes=True,
    summary="Stop new orders",
)
KILL_SWITCH_CLEAR = Operation(
    "kill_switch_clear",
    "POST",
    "/v1/kill_switch/clear",
    lambda: t.KillSwitch,
    lambda: t.KillSwitchClearRequest,
    auth="admin",
    needs="`kill_switch_clear(account=...)` of an admin clears it for another account",
    writes=True,
    summary="Allow new orders again",
)
VENUE_CANCEL_ALL = Operation(
    "venue_cancel_all",
    "POST",
    "/v1/venue_cancel_all/{venue}",
    lambda: t.VenueCancelAll,
    lambda: t.EmptyRequest,
    writes=True,
    summary="Cancel every open order on a venue",
)

FILLS = Operation(
    "fills",
    "GET",
    "/v1/fills",
    lambda: t.FillsPage,
    load_query=lambda: t.FillsQuery,
    summary="Fills",
)
QUOTE = Operation(
    "quote",
    "GET",
    "/v1/quotes/{symbol}",
    lambda: t.Quote,
    load_query=lambda: t.QuoteQuery,
    summary="One quote",
)
QUOTES = Operation(
    "quotes",
    "GET",
    "/v1/quotes",
    lambda: t.Quotes,
    load_query=lambda: t.QuotesQuery,
    summary="Many quotes",
)
QUOTES_BATCH = Operation(
    "quotes_batch",
    "POST",
    "/v1/quotes_batch",
    lambda: t.QuotesBatch,
    lambda: t.QuotesBatchRequest,
    summary="Quotes of a list of symbols, each with its own error",
)
SYMBOLS = Operation(
    "symbols",
    "GET",
    "/v1/symbols",
    lambda: t.SymbolList,
    load_query=lambda: t.SymbolsQuery,
    summary="Instruments",
)
PAIR_VENUES = Operation(
    "pair_venues",
    "GET",
    "/v1/pairs/{symbol}/venues",
    lambda: t.PairVenues,
    summary="Where a symbol is listed",
)
FAIR_PRICE = Operation(
    "fair_price",
    "GET",
    "/v1/fair_price",
    lambda: t.FairPrices,
    load_query=lambda: t.FairPriceQuery,
    summary="Consolidated reference prices",
)
PRICE_HISTORY = Operation(
    "price_history",
    "GET",
    "/v1/price_history/{symbol}",
    lambda: t.PriceHistory,
    load_query=lambda: t.PriceHistoryQuery,
    summary="Middle of best bid and offer over time",
)
FEES = Operation(
    "fees",
    "GET",
    "/v1/fees",
    lambda: t.Fees,
    load_query=lambda: t.FeesQuery,
    summary="Fees per venue",
)
VENUES = Operation("venues", "GET", "/v1/venues", lambda: t.Venues, summary="Venues")
EDGES = Operation("edges", "GET", "/v1/edges", lambda: t.Edges, summary="Venue processes")

ACCOUNT = Operation(
    "account", "GET", "/v1/account", lambda: t.Account, summary="The account of the key"
)
ACCOUNT_SUMMARY = Operation(
    "account_summary",
    "GET",
    "/v1/account/summary",
    lambda: t.AccountSummary,
    load_query=lambda: t.ModeQuery,
    summary="Counts, locked margin and extremes of the account",
)
RISK_LIMITS = Operation(
    "risk_limits", "GET", "/v1/risk_limits", lambda: t.RiskLimits, summary="Limits"
)
API_KEYS = Operation("api_keys", "GET", "/v1/api_keys", lambda: t.ApiKeys, summary="List keys")
API_KEY_CREATE = Operation(
    "api_key_create",
    "POST",
    "/v1/api_keys",
    lambda: t.NewApiKey,
    lambda: t.ApiKeyRequest,
    writes=True,
    repeatable=False,
    summary="Create a key; it is shown once",
)
API_KEY_ROTATE = Operation(
    "api_key_rotate",
    "POST",
    "/v1/api_keys/{key_id}/rotate",
    lambda: t.NewApiKey,
    lambda: t.EmptyRequest,
    writes=True,
    repeatable=False,
    summary="Replace the secret of a key",
)
API_KEY_REVOKE = Operation(
    "api_key_revoke",
    "DELETE",
    "/v1/api_keys/{key_id}",
    lambda: t.ApiKey,
    writes=True,
    summary="Revoke a key",
)
WS_TICKET = Operation(
    "ws_ticket", "GET", "/v1/ws/ticket", lambda: t.Ticket, summary="Ticket for one WebSocket"
)

PAGE_TICKET = Operation(
    "page_ticket",
    "POST",
    "/v1/page/ticket",
    lambda: t.PageTicket,
    lambda: t.EmptyRequest,
    auth="test",
    writes=True,
    repeatable=False,
    summary="Ticket that opens the page in one browser tab",
)
PAGE_SESSION = Operation(
    "page_session",
    "POST",
    "/v1/page/session",
    lambda: t.PageSession,
    lambda: t.PageSessionRequest,
    auth="none",
    writes=True,
    repeatable=False,
    summary="Token of a browser tab for a ticket",
)
PAGE_ARM = Operation(
    "page_arm",
    "POST",
    "/v1/page/arm",
    lambda: t.PageScope,
    lambda: t.PageArmRequest,
    auth="test",
    writes=True,
    summary="Let a browser tab write for a while, or stop it",
)

_TABLES = (globals(), vars(research), vars(analytics))

OPERATIONS: dict[str, Operation[Any]] = {
    found.name: found
    for table in _TABLES
    for found in tuple(table.values())
    if isinstance(found, Operation)
}
"""All operations by name: those of the sandbox, then the others in the order of this file."""
