"""One method of one path: who may call it, how its input is read, what answers."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from sequence import _core
from sequence._operations import AMEND_ORDER, OPERATIONS, SUBMIT_ORDER
from sequence._operations.operation import Auth, Operation
from sequence.errors import SequenceError
from sequence.sandbox.call import Handler
from sequence.sandbox.handlers import HANDLERS, VERBS
from sequence.sandbox.keys import Principal, Tab
from sequence.sandbox.missing import MISSING
from sequence.sandbox.refuse import NOT_BUILT, invalid_body, invalid_query, missing, refused
from sequence.sandbox.stream.topic import FeedName
from sequence.server.envelope import Header
from sequence.server.limits import Limits
from sequence.server.page import page as front_page
from sequence.server.request import parse_json, read_query
from sequence.server.router import Router
from sequence.server.sockets import STREAMS
from sequence.types import Query, Request

_READ_FROM_STORE: Final = frozenset({"orders", "order", "fills", "graph"})
_BODY_METHODS: Final = frozenset({"POST", "PUT", "PATCH"})
_PAGE_POLICY: Final = (
    b"default-src 'none'; connect-src 'self'; style-src 'unsafe-inline'; "
    b"script-src 'unsafe-inline'; frame-ancestors 'none'"
)
_NEVER_BY_TAB: Final = frozenset(
    {"api_key_create", "api_key_rotate", "api_key_revoke", "page_ticket", "sandbox_fork"}
)
_DEPRECATED: Final[tuple[Header, ...]] = ((b"deprecation", b"true"),)


Plain = _core.OrderBody | _core.AmendBody
PlainBody = Callable[[bytes, int], Plain | None]
_PLAIN_BODIES: Final[Mapping[str, PlainBody]] = {
    SUBMIT_ORDER.name: _core.OrderBody.read,
    AMEND_ORDER.name: _core.AmendBody.read,
}


class RefusedError(Exception):
    """A refusal that adds headers to its answer, such as ``Retry-After``."""

    def __init__(self, error: SequenceError, *headers: Header) -> None:
        super().__init__(error.message)
        self.error = error
        self.headers = headers


@dataclass(slots=True)
class Endpoint:
    """An operation with its handler; without one it is known, but not offered."""

    auth: Auth = "key"
    handler: Handler | None = None
    operation: Operation[Any] | None = None
    verb: str = ""
    reason: str = NOT_BUILT
    venue: str | None = None
    """Of a verb that is about one venue, and not offered."""
    is_stream: bool = False
    feed: FeedName | None = None
    """Events it sends instead of one answer."""
    reads_body: bool = False
    reads_store: bool = False
    """It only reads, and may have to wait for the disk."""
    headers: tuple[Header, ...] = ()
    page: tuple[bytes, tuple[Header, ...]] | None = None
    """A fixed body with its own headers, for anybody."""
    plain_query: Query | None = field(default=None)
    """What an empty query string means, read once."""
    submits: bool = False
    """It takes new orders."""
    plain_body: PlainBody | None = None
    """Reads an ordinary body without a model; None of what is wrong or unusual."""

    def not_offered(self, path: Mapping[str, str]) -> Exception:
        """501 for what is known and not offered; 426 where a WebSocket is meant."""
        if self.is_stream:
            error = refused("UPGRADE_REQUIRED", "this path is a WebSocket")
            return RefusedError(error, (b"upgrade", b"websocket"), (b"connection", b"upgrade"))
        return missing(self.verb, self.reason, path.get("venue", self.venue))

    def check_permission(self, principal: Principal) -> None:
        """403 where the key may not do this."""
        if self.auth == "test" and not principal.is_sandbox:
            raise refused("FORBIDDEN", "this path needs a seq_test_ key")
        if self.auth == "admin" and not principal.is_admin:
            operation = self.operation
            told = "this path needs an admin key" if operation is None else operation.needs_admin
            raise refused("FORBIDDEN", told)
        if principal.tab is not None and self.operation is not None and self.operation.writes:
            check_tab(principal.tab, self.operation.name)

    def read_body(self, raw: bytes, sizes: Limits) -> Request | Plain | None:
        """What a body asks for; an ordinary order or change is read without a model."""
        if self.plain_body is not None:
            plain = self.plain_body(raw, sizes.json_string_bytes)
            if plain is not None:
                return plain
        value = parse_json(raw, sizes)
        if self.operation is None:
            return None
        try:
            return self.operation.read_body(value)
        except ValidationError as error:
            raise invalid_body(error) from None

    def read_query(self, query_string: bytes) -> Query | None:
        """The query model of a query string; unknown parameters are ignored."""
        if not query_string and self.plain_query is not None:
            return self.plain_query
        if self.operation is None or self.operation.query is None:
            return None
        try:
            return self.operation.query.model_validate(read_query(query_string))
        except ValidationError as error:
            raise invalid_query(error) from None


def check_tab(tab: Tab, operation: str) -> None:
    """403 for a write of a tab that is not armed, and for keys and tickets always."""
    if operation in _NEVER_BY_TAB:
        raise refused("FORBIDDEN", "a page may not make or change keys")
    if operation != "page_arm" and not tab.is_armed(time.monotonic()):
        raise refused("FORBIDDEN", "this page is read-only: arm it first")


def pages() -> dict[str, tuple[bytes, tuple[Header, ...]]]:
    """The page, the description of the API and its viewer."""
    folder = Path(__file__).parent
    html = (
        (b"content-type", b"text/html; charset=utf-8"),
        (b"content-security-policy", _PAGE_POLICY),
        (b"x-content-type-options", b"nosniff"),
    )
    return {
        "/": front_page(),
        "/openapi.json": ((folder / "openapi.json").read_bytes(), ()),
        "/docs": ((folder / "docs.html").read_bytes(), html),
    }


def build_router() -> Router[Endpoint]:
    """Every known path: the operations, and those that answer 501."""
    router = Router[Endpoint]()
    for operation in OPERATIONS.values():
        endpoint = _of_operation(operation)
        for path in (operation.path, *operation.aliases):
            for method in (operation.method, *operation.method_aliases):
                router.add(method, path, endpoint)
    for row in MISSING:
        router.add(
            row.method, row.path, Endpoint(verb=row.verb, reason=row.reason, venue=row.venue)
        )
    for path, page in pages().items():
        router.add("GET", path, Endpoint(auth="none", page=page))
    for stream in STREAMS:
        router.add("GET", stream.decode(), Endpoint(verb="stream", is_stream=True))
    router.add("GET", "/v1/risk/stream", Endpoint(verb="risk_stream", feed="risk"))
    router.add("GET", "/v1/alerts/stream", Endpoint(verb="alerts_stream", feed="alerts"))
    router.add("GET", "/v1/tca/stream", Endpoint(verb="tca_stream", feed="tca"))
    return router


def _of_operation(operation: Operation[Any]) -> Endpoint:
    return Endpoint(
        auth=operation.auth,
        handler=HANDLERS.get(operation.name),
        operation=operation,
        verb=VERBS.get(operation.name, operation.name),
        reads_body=operation.method in _BODY_METHODS,
        reads_store=operation.name in _READ_FROM_STORE,
        headers=_DEPRECATED if operation.deprecated else (),
        plain_query=_plain(operation),
        submits=operation is SUBMIT_ORDER,
        plain_body=_PLAIN_BODIES.get(operation.name),
    )


def _plain(operation: Operation[Any]) -> Query | None:
    model = operation.query
    if model is None or any(row.is_required() for row in model.model_fields.values()):
        return None
    return model()
