#!/usr/bin/env python3
"""Mirrors the booking sessions of a location into a SQLite file, and keeps the mirror up to date.

    FRONTDESK_TOKEN=fd_… python3 poll.py http://127.0.0.1:8080 paws-austin mirror.db [SECONDS]

Every SECONDS (default 10) it asks for all sessions from the latest change on that it has, and follows the Link header
from page to page. The next window begins at the latest `updated_at` of this one, so that the server's clock decides and
not this machine's. How far it came is kept in the same transaction as the sessions: stop it whenever you like and start
it again. A session comes once more with each of its changes; the latest one wins.
"""

import http.client
import json
import os
import sqlite3
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

PATH = "/services/core/open_api/v1/booking_sessions"
BEGINNING = "1970-01-01T00:00:00Z"
TABLES = """
    CREATE TABLE IF NOT EXISTS sessions (source TEXT, id TEXT, updated_at TEXT NOT NULL, session TEXT NOT NULL,
        PRIMARY KEY (source, id));
    CREATE TABLE IF NOT EXISTS places (source TEXT PRIMARY KEY, updated_at TEXT NOT NULL);
"""
UPSERT = """
    INSERT INTO sessions VALUES (?, ?, ?, ?) ON CONFLICT (source, id) DO UPDATE
    SET updated_at = excluded.updated_at, session = excluded.session WHERE excluded.updated_at >= sessions.updated_at
"""


def fetch(url, headers):
    """A page: its sessions, and the address of the next page. Asks again for as long as the server cannot answer."""
    patience = 1
    while True:
        try:
            with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=60) as answer:
                link = answer.headers.get("Link")
                sessions = json.load(answer)["data"]["content"]
                return sessions, link and urllib.parse.urljoin(url, link[1 : link.index(">")])
        except urllib.error.HTTPError as error:
            if error.code != 429 and error.code < 500:
                sys.exit(f"{error.code}: {json.load(error)['message']}")
            problem, wait = error, int(error.headers.get("Retry-After", patience))
        except (OSError, http.client.HTTPException, ValueError) as error:
            problem, wait = error, patience
        print(f"{problem}; asking again in {wait} s", file=sys.stderr)
        time.sleep(wait)
        patience = min(2 * patience, 60)


def poll(mirror, source, base, headers):
    """Brings the mirror up to the present; says how many changes came."""
    place = mirror.execute("SELECT updated_at FROM places WHERE source = ?", (source,)).fetchone()
    changes = 0
    query = urllib.parse.urlencode({"updated_at_start": place[0] if place else BEGINNING, "per_page": 500})
    url = f"{base}{PATH}?{query}"
    while url:
        sessions, url = fetch(url, headers)
        with mirror:  # one transaction: the sessions of the page, and the place that it reaches
            mirror.executemany(UPSERT, [(source, s["id"], s["updated_at"], json.dumps(s)) for s in sessions])
            if sessions:
                mirror.execute("INSERT OR REPLACE INTO places VALUES (?, ?)", (source, sessions[-1]["updated_at"]))
        # The last change of the window before comes once more: both ends of a window are inclusive.
        changes += sum(s["updated_at"] != (place and place[0]) for s in sessions)
    return changes


def main():
    token = os.environ.get("FRONTDESK_TOKEN")
    if len(sys.argv) not in (4, 5) or not token or not sys.argv[1].startswith(("http://", "https://")):
        sys.exit(__doc__)
    base, location, path = sys.argv[1].rstrip("/"), sys.argv[2], sys.argv[3]
    seconds = float(sys.argv[4]) if len(sys.argv) == 5 else 10
    headers = {"Authorization": f"Bearer {token}", "X-Client-Id": location}
    mirror = sqlite3.connect(path)
    mirror.executescript(TABLES)
    while True:
        if changes := poll(mirror, f"{base} {location}", base, headers):
            print(f"{changes} changes", flush=True)
        time.sleep(seconds)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
