"""Visitors of a practice over the Session API, and a diary of what they were told."""

import random
import threading
import time
from collections import namedtuple

SESSIONS = "/booking/v1/sessions"
STAGES = ("client_identification", "appointment_type_selection", "scheduling", "checkout")

# An acknowledged change: when (monotonic), of which session, and the event that its timeline has to have for it.
Write = namedtuple("Write", "acknowledged session event")


class Visitors(threading.Thread):
    """A stream of visitors, one after another, each request repeated until it is answered."""

    def __init__(self, number, client, location, token, pace):
        super().__init__(name=f"visitors {number}", daemon=True)
        self.client, self.location, self.pace = client, location, pace
        self.practice = {"Authorization": f"Bearer {token}"}
        self.random = random.Random(number)
        self.key = f"{time.time_ns()}-{number}"
        self.writes, self.ending, self.failure = [], threading.Event(), None
        # When the latest request was sent that has been acknowledged.
        self.sent = 0.0

    def run(self):
        try:
            number = 0
            while not self.ending.is_set():
                number += 1
                self._visit(f"{self.key}-{number}")
        except Exception as error:  # whatever it is, the run has failed, and says so
            self.failure = error

    def _visit(self, key):
        # The key makes a repeated start the same start: a visitor who asks twice has one session.
        body = {"location_id": self.location, "utm_source": key}
        session = self._write("POST", "", {"Idempotency-Key": key}, body, ("started", None))
        page = {"Authorization": f"Bearer {session['secret']}"}
        target = f"/{session['id']}"
        for stage in STAGES[: self.random.randint(0, len(STAGES))]:
            if not self._write("PATCH", target, page, {"stage": stage}, ("stage_reached", stage), session["id"]):
                break
        if self.random.random() < 0.6:
            said = ("completed", key)
            self._write("POST", f"{target}/complete", self.practice, {"appointment_id": key}, said, session["id"])

    def _write(self, method, target, headers, body, event, session=None):
        """Sends a change until it is answered; None when the session no longer takes it."""
        time.sleep(self.pace)
        sent = time.monotonic()
        status, _, answer = self.client.ask(method, SESSIONS + target, headers, body)
        # Its time ran out; or it is gone, and the verdict will find that its start is lost.
        if (status == 409 and answer.get("code") == "session_expired") or (status == 404 and session):
            return None
        if status not in (200, 201):
            raise RuntimeError(f"{method} {target}: {status} {answer}")
        self.writes.append(Write(time.monotonic(), session or answer["id"], event))
        self.sent = sent
        return answer
