"""The page in a browser: a ticket for a key, a token for a ticket, and leave to write."""

from sequence.sandbox.call import Call
from sequence.sandbox.refuse import refused
from sequence.sandbox.tabs import TAB_LIFE_S, TICKET_LIFE_S
from sequence.types import PageArmRequest, PageScope, PageSession, PageSessionRequest, PageTicket


def ticket(call: Call[None, None]) -> PageTicket:
    """``POST /v1/page/ticket``."""
    raw = call.runtime.tabs.issue(call.principal)
    return PageTicket.trusted(
        {
            "ticket": raw,
            "url": f"{call.runtime.page_url}/#ticket={raw}",
            "expires_at_ns": call.now_ns + TICKET_LIFE_S * 10**9,
        }
    )


def session(call: Call[None, PageSessionRequest]) -> PageSession:
    """``POST /v1/page/session``: whoever has the ticket is let in, once."""
    raw = call.runtime.tabs.enter(call.body.ticket)
    if raw is None:
        text = "the ticket was used or is too old: `sequence page` opens the page with a new one"
        raise refused("UNAUTHORIZED", text)
    return PageSession.trusted({"session": raw, "scope": "read", "expires_in_s": TAB_LIFE_S})


def arm(call: Call[None, PageArmRequest]) -> PageScope:
    """``POST /v1/page/arm``: of a tab; a key may always write."""
    tab = call.principal.tab
    if tab is None:
        raise refused("FORBIDDEN", "only a tab of the page is armed; a key needs no arming")
    left_s = call.runtime.tabs.arm(tab, armed=call.body.armed)
    return PageScope.trusted({"scope": "trade" if left_s else "read", "expires_in_s": left_s})
