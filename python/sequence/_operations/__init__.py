"""Every endpoint, once: the client, the server, the in-process transport and OpenAPI read it."""

from typing import Any

from sequence import types as t
from sequence._operations.operation import Operation

HEALTH_LIVE = Operation(
    "health_live",
    "GET",
    "/v1/health/live",
    t.Live,
    auth="none",
    summary="Liveness: any 2xx is up",
)
HEALTH = Operation("health", "GET", "/v1/health", t.Health, summary="Health report")

SANDBOX_POSITIONS = Operation(
    "sandbox_positions",
    "POST",
    "/v1/sandbox/positions",
    t.SandboxWritten,
    t.SandboxPositionsRequest,
    auth="test",
    writes=True,
    summary="Set paper positions",
)
SANDBOX_RESET = Operation(
    "sandbox_reset",
    "POST",
    "/v1/sandbox/reset",
    t.SandboxReset,
    t.EmptyRequest,
    auth="test",
    writes=True,
    summary="Wipe the sandbox and seed it again",
)
SANDBOX_SETTINGS = Operation(
    "sandbox_settings",
    "GET",
    "/v1/sandbox/settings",
    t.SandboxSettings,
    auth="test",
    summary="Default balance of a reset",
)
SANDBOX_SETTINGS_PUT = Operation(
    "sandbox_settings_put",
    "PUT",
    "/v1/sandbox/settings",
    t.SandboxSettings,
    t.SandboxSettingsRequest,
    auth="test",
    writes=True,
    summary="Set the default balance of the next reset",
)

SANDBOX_SETTLE = Operation(
    "sandbox_settle",
    "POST",
    "/v1/sandbox/settle",
    t.SandboxSettled,
    t.SandboxSettleRequest,
    auth="test",
    writes=True,
    summary="End an event market for every account",
)
SANDBOX_MARKET_EVENTS = Operation(
    "sandbox_market_events",
    "POST",
    "/v1/sandbox/market/events",
    t.MarketEventsApplied,
    t.MarketEventsRequest,
    auth="test",
    writes=True,
    summary="Feed order books and trades by hand",
    repeatable=False,
)
SANDBOX_CLOCK = Operation(
    "sandbox_clock",
    "GET",
    "/v1/sandbox/clock",
    t.SandboxClock,
    auth="test",
    summary="The clock of the sandbox",
)
SANDBOX_CLOCK_PUT = Operation(
    "sandbox_clock_put",
    "PUT",
    "/v1/sandbox/clock",
    t.SandboxClock,
    t.ClockSetRequest,
    auth="test",
    writes=True,
    summary="Move a manual clock to a time",
)
SANDBOX_CLOCK_ADVANCE = Operation(
    "sandbox_clock_advance",
    "POST",
    "/v1/sandbox/clock/advance",
    t.SandboxClock,
    t.ClockAdvanceRequest,
    auth="test",
    writes=True,
    summary="Let time pass on a manual clock",
    repeatable=False,
)
SANDBOX_FAULTS = Operation(
    "sandbox_faults",
    "GET",
    "/v1/sandbox/faults",
    t.Faults,
    auth="test",
    summary="Faults in force",
)
SANDBOX_FAULTS_ADD = Operation(
    "sandbox_faults_add",
    "POST",
    "/v1/sandbox/faults",
    t.Fault,
    t.FaultRequest,
    auth="test",
    writes=True,
    summary="Make something go wrong",
    repeatable=False,
)
SANDBOX_FAULTS_DELETE = Operation(
    "sandbox_faults_delete",
    "DELETE",
    "/v1/sandbox/faults/{id}",
    t.Fault,
    auth="test",
    writes=True,
    summary="End a fault",
)
SANDBOX_EVENTS = Operation(
    "sandbox_events",
    "GET",
    "/v1/sandbox/events",
    t.SandboxEvents,
    query=t.SandboxEventsQuery,
    auth="test",
    summary="What happened to the account",
)
SANDBOX_REQUESTS = Operation(
    "sandbox_requests",
    "GET",
    "/v1/sandbox/requests",
    t.RequestRecords,
    query=t.RequestRecordsQuery,
    auth="test",
    summary="Requests that this server answered",
)
SANDBOX_SNAPSHOT = Operation(
    "sandbox_snapshot",
    "POST",
    "/v1/sandbox/snapshot",
    t.SandboxSnapshot,
    t.EmptyRequest,
    auth="test",
    writes=True,
    summary="Keep a copy of the state to return to",
)
SANDBOX_RESTORE = Operation(
    "sandbox_restore",
    "POST",
    "/v1/sandbox/restore",
    t.SandboxSnapshot,
    t.RestoreRequest,
    auth="test",
    writes=True,
    summary="Return to a copy, in a new epoch",
)

POSITIONS = Operation(
    "positions",
    "GET",
    "/v1/positions",
    t.PositionsResponse,
    query=t.PositionsQuery,
    aliases=("/v1/positions/unified", "/v1/portfolio/unified"),
    summary="Positions and balances",
)
BALANCES = Operation(
    "balances",
    "GET",
    "/v1/balances",
    t.PositionsResponse,
    query=t.ModeQuery,
    deprecated=True,
    summary="Positions of kinds fiat and crypto",
)
POSITIONS_PERP = Operation(
    "positions_perp",
    "GET",
    "/v1/positions/perp",
    t.PositionsResponse,
    query=t.ModeQuery,
    deprecated=True,
    summary="Positions of kind perp",
)
PORTFOLIO_SUMMARY = Operation(
    "portfolio_summary",
    "GET",
    "/v1/portfolio/summary",
    t.PortfolioSummary,
    query=t.ModeQuery,
    deprecated=True,
    summary="Totals of the positions",
)

PORTFOLIO_SNAPSHOTS = Operation(
    "portfolio_snapshots",
    "GET",
    "/v1/portfolio/snapshots",
    t.PortfolioSnapshots,
    query=t.PortfolioSnapshotsQuery,
    summary="Value of the account over time",
)

SUBMIT_ORDER = Operation(
    "submit_order",
    "POST",
    "/v1/orders",
    t.SubmitResponse,
    t.SubmitRequest,
    writes=True,
    summary="Submit an order or an execution graph",
)
ORDERS = Operation(
    "orders", "GET", "/v1/orders", t.OrdersPage, query=t.OrdersQuery, summary="List orders"
)
ORDER = Operation("order", "GET", "/v1/orders/{node_order_id}", t.Order, summary="One order")
CANCEL_ORDER = Operation(
    "cancel_order",
    "DELETE",
    "/v1/orders/{node_order_id}",
    t.OrderCancelResponse,
    writes=True,
    summary="Cancel an order",
)
AMEND_ORDER = Operation(
    "amend_order",
    "PATCH",
    "/v1/orders/{node_order_id}",
    t.AmendResponse,
    t.AmendRequest,
    writes=True,
    summary="Amend or decrease an order",
)
PREVIEW = Operation(
    "preview",
    "POST",
    "/v1/orders/preview",
    t.PreviewResponse,
    t.PreviewRequest,
    summary="Estimate an order without sending it",
)

GRAPH = Operation("graph", "GET", "/v1/execution_graphs/{id}", t.Graph, summary="Status of a graph")
GRAPH_CANCEL = Operation(
    "graph_cancel",
    "DELETE",
    "/v1/execution_graphs/{id}",
    t.GraphCancelResponse,
    writes=True,
    summary="Cancel a graph",
)
GRAPH_RESUME = Operation(
    "graph_resume",
    "POST",
    "/v1/execution_graphs/{id}/resume",
    t.Graph,
    t.EmptyRequest,
    writes=True,
    summary="Resume a paused graph",
)
AMEND_NODE = Operation(
    "amend_node",
    "PATCH",
    "/v1/execution_graphs/{id}/nodes/{node_id}",
    t.GraphNode,
    t.NodeAmendRequest,
    writes=True,
    summary="Amend a node of a graph",
)

AMEND_EDGE = Operation(
    "amend_edge",
    "PATCH",
    "/v1/execution_graphs/{id}/edges/{edge_id}",
    t.GraphEdge,
    t.EdgeAmendRequest,
    writes=True,
    summary="Change what an edge of a graph waits for",
)
GRAPH_TCA = Operation(
    "graph_tca",
    "GET",
    "/v1/execution_graphs/{id}/tca",
    t.GraphTca,
    summary="What a graph cost against the market",
)

KILL_SWITCH = Operation(
    "kill_switch", "GET", "/v1/kill_switch", t.KillSwitch, summary="State of the kill switch"
)
KILL_SWITCH_ENGAGE = Operation(
    "kill_switch_engage",
    "POST",
    "/v1/kill_switch",
    t.KillSwitch,
    t.KillSwitchRequest,
    method_aliases=("PUT",),
    writes=True,
    summary="Stop new orders",
)
KILL_SWITCH_CLEAR = Operation(
    "kill_switch_clear",
    "POST",
    "/v1/kill_switch/clear",
    t.KillSwitch,
    t.EmptyRequest,
    auth="admin",
    writes=True,
    summary="Allow new orders again",
)
VENUE_CANCEL_ALL = Operation(
    "venue_cancel_all",
    "POST",
    "/v1/venue_cancel_all/{venue}",
    t.VenueCancelAll,
    t.EmptyRequest,
    writes=True,
    summary="Cancel every open order on a venue",
)

FILLS = Operation("fills", "GET", "/v1/fills", t.FillsPage, query=t.FillsQuery, summary="Fills")
QUOTE = Operation(
    "quote", "GET", "/v1/quotes/{symbol}", t.Quote, query=t.QuoteQuery, summary="One quote"
)
QUOTES = Operation(
    "quotes", "GET", "/v1/quotes", t.Quotes, query=t.QuotesQuery, summary="Many quotes"
)
QUOTES_BATCH = Operation(
    "quotes_batch",
    "POST",
    "/v1/quotes_batch",
    t.QuotesBatch,
    t.QuotesBatchRequest,
    summary="Quotes of a list of symbols, each with its own error",
)
SYMBOLS = Operation(
    "symbols", "GET", "/v1/symbols", t.SymbolList, query=t.SymbolsQuery, summary="Instruments"
)
PAIR_VENUES = Operation(
    "pair_venues",
    "GET",
    "/v1/pairs/{symbol}/venues",
    t.PairVenues,
    summary="Where a symbol is listed",
)
FAIR_PRICE = Operation(
    "fair_price",
    "GET",
    "/v1/fair_price",
    t.FairPrices,
    query=t.FairPriceQuery,
    summary="Consolidated reference prices",
)
PRICE_HISTORY = Operation(
    "price_history",
    "GET",
    "/v1/price_history/{symbol}",
    t.PriceHistory,
    query=t.PriceHistoryQuery,
    summary="Middle of best bid and offer over time",
)
FEES = Operation("fees", "GET", "/v1/fees", t.Fees, query=t.FeesQuery, summary="Fees per venue")
VENUES = Operation("venues", "GET", "/v1/venues", t.Venues, summary="Venues")
EDGES = Operation("edges", "GET", "/v1/edges", t.Edges, summary="Venue processes")

ACCOUNT = Operation("account", "GET", "/v1/account", t.Account, summary="The account of the key")
RISK_LIMITS = Operation("risk_limits", "GET", "/v1/risk_limits", t.RiskLimits, summary="Limits")
API_KEYS = Operation("api_keys", "GET", "/v1/api_keys", t.ApiKeys, summary="List keys")
API_KEY_CREATE = Operation(
    "api_key_create",
    "POST",
    "/v1/api_keys",
    t.NewApiKey,
    t.ApiKeyRequest,
    writes=True,
    repeatable=False,
    summary="Create a key; it is shown once",
)
API_KEY_ROTATE = Operation(
    "api_key_rotate",
    "POST",
    "/v1/api_keys/{key_id}/rotate",
    t.NewApiKey,
    t.EmptyRequest,
    writes=True,
    repeatable=False,
    summary="Replace the secret of a key",
)
API_KEY_REVOKE = Operation(
    "api_key_revoke",
    "DELETE",
    "/v1/api_keys/{key_id}",
    t.ApiKey,
    writes=True,
    summary="Revoke a key",
)
WS_TICKET = Operation(
    "ws_ticket", "GET", "/v1/ws/ticket", t.Ticket, summary="Ticket for one WebSocket"
)

PAGE_TICKET = Operation(
    "page_ticket",
    "POST",
    "/v1/page/ticket",
    t.PageTicket,
    t.EmptyRequest,
    auth="test",
    writes=True,
    repeatable=False,
    summary="Ticket that opens the page in one browser tab",
)
PAGE_SESSION = Operation(
    "page_session",
    "POST",
    "/v1/page/session",
    t.PageSession,
    t.PageSessionRequest,
    auth="none",
    writes=True,
    repeatable=False,
    summary="Token of a browser tab for a ticket",
)
PAGE_ARM = Operation(
    "page_arm",
    "POST",
    "/v1/page/arm",
    t.PageScope,
    t.PageArmRequest,
    auth="test",
    writes=True,
    summary="Let a browser tab write for a while, or stop it",
)

OPERATIONS: dict[str, Operation[Any]] = {
    found.name: found for found in tuple(globals().values()) if isinstance(found, Operation)
}
"""All operations by name, in the order of this file."""
