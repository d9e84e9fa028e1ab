"""Holds what visitors were told and what partners saw against the record, once nothing changes any more."""

from bisect import bisect_left, bisect_right
from collections import Counter, namedtuple

from client import SLACK, instant
from visitors import SESSIONS

# A change as a timeline has it, and until when its session stayed as it was then.
Change = namedtuple("Change", "at session until")


class Record:
    """The sessions of a location, their events, and the changes in the order of the feed."""

    def __init__(self, feed, token):
        self.sessions = feed.whole()
        self.events, changes = {}, []
        headers = {"Authorization": f"Bearer {token}"}
        for session in self.sessions:
            status, _, timeline = feed.client.ask("GET", f"{SESSIONS}/{session}/timeline", headers)
            if status != 200:
                raise RuntimeError(f"the timeline of {session}: {status} {timeline}")
            self.events[session] = {_event(event) for event in timeline["events"]}
            # Several events of one change have its instant.
            instants = sorted({event["at"] for event in timeline["events"]})
            changes += map(Change, instants, [session] * len(instants), [*instants[1:], "9999"])
        self.changes = sorted(changes)
        self.states = {(change.session, change.at) for change in changes}

    def lost(self, writes):
        """Acknowledged writes that are not on record."""
        return [write for write in writes if write.event not in self.events.get(write.session, ())]

    def started_twice(self):
        """Starts that made more than one session, although they had a key."""
        starts = Counter(session["referral_source"] for session in self.sessions.values())
        return [key for key, count in starts.items() if count > 1]

    def missed(self, walks):
        """Changes that a partner should have seen, and did not.

        A change must be on the pages of a walk when its instant lies in the window and its session stayed untouched
        until the walk was over; one that was touched is shown by a later window in its new place.
        """
        missed, instants = set(), [change.at for change in self.changes]
        for walk in walks:
            ended = instant(walk.ended + SLACK)
            for change in self.changes[bisect_left(instants, walk.start) : bisect_right(instants, walk.end)]:
                if change.until > ended and (change.session, change.at) not in walk.states:
                    missed.add(change)
        return missed

    def unknown(self, walks):
        """Changes that a partner saw, and that are not on record."""
        return set().union(*(walk.states for walk in walks)) - self.states


def _event(event):
    kind = event["kind"]
    return kind, event.get({"stage_reached": "stage", "completed": "appointment_id"}.get(kind))
