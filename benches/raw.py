"""The floor under a request: a bare ASGI callable on uvicorn that reads a body and answers a text.

Its answer is as long as that of an order, and it does nothing else.
"""

import json
import socket
from typing import Any

import uvicorn

ANSWER = json.dumps({"orders": [{"filler": "x" * 1_400}]}).encode()
HEADERS = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(ANSWER))]


async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Reads the body, and answers."""
    assert scope["type"] == "http"
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": ANSWER})


class Server(uvicorn.Server):
    """Says where it listens."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        port = (sockets or [])[0].getsockname()[1]
        print(json.dumps({"url": f"http://localhost:{port}"}), flush=True)


if __name__ == "__main__":
    config = uvicorn.Config(
        app, log_config=None, log_level="error", access_log=False, lifespan="off"
    )
    Server(config).run(sockets=[socket.create_server(("127.0.0.1", 0))])
