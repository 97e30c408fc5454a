"""A sandbox that trades and writes down what was answered; the power goes at any moment."""

import os
import sys
from typing import Any

from sequence.sandbox import Sandbox


def main(database: str, acks: str, mode: str, orders: int) -> None:
    sandbox = Sandbox(store=database, clock="manual", preset="instant")
    keeper: Any = sandbox.runtime.keeper
    if mode in ("NORMAL", "OFF"):
        keeper.store._driver.execute(f"PRAGMA synchronous = {mode}")
    answered = os.open(acks, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    client = sandbox.client()
    for number in range(orders):
        graph_id = f"g{number}"
        if mode == "EARLY":
            os.write(answered, f"{graph_id}\n".encode())
        client.buy("BTC-USD", "0.01", graph_id=graph_id)
        if mode != "EARLY":
            os.write(answered, f"{graph_id}\n".encode())
    # No clean end: it would write everything out.
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
