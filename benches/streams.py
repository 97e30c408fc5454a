"""How late private events reach many readers: `streams.py [readers] [events/s] [seconds]`.

Every reader is a socket of its own with a subscription of fills; the events are fills of orders
sent at a fixed rate. Lag is the time from the fill, by the clock of the server, to the moment its
frame is in the reading process. Readers parse no JSON: the reading side must not be what is slow.
"""

import asyncio
import base64
import json
import os
import resource
import struct
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import httpx

_ORDER = {"symbol": "BTC-USD", "side": "buy", "qty": 0.001}
_SUBSCRIBE = b'{"subscribe": ["fills"]}'


class Reader(asyncio.Protocol):
    """One socket: counts frames and notes how late each one is."""

    def __init__(self, key: str, lags_ms: list[float]) -> None:
        self.subscribed = asyncio.get_running_loop().create_future()
        self.events = 0
        self.gaps = 0
        self._key, self._lags_ms = key, lags_ms
        self._data = b""
        self._is_open = False
        self._seq = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        nonce = base64.b64encode(os.urandom(16)).decode()
        lines = [
            "GET /v1/stream HTTP/1.1",
            "Host: localhost",
            "Connection: Upgrade",
            "Upgrade: websocket",
            f"Sec-WebSocket-Key: {nonce}",
            "Sec-WebSocket-Version: 13",
            f"Authorization: Bearer {self._key}",
        ]
        transport.write("\r\n".join([*lines, "", ""]).encode())
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        now_ns = time.time_ns()
        data = self._data + data
        if not self._is_open:
            head, found, data = data.partition(b"\r\n\r\n")
            if not found:
                self._data = head
                return
            assert head.startswith(b"HTTP/1.1 101"), head
            self._is_open = True
            # A mask of zeros leaves the text as it is.
            mask = bytes([0x81, 0x80 | len(_SUBSCRIBE), 0, 0, 0, 0])
            self._transport.write(mask + _SUBSCRIBE)
        at = 0
        while len(data) - at >= 4:
            size, start = data[at + 1], at + 2
            if size == 126:
                size, start = struct.unpack_from("!H", data, at + 2)[0], at + 4
            if len(data) < start + size:
                break
            self._frame(data, start, start + size, now_ns)
            at = start + size
        self._data = data[at:]

    def _frame(self, data: bytes, start: int, end: int, now_ns: int) -> None:
        mark = data.find(b'"ts_ns":', start, start + 80)
        if mark < 0:
            self.subscribed.set_result(None)
            return
        ts_ns = int(data[mark + 8 : data.index(b",", mark)])
        seq_at = data.index(b'"seq":', start) + 6
        seq = int(data[seq_at : data.index(b",", seq_at, end)])
        self.gaps += self._seq not in (0, seq - 1)
        self._seq = seq
        self.events += 1
        self._lags_ms.append((now_ns - ts_ns) / 1e6)


async def measure(
    url: str, key: str, readers: int, rate: float, seconds: float
) -> dict[str, float]:
    """Opens the readers, sends the orders and waits for the last event."""
    parts = urlsplit(url)
    loop = asyncio.get_running_loop()
    lags_ms: list[float] = []
    made: list[Reader] = []
    began = time.perf_counter()
    for start in range(0, readers, 50):
        opened = await asyncio.gather(
            *(
                loop.create_connection(lambda: Reader(key, lags_ms), parts.hostname, parts.port)
                for _ in range(min(50, readers - start))
            )
        )
        batch = [protocol for _, protocol in opened]
        await asyncio.gather(*(reader.subscribed for reader in batch))
        made += batch
    opening_s = time.perf_counter() - began
    orders = round(rate * seconds)
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(base_url=url, headers=headers, trust_env=False) as client:
        began = time.perf_counter()
        for number in range(orders):
            await asyncio.sleep(began + number / rate - time.perf_counter())
            answer = await client.post("/v1/orders", json=_ORDER)
            assert answer.status_code == 200, answer.text
        while sum(reader.events for reader in made) < orders * readers:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        took_s = time.perf_counter() - began
    lags_ms.sort()
    return {
        "readers": readers,
        "frames": len(lags_ms),
        "frames_per_s": round(len(lags_ms) / took_s),
        "lag_p50_ms": round(lags_ms[len(lags_ms) // 2], 2),
        "lag_p99_ms": round(lags_ms[len(lags_ms) * 99 // 100], 2),
        "lag_max_ms": round(lags_ms[-1], 2),
        "gaps": sum(reader.gaps for reader in made),
        "sockets_opened_per_s": round(readers / opening_s),
    }


def memory_mb(pid: int) -> float:
    """Resident memory of a process."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return round(pages * resource.getpagesize() / 1e6, 1)


def cpu_s(pid: int) -> float:
    """Processor time of a process so far, its start included."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Starts the server, measures, prints one line of JSON."""
    given = [float(text) for text in sys.argv[1:]]
    readers, rate, seconds = (given + [1_000, 5, 10][len(given) :])[:3]
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    server = subprocess.Popen(  # noqa: S603 - our own script
        [sys.executable, str(Path(__file__).with_name("stream_server.py"))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None
    place = json.loads(server.stdout.readline())
    try:
        found = asyncio.run(measure(place["url"], place["key"], int(readers), rate, seconds))
        found["server_cpu_us_per_frame"] = round(cpu_s(server.pid) / found["frames"] * 1e6, 1)
        print(json.dumps(found | {"server_memory_mb": memory_mb(server.pid)}))
    finally:
        server.communicate("")


if __name__ == "__main__":
    main()
