"""How requests and streams travel: HTTP, WebSockets, or no wire at all."""
