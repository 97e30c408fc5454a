"""The page in a browser: tickets, tabs and what they may do."""

from typing import Literal

from pydantic import Field

from sequence.types._base import Request, Wire
from sequence.types.common import Text

Scope = Literal["read", "trade"]


class PageTicket(Wire):
    """Answer of `POST /v1/page/ticket`; the ticket works once, until `expires_at_ns`.

    `url` is the page of this server with the ticket behind a `#`, which is sent to no server.
    """

    ticket: str = Field(repr=False)
    url: str = Field(repr=False)
    expires_at_ns: int


class PageSessionRequest(Request):
    """Body of `POST /v1/page/session`."""

    ticket: Text = Field(repr=False)


class PageSession(Wire):
    """Answer of `POST /v1/page/session`: the token of one tab, for `Authorization: Bearer`."""

    session: str = Field(repr=False)
    scope: Scope
    expires_in_s: int


class PageArmRequest(Request):
    """Body of `POST /v1/page/arm`."""

    armed: bool


class PageScope(Wire):
    """Answer of `POST /v1/page/arm`: what the tab may do now, and for how long it may write."""

    scope: Scope
    expires_in_s: int
