import asyncio
import logging

from bovine.clients.signed_http import SignedHttpClient
from bovine.crypto import build_validate_http_signature_raw
from bovine.crypto.types import CryptographicIdentifier

DISTRIBUTION = "bovine"


class LastWarning(logging.Handler):
    """The validator gives nothing but None when it refuses; why goes to the log."""

    text = None

    def emit(self, record):
        self.text = self.text or record.getMessage()

    def take(self):
        text, self.text = self.text, None
        return text


log = LastWarning(logging.WARNING)
logging.getLogger("bovine").addHandler(log)
logging.getLogger("bovine").propagate = False


class Recorder:
    """Stands for aiohttp's session."""

    headers = None

    async def get(self, url, headers, **options):
        self.headers = headers

    async def post(self, url, headers, **options):
        self.headers = headers


def sign(message):
    recorder = Recorder()
    client = SignedHttpClient(recorder, message.key.id, message.key.private_pem)
    headers = message.headers()
    if message.method == "GET":
        asyncio.run(client.get(message.url(), headers))
    elif message.method == "POST":
        asyncio.run(client.post(message.url(), message.body, headers, headers.get("content-type")))
    else:
        raise ValueError(f"bovine sends no {message.method}")
    return message.with_fields(recorder.headers)


def verify(message):
    async def find(key_id):
        return CryptographicIdentifier.from_pem(message.key.found(key_id).public_pem, "owner")

    async def body():
        return message.content()

    validate = build_validate_http_signature_raw(find)
    log.take()
    owner = asyncio.run(validate(message.method, message.url(), message.headers(), body))
    if owner != "owner":
        raise ValueError(log.take() or "the validator gave no owner")
    return True
