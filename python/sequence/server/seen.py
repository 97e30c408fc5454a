"""What is known of a request while it is answered, for the log of requests."""

import time
from typing import TYPE_CHECKING

from sequence.server.asgi import Scope

if TYPE_CHECKING:
    from sequence.sandbox.keys import Principal
    from sequence.sandbox.runtime import Runtime


class Seen:
    """One request: who sent it, once that is known, and its body, once it was read."""

    __slots__ = ("_began_s", "body", "principal")

    def __init__(self) -> None:
        self._began_s = time.perf_counter()
        self.principal: Principal | None = None
        self.body = b""

    def keep(  # noqa: PLR0917 - called at one place, on every request
        self,
        runtime: "Runtime",
        scope: Scope,
        named: dict[bytes, bytes],
        status: int,
        id_: str,
        answer: bytes,
    ) -> None:
        """Keeps the request for whoever looks; what the page reads is left out."""
        principal, method = self.principal, scope["method"]
        if principal is None or (principal.tab is not None and method == "GET"):
            return
        query: bytes = scope["query_string"]
        runtime.requests.add(
            principal.client.client_id,
            ts_ns=runtime.now_ns,
            ms=(time.perf_counter() - self._began_s) * 1e3,
            method=method,
            target=scope["raw_path"] + (b"?" + query if query else b""),
            status=status,
            agent=b"page" if principal.tab is not None else named.get(b"user-agent", b""),
            request_id=id_,
            body=self.body,
            answer=answer,
        )
