"""Many requests at one moment, from a process of their own: `python -m benchmarks.burst HOST PORT COUNT`.

Opens COUNT connections, prints a line, waits for one on standard input, sends one request for an
unknown host on each, and prints the milliseconds from its send to its first byte, as JSON. No HTTP
library and no threads: what is measured should be the server.
"""

import json
import select
import socket
import sys
import time

TIMEOUT_S = 20.0
REQUEST = "GET / HTTP/1.1\r\nHost: unknown-{}.example.org\r\nConnection: close\r\n\r\n"


def burst(host: str, port: int, count: int) -> list[float]:
    """Milliseconds of each request. Raises AssertionError where one is answered other than by 421."""
    connections = [socket.create_connection((host, port), TIMEOUT_S) for _ in range(count)]
    requests = [REQUEST.format(number).encode() for number in range(count)]
    poll = select.epoll()
    by_number = {connection.fileno(): connection for connection in connections}
    for number in by_number:
        poll.register(number, select.EPOLLIN)
    print("ready", flush=True)
    sys.stdin.readline()
    sent: dict[int, float] = {}
    took: dict[int, float] = {}
    for connection, request in zip(connections, requests, strict=True):
        sent[connection.fileno()] = time.perf_counter()
        connection.send(request)
    end = time.perf_counter() + TIMEOUT_S
    while len(took) < count and time.perf_counter() < end:
        for number, _events in poll.poll(1.0):
            took[number] = (time.perf_counter() - sent[number]) * 1000
            poll.unregister(number)
    assert len(took) == count, f"{count - len(took)} of {count} got no answer"  # noqa: S101
    for connection in connections:
        assert connection.recv(64).startswith(b"HTTP/1.1 421"), "not refused"  # noqa: S101
        connection.close()
    return sorted(took.values())


if __name__ == "__main__":
    print(json.dumps(burst(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))), flush=True)
