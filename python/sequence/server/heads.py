"""Heads that came before on a connection: bytes that were read and judged once mean the same again.

A client sends the same head with each of its orders. What depends on these bytes alone is looked
at when they come first: sizes, framing, host, path and key. What depends on the moment (how late it
is, how often its client asks, what the key may do) is looked at every time.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sequence.server.asgi import Scope

if TYPE_CHECKING:
    from sequence.sandbox.keys import Principal
    from sequence.server.endpoint import Endpoint
    from sequence.server.limits import Limits

_MOST: Final = 8
_MAX_BYTES: Final = 1_024
"""What a connection remembers is bounded, whatever it sends."""

_END: Final = b"\r\n\r\n"


class Asked(NamedTuple):
    """What a head asks for, after its checks.

    Attributes:
        principal: Who asks; None where anybody may.
        sizes: Limits of its body.
        generation: That of the keys when it was checked: with another one it is checked anew.
    """

    endpoint: "Endpoint"
    path: Mapping[str, str]
    principal: "Principal | None"
    sizes: "Limits"
    generation: int


class Head:
    """One head.

    Attributes:
        scope: What the parser made of it, without the state.
        named: Its headers by name.
        length: Bytes of the body that follows.
        asked: What it was judged to ask for; None while it was not.
    """

    __slots__ = ("asked", "length", "named", "scope")

    def __init__(self, scope: Scope, length: int) -> None:
        self.scope: Final = {key: value for key, value in scope.items() if key != "state"}
        self.named: Final[dict[bytes, bytes]] = dict(scope["headers"])
        self.length: Final = length
        self.asked: Asked | None = None


class Heads:
    """The heads of one connection."""

    __slots__ = ("_known",)

    def __init__(self) -> None:
        self._known: dict[bytes, Head] = {}

    def find(self, data: bytes) -> tuple[Head, bytes] | None:
        """The head and the body of a request that came as one piece, if its head is known."""
        end = data.find(_END) + len(_END)
        head = self._known.get(data[:end])
        if head is None or len(data) - end != head.length:
            return None
        return head, data[end:]

    def keep(self, data: bytes, scope: Scope, length: int) -> Head | None:
        """Remembers the head of a request that came as one piece with a body of this length."""
        end = data.find(_END) + len(_END)
        is_one = end >= len(_END) and len(data) - end == length
        if not is_one or end > _MAX_BYTES:
            return None
        if len(self._known) >= _MOST:
            # The oldest: heads with an id in their path come once, and must not fill the room.
            del self._known[next(iter(self._known))]
        head = self._known[data[:end]] = Head(scope, length)
        return head


def head_of(scope: Scope) -> Head | None:
    """The head of a request, where its connection remembers heads."""
    state: dict[str, Any] = scope.get("state", {})
    return state.get("head")
