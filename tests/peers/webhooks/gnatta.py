"""Gnatta: every request of a domain signed with its one active key, and the keys' life.

    gnatta.py ring FILE generate|activate|dispose|show     or: restore ID
    gnatta.py send METHOD URL --ring FILE …                without an active key the request is not signed
    gnatta.py serve --key KEY --key KEY …                  what a customer runs, who may know the pending key already

Keys are base64 text. The page that describes all this names the field of the signature nowhere, so it is an argument.
"""

import argparse
import base64
import datetime
import hashlib
import hmac
import json
import os
import secrets
import sys
import time

# The sources stay as they are when tests run.
sys.dont_write_bytecode = True

import loopback
from loopback import Refused

TIME_FIELD = "x-request-timestamp"
TOLERANCE = 300


class Ring:
    """The keys of a domain, in a file: at most one of them pending and at most one active."""

    def __init__(self, path):
        self.path, self.keys = path, []
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                self.keys = json.load(file)

    def save(self):
        with open(self.path, "w", encoding="utf-8") as file:
            json.dump(self.keys, file)

    def in_state(self, state):
        return next((key for key in self.keys if key["state"] == state), None)

    def enter(self, key, state):
        """Whoever was in that state makes room."""
        present = self.in_state(state)
        if present is not None:
            present["state"] = "disposed"
        key["state"] = state

    def generate(self):
        key = {"id": len(self.keys) + 1, "text": base64.b64encode(secrets.token_bytes(32)).decode()}
        self.enter(key, "pending")
        self.keys.append(key)

    def activate(self):
        self.enter(self.existing("pending"), "active")

    def dispose(self):
        self.existing("active")["state"] = "disposed"

    def restore(self, key_id):
        """Pending again, from where it is activated like a new one: what it becomes the page leaves open."""
        key = next((key for key in self.keys if key["id"] == key_id and key["state"] == "disposed"), None)
        if key is None:
            raise SystemExit(f"no disposed key {key_id}")
        self.enter(key, "pending")

    def existing(self, state):
        key = self.in_state(state)
        if key is None:
            raise SystemExit(f"no {state} key")
        return key


def signature(key, method, timestamp, body):
    message = f"{method}|{timestamp}|".encode() + body
    return base64.b64encode(hmac.new(base64.b64decode(key, validate=True), message, hashlib.sha256).digest()).decode()


def verify(args, request):
    signed, timestamp = request.field(args.header), request.field(TIME_FIELD)
    if signed is None:
        raise Refused("unsigned")
    if timestamp is None:
        raise Refused("timeless")
    expected = [signature(key, request.method, timestamp, request.body) for key in args.key]
    # Each is compared, so that the answer does not come sooner for the first key.
    matches = [hmac.compare_digest(signed.encode(), one.encode()) for one in expected]
    if True not in matches:
        raise Refused("mismatch")
    try:
        then = datetime.datetime.fromisoformat(timestamp).timestamp()
    except ValueError:
        raise Refused("timeless") from None
    loopback.is_fresh(then, time.time(), TOLERANCE)
    return {"key": matches.index(True)}


def serve(args):
    loopback.serve_verdicts(lambda request: verify(args, request))


def send(args):
    key = args.key
    if args.ring is not None:
        active = Ring(args.ring).in_state("active")
        key = active["text"] if active else None
    timestamp = args.timestamp or loopback.text_time(args.offset)
    if args.precise:
        timestamp = timestamp.replace("Z", ".1234567Z")
    fields = [("content-type", "application/json"), (TIME_FIELD, timestamp)]
    if key is not None:
        fields.append((args.header, signature(key, args.method, timestamp, args.body)))
    fields = [(name, value) for name, value in fields if name not in args.omit]
    loopback.send(args.sent_method or args.method, args.url, fields, loopback.sent_body(args))


def manage(args):
    ring = Ring(args.file)
    if args.action == "restore":
        ring.restore(args.id)
    elif args.action != "show":
        getattr(ring, args.action)()
    ring.save()
    print(json.dumps({"keys": ring.keys}))


def main():
    parser = argparse.ArgumentParser()
    roles = parser.add_subparsers(required=True)

    server = roles.add_parser("serve")
    server.add_argument("--key", action="append", required=True)
    server.add_argument("--header", default="x-request-signature")
    server.set_defaults(run=serve)

    sender = roles.add_parser("send")
    sender.add_argument("method")
    sender.add_argument("url")
    sender.add_argument("--ring", help="the file, whose active key signs")
    sender.add_argument("--key", help="signs where there is no ring")
    sender.add_argument("--header", default="x-request-signature")
    sender.add_argument("--offset", type=int, default=0, help="seconds by which the timestamp is ahead of the present")
    sender.add_argument("--timestamp", help="this text in its place")
    sender.add_argument("--precise", action="store_true", help="with seven digits of a fraction, as .NET has them")
    sender.add_argument("--sent-method", help="sent in place of the one that was signed")
    sender.add_argument("--omit", action="append", default=[], help="a field, left out after all was signed")
    loopback.add_body_arguments(sender, "")
    sender.set_defaults(run=send)

    ring = roles.add_parser("ring")
    ring.add_argument("file")
    ring.add_argument("action", choices=["generate", "activate", "dispose", "restore", "show"])
    ring.add_argument("id", type=int, nargs="?", help="what to restore")
    ring.set_defaults(run=manage)

    args = parser.parse_args()
    args.run(args)


main()
