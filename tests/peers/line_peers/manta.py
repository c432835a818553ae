from urllib.parse import parse_qsl, urlsplit

from manta import PrivateKeySigner
from manta.client import RawMantaClient

DISTRIBUTION = "manta"


class Recorder:
    """Stands for the HTTP client, httplib2."""

    def request(self, url, method, body, headers):
        self.url, self.headers = url, headers


class Client(RawMantaClient):
    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.recorder = Recorder()

    def _get_http(self):
        return self.recorder


def sign(message):
    account, fingerprint = account_and_fingerprint(message.key.id)
    signer = PrivateKeySigner(fingerprint, message.key.private_pem.encode())
    client = Client(f"{message.scheme}://{message.host()}", account, signer=signer)
    # It looks for Date in this very spelling.
    headers = {name.title(): value for name, value in message.headers().items()}
    target = urlsplit(message.target)
    # The one method through which its every call goes.
    client._request(target.path, message.method, dict(parse_qsl(target.query)), message.body, headers)
    sent = urlsplit(client.recorder.url)
    message.target = f"{sent.path}?{sent.query}" if sent.query else sent.path
    return [[name, value] for name, value in client.recorder.headers.items()]


def account_and_fingerprint(key_id):
    _, account, keys, fingerprint = key_id.split("/")
    if keys != "keys":
        raise ValueError(f"{key_id} is not /account/keys/fingerprint")
    return account, fingerprint
