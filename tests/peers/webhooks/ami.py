"""Autodesk Flow Production Tracking: action menu items (AMIs), which are signed forms, and its webhooks, signed JSON.

    ami.py serve --token TOKEN                  verifies POST /ami and POST /webhook
    ami.py send URL --token TOKEN …             the form that a user's browser posts
    ami.py send-webhook URL --token TOKEN …     the JSON that the site posts
"""

import argparse
import calendar
import hashlib
import hmac
import json
import sys
import time
from urllib.parse import parse_qsl, urlencode

# The sources stay as they are when tests run.
sys.dont_write_bytecode = True

import loopback
from loopback import Refused

TOLERANCE = 10
FORM = "application/x-www-form-urlencoded"

# What the documentation lists for a page of versions, shortened.
FIELDS = {
    "user_id": "34",
    "user_login": "zoë",
    "entity_type": "Version",
    "selected_ids": "931,900",
    "ids": "931,900,904,907",
    "title": "All Versions +100% & more",
    "server_hostname": "mystudio.shotgrid.autodesk.com",
    "cols": "code,sg_status_list",
    "cols2": "sorted by lines before cols",
    "project_id": "81",
}


def form_signature(token, fields):
    # The order is that of the whole lines: "cols2=" is before "cols=", which no order of the names would give.
    lines = sorted(f"{name}={value}\r\n" for name, value in fields if name != "signature")
    return hmac.new(token.encode(), "".join(lines).encode(), hashlib.sha1).hexdigest()


def body_signature(token, body):
    return "sha1=" + hmac.new(token.encode(), body, hashlib.sha1).hexdigest()


def verify_form(token, request):
    if request.field("content-type") != FORM:
        raise Refused("not a form")
    try:
        # Without blank values, as Python's old cgi module read the form.
        fields = parse_qsl(request.body.decode(), keep_blank_values=False, errors="strict")
    except UnicodeDecodeError:
        raise Refused("not UTF-8") from None
    named = dict(fields)
    if len(named) < len(fields):
        raise Refused("repeated")
    if "signature" not in named:
        raise Refused("unsigned")
    if not hmac.compare_digest(named["signature"].encode(), form_signature(token, fields).encode()):
        raise Refused("mismatch")
    loopback.is_fresh(read_time(named.get("timestamp")), time.time(), TOLERANCE)
    return {"fields": named}


def read_time(text):
    if text is None:
        raise Refused("timeless")
    try:
        return calendar.timegm(time.strptime(text, "%Y-%m-%dT%H:%M:%SZ"))
    except ValueError:
        raise Refused("timeless") from None


def verify_webhook(token, request):
    signature = request.field("x-sg-signature")
    if signature is None:
        raise Refused("unsigned")
    if not hmac.compare_digest(signature.encode(), body_signature(token, request.body).encode()):
        raise Refused("mismatch")
    return {"delivery": request.field("x-sg-delivery-id")}


def serve(args):
    routes = {"/ami": verify_form, "/webhook": verify_webhook}

    def verify(request):
        if request.method != "POST" or request.target not in routes:
            raise Refused("no such route")
        return routes[request.target](args.token, request)

    loopback.serve_verdicts(verify)


def send_form(args):
    fields = list(args.fields.items())
    if not args.timeless:
        fields.append(("timestamp", loopback.text_time(args.offset)))
    fields.append(("signature", form_signature(args.token, fields)))
    changes = dict(args.tamper)
    fields = [(name, changes.get(name, value)) for name, value in fields if name not in args.omit]
    fields += args.repeat + [(name, "") for name in args.blank]
    loopback.send("POST", args.url, [("content-type", FORM)], urlencode(fields).encode())


def send_webhook(args):
    fields = [("content-type", "application/json; charset=utf-8"), ("x-sg-delivery-id", args.delivery_id)]
    # A site without a token posts the same, unsigned.
    if args.token is not None:
        fields.append(("X-SG-SIGNATURE", body_signature(args.token, args.body)))
    loopback.send("POST", args.url, fields, loopback.sent_body(args))


def pair(text):
    name, _, value = text.partition("=")
    return name, value


def main():
    parser = argparse.ArgumentParser()
    roles = parser.add_subparsers(required=True)

    server = roles.add_parser("serve")
    server.add_argument("--token", required=True)
    server.set_defaults(run=serve)

    form = roles.add_parser("send")
    form.add_argument("url")
    form.add_argument("--token", required=True)
    form.add_argument("--fields", type=json.loads, default=FIELDS, help="a JSON object")
    form.add_argument("--offset", type=int, default=0, help="seconds by which the timestamp is ahead of the present")
    form.add_argument("--timeless", action="store_true", help="sign no timestamp")
    form.add_argument("--tamper", type=pair, action="append", default=[], help="NAME=VALUE, changed once signed")
    form.add_argument("--omit", action="append", default=[], help="a name, left out once signed")
    form.add_argument("--repeat", type=pair, action="append", default=[], help="NAME=VALUE, added once signed")
    form.add_argument("--blank", action="append", default=[], help="a name, sent empty and unsigned")
    form.set_defaults(run=send_form)

    webhook = roles.add_parser("send-webhook")
    webhook.add_argument("url")
    webhook.add_argument("--token", help="without one the request is not signed")
    webhook.add_argument("--delivery-id", default="dea7a71d-4896-482f-b238-b61820df8b65")
    loopback.add_body_arguments(webhook, '{"data":{"operation":"update","entity":{"type":"Shot","name":"Zoë"}}}')
    webhook.set_defaults(run=send_webhook)

    args = parser.parse_args()
    args.run(args)


main()
