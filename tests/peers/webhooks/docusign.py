"""DocuSign Connect: a signature for each key of the account, in a field of its own.

    docusign.py send URL --key KEY --key KEY …     signs with each, in X-DocuSign-Signature-1 and so on
    docusign.py serve --key KEY …                  accepts any field that matches any key

The keys look like base64 and are used as they are written. Nothing tells which field is whose: the number is a place in a
list, from which keys are taken out.
"""

import argparse
import base64
import hashlib
import hmac
import re
import sys

# The sources stay as they are when tests run.
sys.dont_write_bytecode = True

import loopback
from loopback import Refused

FIELD = re.compile(r"x-docusign-signature-[1-9][0-9]*", re.ASCII | re.IGNORECASE)


def signature(key, body):
    return base64.b64encode(hmac.new(key.encode(), body, hashlib.sha256).digest()).decode()


def send(args):
    fields = [("content-type", "application/json"), ("X-Authorization-Digest", "HMACSHA256")]
    for number, key in enumerate(args.key, 1):
        fields.append((f"X-DocuSign-Signature-{number}", signature(key, args.body)))
    loopback.send("POST", args.url, fields, loopback.sent_body(args))


def verify(args, request):
    names = {name.lower() for name in request.fields.keys() if FIELD.fullmatch(name)}
    signatures = [request.field(name).encode() for name in names]
    if not signatures:
        raise Refused("unsigned")
    expected = [signature(key, request.body).encode() for key in args.key]
    matches = [hmac.compare_digest(one, other) for one in signatures for other in expected]
    if True not in matches:
        raise Refused("mismatch")
    return {"signatures": len(signatures)}


def serve(args):
    loopback.serve_verdicts(lambda request: verify(args, request))


def main():
    parser = argparse.ArgumentParser()
    roles = parser.add_subparsers(required=True)

    sender = roles.add_parser("send")
    sender.add_argument("url")
    sender.add_argument("--key", action="append", default=[], help="without one the request is not signed")
    loopback.add_body_arguments(sender, '{"event":"envelope-completed","data":{"envelopeId":"0c6a2b7f"}}')
    sender.set_defaults(run=send)

    server = roles.add_parser("serve")
    server.add_argument("--key", action="append", required=True)
    server.set_defaults(run=serve)

    args = parser.parse_args()
    args.run(args)


main()
