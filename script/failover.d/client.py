"""A client of several equal servers: asks them in turn, and again for as long as one cannot answer."""

import http.client
import json
import threading
import time
from collections import Counter
from datetime import datetime, timezone

# A server that has not answered by then is taken for one that does not answer.
TIMEOUT = 5
# Instants of two clocks on one machine that lie closer than this, in seconds, are not told apart.
SLACK = 0.001


class Troubles:
    """What clients had to put up with, counted."""

    def __init__(self):
        self._counts, self._lock = Counter(), threading.Lock()

    def add(self, what):
        with self._lock:
            self._counts[what] += 1

    def __str__(self):
        return ", ".join(f"{count:,} × {what}" for what, count in self._counts.most_common()) or "nothing"


class Client:
    """One client with its connections, for one thread."""

    def __init__(self, addresses, turn, troubles):
        self.addresses, self.turn, self.troubles = addresses, turn, troubles
        self.connections = {}
        # When each server may be asked again.
        self.not_before = dict.fromkeys(addresses, 0.0)

    def ask(self, method, target, headers, body=None):
        """The status, the headers and the JSON of an answer that does not say to come again."""
        headers = {"Content-Type": "application/json"} | headers
        body, patience = None if body is None else json.dumps(body), 0.1
        while True:
            address = self._next()
            try:
                status, said, text = self._exchange(address, method, target, headers, body)
                answer = json.loads(text)
            except (OSError, http.client.HTTPException, ValueError) as error:
                trouble, wait = _name(error), patience
            else:
                if status != 429 and status < 500:
                    return status, said, answer
                trouble, wait = str(status), said.get("Retry-After")
                if wait is None:
                    trouble, wait = f"{status} without Retry-After", patience
            self.troubles.add(trouble)
            self.not_before[address] = time.monotonic() + float(wait)
            patience = min(2 * patience, 1)

    def _next(self):
        """The next server whose turn it is, and that may be asked; sleeps when none may."""
        self.turn += 1
        rotated = [self.addresses[(self.turn + n) % len(self.addresses)] for n in range(len(self.addresses))]
        now = time.monotonic()
        address = min(rotated, key=lambda address: max(self.not_before[address], now))
        time.sleep(max(0, self.not_before[address] - now))
        return address

    def _exchange(self, address, method, target, headers, body):
        connection = self.connections.get(address)
        if connection is None:
            connection = self.connections[address] = http.client.HTTPConnection(address, timeout=TIMEOUT)
        try:
            connection.request(method, target, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        except BaseException:
            connection.close()
            del self.connections[address]
            raise


def _name(error):
    if isinstance(error, TimeoutError):
        return f"no answer in {TIMEOUT} s"
    if isinstance(error, ConnectionRefusedError):
        return "connection refused"
    return "connection lost" if isinstance(error, (OSError, http.client.HTTPException)) else "an answer that is no JSON"


def instant(seconds):
    """A time of this machine's clock as the API writes it; such texts are in the order of their times."""
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
