"""One provider's own SDK as a process that speaks JSON lines; README.md describes the exchange.

The argument names the SDK.
"""

import base64
import datetime
import importlib.metadata
import json
import os
import sys
import warnings
from urllib.parse import parse_qsl

FORM = "application/x-www-form-urlencoded"


class Message:
    """What was asked about. What an SDK has no use for need not be told."""

    def __init__(self, secret, body="", fields=(), url=None, id=None, time=None):
        self.secret, self.url, self.id, self.time = secret, url, id, time
        self.body = base64.b64decode(body, validate=True)
        # As a server would give them, which an SDK is called from.
        self.fields = {name.lower(): value for name, value in fields}
        if len(self.fields) < len(fields):
            raise ValueError("a field is repeated")


class Stripe:
    distribution = "stripe"

    def __init__(self):
        from stripe import WebhookSignature

        self.sdk = WebhookSignature

    def sign(self, message):
        header = self.sdk.generate_signature_header(message.body.decode(), message.secret, message.time)
        return {"stripe-signature": header}

    def verify(self, message):
        # What they tell every user to pass.
        tolerance = 300
        return self.sdk.verify_header(message.body, message.fields.get("stripe-signature"), message.secret, tolerance)


class Slack:
    distribution = "slack_sdk"

    def __init__(self):
        from slack_sdk.signature import SignatureVerifier

        self.sdk = SignatureVerifier

    def sign(self, message):
        timestamp = str(message.time)
        signature = self.sdk(message.secret).generate_signature(timestamp=timestamp, body=message.body)
        return {"x-slack-request-timestamp": timestamp, "x-slack-signature": signature}

    def verify(self, message):
        return self.sdk(message.secret).is_valid_request(message.body, message.fields)


class Twilio:
    distribution = "twilio"

    def __init__(self):
        from multidict import MultiDict
        from twilio.request_validator import RequestValidator

        self.sdk, self.multidict = RequestValidator, MultiDict

    def params(self, message):
        if message.fields.get("content-type") == FORM:
            return self.multidict(parse_qsl(message.body.decode(), keep_blank_values=True, errors="strict"))
        # JSON is bound by the URL, which has its hash.
        return message.body.decode()

    def sign(self, message):
        params = self.params(message)
        params = {} if isinstance(params, str) else params
        return {"x-twilio-signature": self.sdk(message.secret).compute_signature(message.url, params)}

    def verify(self, message):
        signature = message.fields.get("x-twilio-signature", "")
        return self.sdk(message.secret).validate(message.url, self.params(message), signature)


class StandardWebhooks:
    distribution = "standardwebhooks"

    def __init__(self):
        from standardwebhooks import Webhook

        self.sdk = Webhook

    def sign(self, message):
        time = datetime.datetime.fromtimestamp(message.time, datetime.timezone.utc)
        signature = self.sdk(message.secret).sign(message.id, time, message.body.decode())
        return {"webhook-id": message.id, "webhook-timestamp": str(message.time), "webhook-signature": signature}

    def verify(self, message):
        self.sdk(message.secret).verify(message.body, message.fields, json_parse=False)
        return True


SDKS = {"stripe": Stripe, "slack": Slack, "twilio": Twilio, "standardwebhooks": StandardWebhooks}


def reason(error):
    return f"{type(error).__name__}: {error}"


def sign(sdk, message):
    try:
        return {"fields": list(sdk.sign(message).items())}
    except Exception as error:
        return {"error": reason(error)}


def verify(sdk, message):
    try:
        accepted = sdk.verify(message)
    except Exception as error:
        return {"accepted": False, "reason": reason(error)}
    return {"accepted": accepted, "reason": None if accepted else "the peer says no more than no"}


ACTIONS = {"sign": sign, "verify": verify}


def answer(sdk, line):
    try:
        request = json.loads(line)
        action = ACTIONS[request.pop("action")]
        message = Message(**request)
    except Exception as error:
        return {"error": f"the test's own mistake: {reason(error)}"}
    return action(sdk, message)


def main():
    # An SDK that prints would garble the lines.
    lines = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    warnings.simplefilter("ignore")

    name = sys.argv[1]
    sdk = SDKS[name]()
    version = importlib.metadata.version(sdk.distribution)
    print(json.dumps({"peer": name, "version": version, "roles": list(ACTIONS)}), file=lines, flush=True)
    for line in sys.stdin.buffer:
        print(json.dumps(answer(sdk, line)), file=lines, flush=True)


main()
