"""Events of ways that were left for a copy: what they told of is not what happened in the end."""

from typing import Final

from sqlalchemy import Connection, select

from sequence.store.tables import events

RESET: Final = "account_reset"
BACK_TO: Final = "word_2"
"""The newest event that the copy knew; 0 where a reset began the epoch with default balances."""


class LeftWays:
    """Numbers of the events that a return to a copy left behind."""

    def __init__(self, returns: "list[tuple[int, int]]") -> None:
        """``returns`` holds the number of each return and of the newest event it goes back to."""
        self._ways: list[tuple[int, int]] = []
        end: int | None = None
        for number, back_to in sorted(returns, reverse=True):
            # A return on a way that was itself left says nothing of the one gone on.
            if end is None or number <= end:
                self._ways.append((back_to, number))
                end = back_to

    def __contains__(self, number: int) -> bool:
        return any(back_to < number < end for back_to, end in self._ways)


def left_ways(connection: Connection) -> LeftWays:
    """The ways that the events of a store tell of."""
    back_to = events.c[BACK_TO]
    query = select(events.c.seq, back_to).where(events.c.kind == RESET).where(back_to > 0)
    return LeftWays([(int(row[0]), int(row[1])) for row in connection.execute(query)])
