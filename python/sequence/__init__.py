"""Paper-trading sandbox and client for the Sequence Markets API."""
