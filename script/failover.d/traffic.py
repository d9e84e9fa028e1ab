"""All visitors and partners of a run, and the stages of the run."""

import time
from collections import namedtuple

from client import Client, Troubles, instant
from partners import WAYS, Feed, Partner
from space import wait_until
from verdict import Record
from visitors import Visitors

# The locations and how long their sessions live. The second one's expire while the cluster is broken, so that there is
# something to settle; the first one's outlive the run.
LASTING, BRIEF = "paws-austin", "paws-dallas"
LOCATIONS = {LASTING: "2h", BRIEF: "15s"}
STREAMS = 8
# Seconds between a stream's requests, and between a partner's windows: enough to notice, little for two processors.
WRITE_PACE, POLL_PACE = 0.08, 0.4

# A stage: its name and when it began, by the monotonic clock and as the API writes it.
Stage = namedtuple("Stage", "name began instant")


class Traffic:
    """Visitors and partners, each of whom asks the servers at `addresses` in turn."""

    def __init__(self, addresses, partner_token, practice_token):
        self.addresses, self.partner_token, self.practice_token = addresses, partner_token, practice_token
        self.troubles, self.stages = Troubles(), []
        streams = [list(LOCATIONS)[number % len(LOCATIONS)] for number in range(STREAMS)]
        self.visitors = [
            Visitors(number, self.client(number), location, practice_token, WRITE_PACE)
            for number, location in enumerate(streams)
        ]
        self.partners = [Partner(self.feed(location), way, POLL_PACE) for location in LOCATIONS for way in WAYS]

    def client(self, turn=0):
        """One more client."""
        return Client(self.addresses, turn, self.troubles)

    def feed(self, location):
        """A location's feed, for one more client."""
        return Feed(self.client(), location, self.partner_token)

    def start(self):
        """Visitors come, partners poll."""
        for thread in self.partners + self.visitors:
            thread.start()

    def begin(self, name):
        """Begins a stage, and ends the one before it."""
        self.stages.append(Stage(name, time.monotonic(), instant(time.time())))

    def resume(self):
        """Waits until every visitor and every partner has been served with something asked after this moment."""
        now = time.monotonic()

        def all_are():
            self.check()
            return all(v.sent > now for v in self.visitors) and all(p.began > now for p in self.partners)

        wait_until("everybody is served again", all_are)

    def check(self):
        """Ends the run when somebody was answered what must not be answered."""
        for thread in self.visitors + self.partners:
            if thread.failure:
                raise SystemExit(f"{thread.name}: {thread.failure!r}")

    def end(self):
        """Visitors go, what expires expires, partners poll a last time; answers what is on record then, by location."""
        self._join(self.visitors)
        wait_until("what expires has expired", lambda: self.feed(BRIEF).active() == 0)
        self._join(self.partners)
        return {location: Record(self.feed(location), self.practice_token) for location in LOCATIONS}

    def _join(self, threads):
        for thread in threads:
            thread.ending.set()
        for thread in threads:
            thread.join()
        self.check()
