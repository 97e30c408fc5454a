"""Endpoints of the sandbox itself: the paper account, and what a test does to its world."""

from sequence import types as t
from sequence._operations.operation import Operation

SANDBOX_POSITIONS = Operation(
    "sandbox_positions",
    "POST",
    "/v1/sandbox/positions",
    lambda: t.SandboxWritten,
    lambda: t.SandboxPositionsRequest,
    auth="test",
    writes=True,
    summary="Set paper positions",
)
SANDBOX_RESET = Operation(
    "sandbox_reset",
    "POST",
    "/v1/sandbox/reset",
    lambda: t.SandboxReset,
    lambda: t.EmptyRequest,
    auth="test",
    writes=True,
    summary="Wipe the sandbox and seed it again",
)
SANDBOX_SETTINGS = Operation(
    "sandbox_settings",
    "GET",
    "/v1/sandbox/settings",
    lambda: t.SandboxSettings,
    auth="test",
    summary="Default balance of a reset",
)
SANDBOX_SETTINGS_PUT = Operation(
    "sandbox_settings_put",
    "PUT",
    "/v1/sandbox/settings",
    lambda: t.SandboxSettings,
    lambda: t.SandboxSettingsRequest,
    auth="test",
    writes=True,
    summary="Set the default balance of the next reset",
)
SANDBOX_SETTLE = Operation(
    "sandbox_settle",
    "POST",
    "/v1/sandbox/settle",
    lambda: t.SandboxSettled,
    lambda: t.SandboxSettleRequest,
    auth="test",
    writes=True,
    summary="End an event market for every account",
)
SANDBOX_MARKET_EVENTS = Operation(
    "sandbox_market_events",
    "POST",
    "/v1/sandbox/market/events",
    lambda: t.MarketEventsApplied,
    lambda: t.MarketEventsRequest,
    auth="test",
    writes=True,
    summary="Feed order books and trades by hand",
    repeatable=False,
)
SANDBOX_CLOCK = Operation(
    "sandbox_clock",
    "GET",
    "/v1/sandbox/clock",
    lambda: t.SandboxClock,
    auth="test",
    summary="The clock of the sandbox",
)
SANDBOX_CLOCK_PUT = Operation(
    "sandbox_clock_put",
    "PUT",
    "/v1/sandbox/clock",
    lambda: t.SandboxClock,
    lambda: t.ClockSetRequest,
    auth="test",
    writes=True,
    summary="Move a manual clock to a time",
)
SANDBOX_CLOCK_ADVANCE = Operation(
    "sandbox_clock_advance",
    "POST",
    "/v1/sandbox/clock/advance",
    lambda: t.SandboxClock,
    lambda: t.ClockAdvanceRequest,
    auth="test",
    writes=True,
    summary="Let time pass on a manual clock",
    repeatable=False,
)
SANDBOX_FAULTS = Operation(
    "sandbox_faults",
    "GET",
    "/v1/sandbox/faults",
    lambda: t.Faults,
    auth="test",
    summary="Faults in force",
)
SANDBOX_FAULTS_ADD = Operation(
    "sandbox_faults_add",
    "POST",
    "/v1/sandbox/faults",
    lambda: t.Fault,
    lambda: t.FaultRequest,
    auth="test",
    writes=True,
    summary="Make something go wrong",
    repeatable=False,
)
SANDBOX_FAULTS_DELETE = Operation(
    "sandbox_faults_delete",
    "DELETE",
    "/v1/sandbox/faults/{id}",
    lambda: t.Fault,
    auth="test",
    writes=True,
    summary="End a fault",
)
SANDBOX_EVENTS = Operation(
    "sandbox_events",
    "GET",
    "/v1/sandbox/events",
    lambda: t.SandboxEvents,
    load_query=lambda: t.SandboxEventsQuery,
    auth="test",
    summary="What happened to the account",
)
SANDBOX_REQUESTS = Operation(
    "sandbox_requests",
    "GET",
    "/v1/sandbox/requests",
    lambda: t.RequestRecords,
    load_query=lambda: t.RequestRecordsQuery,
    auth="test",
    summary="Requests that this server answered",
)
SANDBOX_MARKS = Operation(
    "sandbox_marks",
    "GET",
    "/v1/sandbox/marks",
    lambda: t.FillMarks,
    load_query=lambda: t.FillMarksQuery,
    auth="test",
    summary="Prices when orders were sent, and 1, 10 and 60 seconds after fills",
)
SANDBOX_RUN = Operation(
    "sandbox_run",
    "GET",
    "/v1/sandbox/run",
    lambda: t.RunCard,
    auth="test",
    summary="What makes this run what it is: versions, seed, data, values of the simulator",
)
SANDBOX_SNAPSHOT = Operation(
    "sandbox_snapshot",
    "POST",
    "/v1/sandbox/snapshot",
    lambda: t.SandboxSnapshot,
    lambda: t.EmptyRequest,
    auth="test",
    writes=True,
    summary="Keep a copy of the state to return to",
)
SANDBOX_SNAPSHOTS = Operation(
    "sandbox_snapshots",
    "GET",
    "/v1/sandbox/snapshots",
    lambda: t.SandboxSnapshots,
    auth="test",
    summary="Copies of the state that can be returned to",
)
SANDBOX_SNAPSHOT_FILE = Operation(
    "sandbox_snapshot_file",
    "GET",
    "/v1/sandbox/snapshot/file",
    lambda: t.SandboxSnapshotFile,
    auth="test",
    summary="The state of every account as a file, for a sandbox that begins with it",
)
SANDBOX_RESTORE = Operation(
    "sandbox_restore",
    "POST",
    "/v1/sandbox/restore",
    lambda: t.SandboxSnapshot,
    lambda: t.RestoreRequest,
    auth="test",
    writes=True,
    summary="Return to a copy, in a new epoch",
)
SANDBOX_SNAPSHOT_LOAD = Operation(
    "sandbox_snapshot_load",
    "POST",
    "/v1/sandbox/snapshot/load",
    lambda: t.NewSandboxFork,
    lambda: t.SnapshotLoadRequest,
    auth="admin",
    writes=True,
    repeatable=False,
    summary="Hold a sandbox that begins with the state of a file, beside this one",
)
SANDBOX_FORK = Operation(
    "sandbox_fork",
    "POST",
    "/v1/sandbox/fork",
    lambda: t.NewSandboxFork,
    lambda: t.EmptyRequest,
    auth="test",
    writes=True,
    repeatable=False,
    summary="Hold a sandbox that begins with this moment, beside this one",
)
SANDBOX_FORKS = Operation(
    "sandbox_forks",
    "GET",
    "/v1/sandbox/forks",
    lambda: t.SandboxForks,
    auth="test",
    summary="Sandboxes held beside this one",
)
SANDBOX_FORKS_DELETE = Operation(
    "sandbox_forks_delete",
    "DELETE",
    "/v1/sandbox/forks/{id}",
    lambda: t.SandboxFork,
    auth="test",
    writes=True,
    summary="End a sandbox held beside this one",
)
SANDBOX_CLIENTS = Operation(
    "sandbox_clients",
    "GET",
    "/v1/sandbox/clients",
    lambda: t.SandboxClients,
    auth="admin",
    summary="Clients of this server",
)
SANDBOX_CLIENTS_ADD = Operation(
    "sandbox_clients_add",
    "POST",
    "/v1/sandbox/clients",
    lambda: t.NewSandboxClient,
    lambda: t.SandboxClientRequest,
    auth="admin",
    writes=True,
    repeatable=False,
    summary="Make a client with an account and a key of its own",
)
