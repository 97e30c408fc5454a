"""The client for asyncio; `sequence._sync` is generated from this folder."""
