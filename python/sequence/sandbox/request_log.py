"""The last requests that a server answered, for people who look why a bot does what it does."""

import re
from collections import deque
from itertools import islice
from typing import Any, Final, NamedTuple

_KEPT: Final = 1_000
_BODY_BYTES: Final = 2_000
_ANSWER_BYTES: Final = 600
_SECRET: Final = re.compile(r"\b(seq_(?:test|live)_|wst_|pgt_|pgs_)[0-9a-f]{4,}")
_CODE: Final = re.compile(rb'"code"\s*:\s*"([A-Z_]+)"')
_FIRST_ERROR: Final = 400


class Exchange(NamedTuple):
    """One request and its answer as they went over the wire; texts are made when somebody looks."""

    seq: int
    client_id: str
    ts_ns: int
    ms: float
    method: str
    target: bytes
    status: int
    agent: bytes
    request_id: str
    body: bytes
    answer: bytes

    def row(self) -> dict[str, Any]:
        """The record as it is shown: cut, and without a key."""
        code = _CODE.search(self.answer) if self.status >= _FIRST_ERROR else None
        return {
            "seq": self.seq,
            "ts_ns": self.ts_ns,
            "method": self.method,
            "path": _shown(self.target),
            "status": self.status,
            "ms": round(self.ms, 3),
            "client": _shown(self.agent),
            "request_id": self.request_id,
            "body": _shown(self.body),
            "answer": _shown(self.answer),
            "error_code": None if code is None else code.group(1).decode(),
        }


class RequestLog:
    """A ring of exchanges; reads of the page are left out, or it would only show itself."""

    def __init__(self) -> None:
        self._rows: deque[Exchange] = deque(maxlen=_KEPT)
        self._seq = 0

    def add(
        self,
        client_id: str,
        *,
        ts_ns: int,
        ms: float,
        method: str,
        target: bytes,
        status: int,
        agent: bytes,
        request_id: str,
        body: bytes,
        answer: bytes,
    ) -> None:
        """Keeps one exchange, cut to what is ever shown."""
        self._seq += 1
        self._rows.append(
            Exchange(
                self._seq,
                client_id,
                ts_ns,
                ms,
                method,
                target[:_BODY_BYTES],
                status,
                agent[:80],
                request_id,
                body[:_BODY_BYTES],
                answer[:_ANSWER_BYTES],
            )
        )

    def rows(self, client_id: str, since_seq: int, limit: int) -> list[dict[str, Any]]:
        """The newest ``limit`` requests of a client after ``since_seq``, oldest first."""
        newest = (
            row
            for row in reversed(self._rows)
            if row.seq > since_seq and row.client_id == client_id
        )
        return [row.row() for row in islice(newest, limit)][::-1]


def _shown(raw: bytes) -> str:
    return _SECRET.sub(r"\1...", raw.decode("utf-8", errors="replace"))
