#!/usr/bin/env python3
"""Books the first open time of a kind, as a partner does, and shows the appointment.

    FRONTDESK_TOKEN=fd_… python3 book.py http://127.0.0.1:8080 paws-austin wellness "Ana Ruiz" ana@example.com Luna

It signs in with the two parts of the token, lists the types of appointment, asks for open times, books, and looks the
appointment up in the list of those that have changed. When somebody else was quicker, it takes the nearest time of those
that the answer offers.
"""

import datetime
import json
import os
import sys
import urllib.error
import urllib.parse
import urllib.request

API = "/services/core/open_api/v1"


def ask(method, url, headers, body=None):
    """An answer's status and its JSON."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {**headers, "Content-Type": "application/json"}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def must(method, url, headers, body=None):
    """The data of an answer that has to be a success."""
    status, answer = ask(method, url, headers, body)
    if not answer["success"]:
        sys.exit(f"{status}: {answer['message']}")
    return answer["data"]


def main(base, location, category, name, email, patient):
    _, username, password = os.environ["FRONTDESK_TOKEN"].split("_", 2)
    credentials = {"username": username, "password": password, "role": "ROLE_API"}
    ticket = must("POST", f"{base}/services/user/v1/auth/sign-in", {}, credentials)["token"]
    headers = {"Authorization": f"Bearer {ticket}", "X-Client-Id": location}

    types = {one["id"]: one for one in must("GET", f"{base}{API}/appointment_types", headers)}
    now = datetime.datetime.now(datetime.timezone.utc).isoformat()
    search = {"search_from_date": now, "appointment_type": category}
    dates = must("POST", f"{base}{API}/open_times", headers, search)
    times = [time for date in dates if date["available"] for time in date["times"]]
    if not times:
        sys.exit("no open time")

    first, _, last = name.partition(" ")
    booking = {"first_name": first, "last_name": last, "email": email, "patient_name": patient}
    while True:
        time = times[0]
        status, answer = ask("POST", f"{base}{API}/appointments", headers, {**booking, "slot_id": time["uuid"]})
        if answer["success"]:
            break
        times = answer.get("data", {}).get("open_times")
        if not times:
            sys.exit(f"{status}: {answer['message']}")
    appointment = answer["data"]
    kind = types[time["appointment_type_ids"][0]]["name"]
    print(f"{kind} for {patient} on {time['start']}: {appointment['status']}")

    query = urllib.parse.urlencode({"updated_at_start": appointment["updated_at"]})
    page = must("GET", f"{base}{API}/appointments?{query}", headers)
    print("listed" if appointment in page["content"] else "not listed")


if __name__ == "__main__":
    if len(sys.argv) != 7:
        sys.exit(__doc__)
    main(*sys.argv[1:])
