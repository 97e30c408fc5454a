"""What each operation does, free of HTTP: plain functions from a typed request to a typed answer.

A handler takes one call and returns the answer, or raises what a client would see. The HTTP server
and the in-process transport call the same functions, with the runtime locked and at the present.
"""

from typing import Final

from sequence.sandbox.call import Handler
from sequence.sandbox.cold import of_batch, of_fees, of_order, of_path, of_quotes, warmed
from sequence.sandbox.handlers import (
    account,
    fill,
    graph,
    health,
    history,
    key,
    kill_switch,
    order,
    page,
    position,
    quote,
    sandbox,
    symbol,
    testing,
)
from sequence.sandbox.handlers.order import Replay

HANDLERS: Final[dict[str, Handler]] = {
    "health_live": health.live,
    "health": health.health,
    "sandbox_positions": sandbox.positions,
    "sandbox_reset": sandbox.reset,
    "sandbox_settings": sandbox.settings,
    "sandbox_settings_put": sandbox.put_settings,
    "sandbox_settle": sandbox.settle,
    "sandbox_market_events": testing.market_events,
    "sandbox_clock": testing.clock,
    "sandbox_clock_put": testing.set_clock,
    "sandbox_clock_advance": testing.advance_clock,
    "sandbox_faults": testing.faults,
    "sandbox_faults_add": testing.add_fault,
    "sandbox_faults_delete": testing.delete_fault,
    "sandbox_events": testing.events,
    "sandbox_requests": history.requests,
    "sandbox_marks": history.marks,
    "sandbox_run": history.run,
    "sandbox_snapshot": testing.snapshot,
    "sandbox_restore": testing.restore,
    "positions": position.positions,
    "balances": position.balances,
    "positions_perp": position.perp,
    "portfolio_summary": position.summary,
    "portfolio_snapshots": history.portfolio,
    "submit_order": warmed(order.submit, of_order, writes=True),
    "orders": order.orders,
    "order": order.order,
    "cancel_order": order.cancel,
    "amend_order": order.amend,
    "venue_cancel_all": order.cancel_venue,
    "preview": warmed(order.preview, of_order),
    "graph": graph.read,
    "graph_cancel": graph.cancel,
    "graph_resume": graph.resume,
    "amend_node": graph.amend_node,
    "amend_edge": graph.amend_edge,
    "kill_switch": kill_switch.read,
    "kill_switch_engage": kill_switch.engage,
    "kill_switch_clear": kill_switch.clear,
    "fills": fill.fills,
    "quote": warmed(quote.quote, of_path),
    "quotes": warmed(quote.quotes, of_quotes),
    "quotes_batch": warmed(quote.batch, of_batch),
    "symbols": symbol.symbols,
    "pair_venues": warmed(symbol.pair_venues, of_path),
    "fair_price": symbol.fair_price,
    "price_history": history.prices,
    "fees": warmed(symbol.fees, of_fees),
    "venues": health.venues,
    "edges": health.edges,
    "account": account.account,
    "risk_limits": account.risk_limits,
    "api_keys": key.listed,
    "api_key_create": key.create,
    "api_key_rotate": key.rotate,
    "api_key_revoke": key.revoke,
    "ws_ticket": key.ticket,
    "page_ticket": page.ticket,
    "page_session": page.session,
    "page_arm": page.arm,
}
"""Handlers by the name of their operation; an operation without one is not built yet."""

VERBS: Final[dict[str, str]] = {
    "amend_order": "amend",
    "venue_cancel_all": "cancel_all_on_venue",
}
"""Verbs of operations that users know under another name than the operation's."""

__all__ = ["HANDLERS", "VERBS", "Replay"]
