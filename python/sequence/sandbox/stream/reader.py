"""Who reads a stream, as far as what tells it has to know."""

from typing import TYPE_CHECKING, Protocol

from sequence.sandbox.stream.packet import Packet
from sequence.sandbox.stream.topic import PrivateName

if TYPE_CHECKING:
    from sequence.sandbox.keys import Principal


class Sink(Protocol):
    """Takes messages for one reader and never waits."""

    def event(self, packet: Packet) -> None:
        """A message that must arrive, in this order."""
        ...

    def market(self, key: str, packet: Packet) -> None:
        """The latest state of something; it replaces one with the same key that still waits."""
        ...

    def forget(self, prefix: str) -> None:
        """Market data of a topic that is no longer wanted."""
        ...

    def cut(self) -> None:
        """Ends the stream without a word, as a network does."""
        ...


class Reader(Protocol):
    """One reader: who it is, where its messages go, and how far it is."""

    @property
    def principal(self) -> "Principal":
        """Whose key it came with."""
        ...

    @property
    def sink(self) -> Sink:
        """Takes what it is told."""
        ...

    def is_behind(self, name: PrivateName) -> bool:
        """True while events of a topic are still replayed: new ones wait for their turn."""
        ...

    def begin_epoch(self, epoch: int) -> bool:
        """Whether this epoch is news."""
        ...

    def give_up(self) -> None:
        """Ends topics whose symbols turned out to be traded nowhere."""
        ...
