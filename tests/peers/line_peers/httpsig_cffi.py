from httpsig_cffi.requests_auth import HTTPSignatureAuth
from httpsig_cffi.verify import HeaderVerifier

from . import with_requests

DISTRIBUTION = "httpsig-cffi"


def sign(message):
    key = message.key
    auth = HTTPSignatureAuth(key.id, key.to_sign(), key.algorithm, message.covered)
    return with_requests.sign(message, auth)


def verify(message):
    verifier = HeaderVerifier(
        message.headers(),
        message.key.to_verify(),
        required_headers=message.covered,
        method=message.method,
        path=message.target,
    )
    message.key.found(verifier.auth_dict["keyid"])
    return verifier.verify()
