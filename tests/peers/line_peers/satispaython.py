import httpcore
import httpx
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from satispaython import SatispayAuth

DISTRIBUTION = "satispaython"


class Recorder(httpcore.SyncHTTPTransport):
    def request(self, method, url, headers=None, stream=None, ext=None):
        self.target = url[3].decode()
        self.fields = [[name.decode().lower(), value.decode()] for name, value in headers]
        return 200, [], httpcore.PlainByteStream(b""), {}


def sign(message):
    private = load_pem_private_key(message.key.private_pem.encode(), password=None)
    recorder = Recorder()
    # No proxy, and no credentials of a netrc file.
    with httpx.Client(auth=SatispayAuth(message.key.id, private), transport=recorder, trust_env=False) as client:
        client.request(message.method, message.url(), headers=message.headers(), content=message.content())
    message.target = recorder.target
    return recorder.fields
