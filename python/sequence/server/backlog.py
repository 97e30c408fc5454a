"""When commands wait too long: always, or just once."""


class Backlog:
    """Judges how long commands waited before anybody looked at them. Seconds throughout.

    One late command says that the machine paused; commands that are late again and again say that
    more come than can be done, and only that is a reason to refuse some (the standing queue of
    controlled delay, RFC 8289).
    """

    def __init__(self, patience_s: float) -> None:
        self._patience_s = patience_s
        self._late_since_s: float | None = None
        self._last_late_s = 0.0

    def is_late(self, arrived_s: float, now_s: float) -> bool:
        """Whether what arrived then has waited longer than anybody should."""
        return now_s - arrived_s > self._patience_s

    def stands(self, now_s: float) -> bool:
        """Whether everything has been late for longer than one command may wait."""
        since = self._late_since_s
        return since is not None and now_s - since > self._patience_s

    def refuses(self, arrived_s: float, now_s: float) -> bool:
        """Whether a command that comes to its turn now is refused."""
        if not self.is_late(arrived_s, now_s):
            self._late_since_s = None
            return False
        # Two pauses with silence between them are two pauses.
        if self._late_since_s is None or now_s - self._last_late_s > 1.0 + 4 * self._patience_s:
            self._late_since_s = now_s
        self._last_late_s = now_s
        return self.stands(now_s)
