"""Recorded market data: one schema, three encodings, and the frames of venues.

See ``docs/recordings.md`` for the schema.
"""

from sequence.feeds import arrow
from sequence.feeds.files import Encoding, convert, decode, read, write
from sequence.feeds.opened import RecordingWarning
from sequence.feeds.recording import Feed, Instrument, Recording, RecordingError
from sequence.feeds.sample import SAMPLE
from sequence.feeds.scoring import MarketScore, score

__all__ = [
    "SAMPLE",
    "Encoding",
    "Feed",
    "Instrument",
    "MarketScore",
    "Recording",
    "RecordingError",
    "RecordingWarning",
    "arrow",
    "convert",
    "decode",
    "read",
    "score",
    "write",
]
