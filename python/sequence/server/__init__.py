"""The sandbox over HTTP: an ASGI application and the process that serves it."""

from sequence.server.app import App
from sequence.server.limits import Limits
from sequence.server.run import ServerStartError, serve, serving

__all__ = ["App", "Limits", "ServerStartError", "serve", "serving"]
