"""Partners who mirror a location over the Partner API, in each of the ways in which clients walk pages."""

import threading
import time
from collections import namedtuple
from urllib.parse import urlencode

from client import SLACK, instant

LIST = "/services/core/open_api/v1/booking_sessions"
# Few, so that a window takes several pages, and sessions change while it is walked.
PER_PAGE = 5
WAYS = ("links", "pages", "no clock")

# A window as it was walked, when the walk was over, and the (id, updated_at) of what was on its pages.
Walk = namedtuple("Walk", "start end ended states")


class Feed:
    """A location's feed, as one client reads it."""

    def __init__(self, client, location, token):
        self.client, self.location = client, location
        self.headers = {"Authorization": f"Bearer {token}", "X-Client-Id": location}

    def page(self, target):
        """A page: the sessions, how many there are in all, and the address of the next page."""
        status, headers, answer = self.client.ask("GET", target, self.headers)
        if status != 200:
            raise RuntimeError(f"{target}: {status} {answer}")
        link = headers.get("Link")
        return answer["data"]["content"], answer["data"]["total_count"], link and link[1 : link.index(">")]

    def whole(self):
        """Every session on record, by its id."""
        sessions, target = {}, f"{LIST}?updated_at_start=1970-01-01T00:00:00Z&per_page=1000"
        while target:
            content, _, target = self.page(target)
            sessions.update((session["id"], session) for session in content)
        return sessions

    def active(self):
        """How many sessions may still change by themselves."""
        return self.page(f"{LIST}?updated_at_start=1970-01-01T00:00:00Z&per_page=1&status=active")[1]


class Partner(threading.Thread):
    """Asks for window after window, `[a, b]`, `[b, c]`, …, each page of whichever server has its turn."""

    def __init__(self, feed, way, pace):
        super().__init__(name=f"partner of {feed.location} by {way}", daemon=True)
        self.feed, self.way, self.pace = feed, way, pace
        self.walks, self.ending, self.failure = [], threading.Event(), None
        # When the latest walk began that has come to its end.
        self.began = 0.0

    def run(self):
        try:
            start = instant(time.time())
            last = False
            while not last:
                # Read before the walk: the last walk begins when nothing changes any more.
                last = self.ending.is_set()
                began = time.monotonic()
                walk = self._walk(start)
                self.walks.append(walk)
                self.began = began
                start = walk.end if self.way != "no clock" else max([start, *(at for _, at in walk.states)])
                self.ending.wait(self.pace)
        except Exception as error:  # whatever it is, the run has failed, and says so
            self.failure = error

    def _walk(self, start):
        began = time.time()
        query = {"updated_at_start": start, "per_page": PER_PAGE}
        if self.way != "no clock":
            query["updated_at_end"] = instant(began)
        states, page, target = set(), 0, f"{LIST}?{urlencode(query)}"
        while target:
            sessions, _, link = self.feed.page(target)
            states.update((session["id"], session["updated_at"]) for session in sessions)
            page += 1
            if self.way == "pages":
                target = len(sessions) == PER_PAGE and f"{LIST}?{urlencode(query)}&page={page}"
            else:
                target = link
        # A window without an end reaches at least to when it was asked for.
        end = query.get("updated_at_end") or instant(began - SLACK)
        return Walk(start, end, time.time(), states)
