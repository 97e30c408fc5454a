"""Which parser reads requests: httptools where it is installed, else h11; each with the guard."""

import asyncio
import re
from typing import TYPE_CHECKING, Final, cast

from sequence.server.limits import Limits
from sequence.server.protocol import Connections, Guard, Phase
from sequence.server.sockets import STREAMS

if TYPE_CHECKING:
    from uvicorn.protocols.http.h11_impl import H11Protocol

    from sequence.server.app import App
    from sequence.server.direct import DirectProtocol

_FOLDED: Final = re.compile(rb"\r\n[ \t]")


def guarded_protocol(limits: Limits, app: "App") -> type[asyncio.Protocol]:
    """Uvicorn's protocol (httptools where it is installed, else h11) with the guard around it."""
    base: type[object]
    try:
        base = _guarded_httptools()
    except ImportError:
        base = _guarded_h11()
    members = {"limits": limits, "open": Connections(), "app_of_streams": app}
    made = type("GuardedProtocol", (base,), members)
    return cast("type[asyncio.Protocol]", made)


def _guarded_httptools() -> "type[DirectProtocol]":
    from sequence.server.direct import DirectProtocol  # noqa: PLC0415

    return DirectProtocol


def _guarded_h11() -> "type[H11Protocol]":
    import h11  # noqa: PLC0415
    from uvicorn.protocols.http.h11_impl import H11Protocol  # noqa: PLC0415

    class GuardedH11(Guard, H11Protocol):
        def phase(self) -> Phase:
            state = self.conn.their_state
            if state is h11.SEND_BODY:
                return Phase.BODY
            if state is h11.IDLE and self.conn.trailing_data[0]:
                return Phase.HEAD
            return Phase.OTHER

        def target_bytes(self) -> int:
            return len(self.conn.trailing_data[0].partition(b"\r\n")[0])

        def _should_upgrade(self) -> bool:
            path = self.scope["raw_path"] if self.scope else b""
            return path in STREAMS and super()._should_upgrade()

        def handle_websocket_upgrade(self, event: h11.Request) -> None:
            self._open_stream(event.target, event.target)

        def data_received(self, data: bytes) -> None:
            # This parser would join folded lines; nothing but smuggling sends them any more.
            head = data.partition(b"\r\n\r\n")[0]
            if self.phase() is not Phase.BODY and _FOLDED.search(head) and not self._refused:
                self.send_400_response("folded header")
                return
            super().data_received(data)

    return GuardedH11
