"""An SMTP server for the tests: aiosmtpd, which writes down what it receives and misbehaves when it is told to.

    server.py FOLDER [--tls none|starttls|wrapped] [--user USER --password PASSWORD] [--port PORT]

Prints the port that it listens on. Each mail that it takes becomes FOLDER/<n>.json: the envelope, the headers and parts as
Python's parser reads them, and the calendar entry as the icalendar package does. With TLS, FOLDER/ca.pem is the authority
that signed its certificate, which is for localhost. FOLDER/behaviour says what it does with the next mails (see `Handler`). Ends with its standard
input.
"""

import argparse
import asyncio
import email
import email.policy
import json
import logging
import os
import pathlib
import ssl
import sys
import threading
import warnings

import icalendar
import trustme
from aiosmtpd.smtp import SMTP, AuthResult

# What it thinks of clients that hang up, and of its own settings, is no news to the tests.
logging.disable()
warnings.simplefilter("ignore")

arguments = argparse.ArgumentParser()
arguments.add_argument("folder", type=pathlib.Path)
arguments.add_argument("--tls", choices=["none", "starttls", "wrapped"], default="none")
arguments.add_argument("--user")
arguments.add_argument("--password")
arguments.add_argument("--port", type=int, default=0)
arguments = arguments.parse_args()


def behaviour():
    try:
        return (arguments.folder / "behaviour").read_text().strip()
    except FileNotFoundError:
        return ""


def calendar(text):
    entry = icalendar.Calendar.from_ical(text)
    event = entry.walk("VEVENT")[0]
    return {
        "METHOD": str(entry["METHOD"]),
        **{name: str(event[name]) for name in ("UID", "SUMMARY", "LOCATION", "STATUS", "ORGANIZER", "ATTENDEE")},
        "SEQUENCE": int(event["SEQUENCE"]),
        "DTSTART": event["DTSTART"].dt.isoformat(),
        "DTEND": event["DTEND"].dt.isoformat(),
    }


def read(server, session, envelope):
    message = email.message_from_bytes(envelope.content, policy=email.policy.default)
    parts = {}
    for part in message.iter_parts():
        text = part.get_payload(decode=True).decode(part.get_content_charset())
        parts[part.get_content_type()] = {"method": part["Content-Type"].params.get("method"), "text": text}
    return {
        "from": envelope.mail_from,
        "to": envelope.rcpt_tos,
        "encrypted": session.ssl is not None or server.transport.get_extra_info("ssl_object") is not None,
        "user": session.auth_data.login.decode() if session.auth_data else None,
        "headers": {name: str(value) for name, value in message.items()},
        "defects": [str(defect) for defect in message.defects],
        "parts": parts,
        "calendar": calendar(parts["text/calendar"]["text"]) if "text/calendar" in parts else None,
    }


class Handler:
    """Takes every mail, unless `behaviour` says otherwise."""

    async def handle_MAIL(self, server, session, envelope, address, options):
        if behaviour() == "refuse-sender":
            return "550 5.7.1 Not from you"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        match behaviour():
            case "refuse-recipient":
                return f"550 5.1.1 <{address}> is nobody"
            case "busy-recipient":
                return "451 4.7.1 Greylisted"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        match behaviour():
            case "refuse-content":
                return "554 5.6.0 Not that"
            case "busy-content":
                return "452 4.3.1 No room"
        self.keep(read(server, session, envelope))
        match behaviour():
            case "stall":
                await asyncio.sleep(3600)
            case "hang-up":
                server.transport.abort()
        return "250 OK"

    def keep(self, mail):
        number = len(list(arguments.folder.glob("*.json")))
        path = arguments.folder / f"{number}.part"
        path.write_text(json.dumps(mail))
        path.rename(path.with_suffix(".json"))


def authenticate(server, session, envelope, mechanism, data):
    good = (data.login, data.password) == (arguments.user.encode(), arguments.password.encode())
    return AuthResult(success=good, handled=False, auth_data=data)


async def main():
    context = None
    if arguments.tls != "none":
        authority = trustme.CA()
        authority.cert_pem.write_to_path(arguments.folder / "ca.pem")
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        authority.issue_cert("localhost").configure_cert(context)
    options = {"hostname": "localhost", "enable_SMTPUTF8": True}
    if arguments.tls == "starttls":
        options |= {"tls_context": context, "require_starttls": True}
    if arguments.user:
        options |= {"authenticator": authenticate, "auth_required": True, "auth_require_tls": False}
    handler = Handler()
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(handler, **options),
        "127.0.0.1",
        arguments.port,
        ssl=context if arguments.tls == "wrapped" else None,
        reuse_address=True,
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def end_with_standard_input():
    sys.stdin.read()
    os._exit(0)


threading.Thread(target=end_with_standard_input, daemon=True).start()
asyncio.run(main())
