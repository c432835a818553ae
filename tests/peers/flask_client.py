"""A client such as Flask-Cavage's documentation shows: requests, with every request signed by an auth object.

Sends one request and prints a JSON object with the answer and with the versions of what sent it.
"""

import argparse
import base64
import email.utils
import hashlib
import importlib.metadata
import json
from urllib.parse import urlsplit

import requests
from httpsig import HeaderSigner

ALWAYS = ["(request-target)", "host", "date"]
WITH_CONTENT = [*ALWAYS, "content-length", "content-type", "digest"]


class SignedRequestAuth(requests.auth.AuthBase):
    def __init__(self, key_id, secret, algorithm, field):
        self.key_id, self.secret, self.algorithm, self.field = key_id, secret, algorithm, field

    def __call__(self, request):
        covered = ALWAYS
        if request.method in ("POST", "PUT", "PATCH"):
            covered = WITH_CONTENT
            digest = hashlib.sha256(request.body or b"").digest()
            request.headers["Digest"] = "SHA-256=" + base64.b64encode(digest).decode()
        signer = HeaderSigner(self.key_id, self.secret, self.algorithm, covered, self.field)
        # requests leaves Host to the layer below, which takes it from the URL.
        host = urlsplit(request.url).netloc
        signed = signer.sign(request.headers, host=host, method=request.method, path=request.path_url)
        request.headers[self.field] = signed[self.field]
        return request


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("method")
    parser.add_argument("url")
    parser.add_argument("--key-id", help="without one the request is not signed")
    parser.add_argument("--secret")
    parser.add_argument("--algorithm", default="hmac-sha256")
    parser.add_argument("--field", default="Authorization")
    parser.add_argument("--json", type=json.loads, help="the body")
    parser.add_argument("--sent-json", type=json.loads, help="sent in place of the body that was signed")
    args = parser.parse_args()

    auth = SignedRequestAuth(args.key_id, args.secret, args.algorithm, args.field) if args.key_id else None
    headers = {"date": email.utils.formatdate(usegmt=True), "content-type": "application/json"}
    session = requests.Session()
    # No proxy, and no credentials of a netrc file.
    session.trust_env = False
    request = session.prepare_request(requests.Request(args.method, args.url, headers=headers, json=args.json, auth=auth))
    if args.sent_json is not None:
        request.body = json.dumps(args.sent_json).encode()
    response = session.send(request, timeout=10)
    versions = [importlib.metadata.version(name) for name in ("requests", "httpsig")]
    print(
        json.dumps(
            {
                "version": "+".join(versions),
                "status": response.status_code,
                "body": response.text,
                "cause": response.headers.get("x-cause"),
            }
        )
    )


main()
