"""Where state is kept: in memory, or in one SQLite file that survives a power cut."""

from sequence.store.base import (
    EXIT_LOCKED,
    EXIT_STORE,
    Batch,
    CoreFailedError,
    Finding,
    Loaded,
    Query,
    Store,
    StoreDamagedError,
    StoreError,
    StoreLockedError,
    StoreVersionError,
)
from sequence.store.crash import crash_point

__all__ = [
    "EXIT_LOCKED",
    "EXIT_STORE",
    "Batch",
    "CoreFailedError",
    "Finding",
    "Loaded",
    "Query",
    "Store",
    "StoreDamagedError",
    "StoreError",
    "StoreLockedError",
    "StoreVersionError",
    "crash_point",
]
