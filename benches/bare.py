"""Serves an ASGI callable on a port of its own and says where: the frame of reference servers."""

import json
import socket
from typing import Any

import uvicorn


class _Server(uvicorn.Server):
    """Says where it listens."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        port = (sockets or [])[0].getsockname()[1]
        print(json.dumps({"url": f"http://localhost:{port}"}), flush=True)


def serve(app: Any, **options: Any) -> None:
    """Serves until the process is ended; options are those of uvicorn."""
    config = uvicorn.Config(app, log_config=None, log_level="error", access_log=False, **options)
    _Server(config).run(sockets=[socket.create_server(("127.0.0.1", 0))])
