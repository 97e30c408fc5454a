"""The client for asyncio; `sequence._client.sync` is generated from this folder."""
