"""What the peers on the standard library share, none of it about signatures: a server, one sent request, bodies, time."""

import base64
import http.client
import http.server
import json
import platform
import time
from urllib.parse import urlsplit


class Request:
    """What a server got. A field is an error where it is repeated, since whose it is would depend on the reader."""

    def __init__(self, handler, body):
        self.method, self.target, self.body, self.fields = handler.command, handler.path, body, handler.headers

    def field(self, name):
        values = self.fields.get_all(name, [])
        if len(values) > 1:
            raise Refused("repeated")
        return values[0] if values else None


class Refused(Exception):
    """Why a request is refused, in a word."""


def serve(answer):
    """Says the port in one line and then serves. `answer` gives a status, fields and an object for each request."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def reply(self):
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            status, fields, content = answer(Request(self, body))
            content = json.dumps(content).encode()
            self.send_response(status)
            for name, value in {**fields, "content-type": "application/json", "content-length": len(content)}.items():
                self.send_header(name, str(value))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        do_DELETE = do_GET = do_HEAD = do_PATCH = do_POST = do_PUT = reply

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(json.dumps({"port": server.server_port, "version": platform.python_version()}), flush=True)
    server.serve_forever()


def serve_verdicts(verify):
    """Answers with what `verify` returns, which accepts a request, or with what it raises, which refuses it."""

    def answer(request):
        try:
            return 200, {}, {"verdict": "accepted", **verify(request)}
        except Refused as refusal:
            return 403, {}, {"verdict": "refused", "reason": str(refusal)}

    serve(answer)


def send(method, url, fields, body):
    """Sends one request and prints the answer. Nothing is added to the fields but Host and Content-Length."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=10)
    connection.putrequest(method, parts._replace(scheme="", netloc="").geturl() or "/", skip_accept_encoding=True)
    for name, value in [*fields, ("content-length", len(body))]:
        connection.putheader(name, str(value))
    connection.endheaders(body)
    response = connection.getresponse()
    answer = {
        "version": platform.python_version(),
        "status": response.status,
        "fields": [[name.lower(), value] for name, value in response.getheaders()],
        # A server may echo what is no text.
        "body": response.read().decode(errors="replace"),
    }
    print(json.dumps(answer))


def add_body_arguments(parser, default):
    parser.add_argument("--body", type=str.encode, default=default.encode(), help="what is signed")
    parser.add_argument("--body-base64", type=base64.b64decode, dest="body", help="the same, where it is no text")
    parser.add_argument("--sent-body", type=str.encode, help="sent in place of what was signed")


def sent_body(args):
    return args.body if args.sent_body is None else args.sent_body


def is_fresh(then, now, tolerance):
    """Seconds all. Too old and too new are told apart, as the senders' clocks go wrong both ways."""
    if now - then > tolerance:
        raise Refused("stale")
    if then - now > tolerance:
        raise Refused("future")


def text_time(offset):
    """The present in UTC, moved by so many seconds, without a fraction."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + offset))
