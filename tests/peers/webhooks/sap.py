"""The neighbours of SAP API Management, which checks a webhook's signature and then calls on with credentials of its own.

    sap.py source URL --key KEY …                  the source system: a webhook of SAP Customer Data Cloud (Gigya)
    sap.py cpi --user USER --password PASSWORD     the target, which knows no signatures and demands Basic authentication
    sap.py serve --key KEY                         what stands between the two, and verifies

The key is base64 text.
"""

import argparse
import base64
import hashlib
import hmac
import sys
import uuid

# The sources stay as they are when tests run.
sys.dont_write_bytecode = True

import loopback
from loopback import Refused

FIELD = "X-Gigya-Sig-Hmac-Sha1"
EVENT = '{"events":[{"type":"accountRegistered","id":"b3e95b42","data":{"uid":"4"}}],"nonce":"8693aa10"}'


def signature(key, body):
    return base64.b64encode(hmac.new(base64.b64decode(key, validate=True), body, hashlib.sha1).digest()).decode()


def send(args):
    fields = [("content-type", "application/json")]
    if args.key is not None:
        fields.append((FIELD, signature(args.key, args.body)))
    loopback.send("POST", args.url, fields, loopback.sent_body(args))


def verify(args, request):
    signed = request.field(FIELD)
    if signed is None:
        raise Refused("unsigned")
    if not hmac.compare_digest(signed.encode(), signature(args.key, request.body).encode()):
        raise Refused("mismatch")
    return {}


def serve(args):
    loopback.serve_verdicts(lambda request: verify(args, request))


def target(args):
    credentials = base64.b64encode(f"{args.user}:{args.password}".encode()).decode()

    def answer(request):
        authorized = request.field("authorization") == f"Basic {credentials}"
        seen = {
            "authorized": authorized,
            "method": request.method,
            "target": request.target,
            "fields": [[name.lower(), value] for name, value in request.fields.items()],
            "body": base64.b64encode(request.body).decode(),
        }
        if not authorized:
            return 401, {"www-authenticate": 'Basic realm="CPI"'}, seen
        return 200, {"SAP_MessageProcessingLogID": uuid.uuid4()}, seen

    loopback.serve(answer)


def main():
    parser = argparse.ArgumentParser()
    roles = parser.add_subparsers(required=True)

    source = roles.add_parser("source")
    source.add_argument("url")
    source.add_argument("--key", help="without one the request is not signed")
    loopback.add_body_arguments(source, EVENT)
    source.set_defaults(run=send)

    cpi = roles.add_parser("cpi")
    cpi.add_argument("--user", required=True)
    cpi.add_argument("--password", required=True)
    cpi.set_defaults(run=target)

    server = roles.add_parser("serve")
    server.add_argument("--key", required=True)
    server.set_defaults(run=serve)

    args = parser.parse_args()
    args.run(args)


main()
