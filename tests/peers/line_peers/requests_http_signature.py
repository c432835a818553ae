from requests_http_signature import HTTPSignatureAuth, HTTPSignatureHeaderAuth

from . import with_requests

DISTRIBUTION = "requests-http-signature"

CLASSES = {"authorization": HTTPSignatureAuth, "signature": HTTPSignatureHeaderAuth}


def sign(message):
    key = message.key
    auth = CLASSES[message.field](key.to_sign(), key.id, key.algorithm, message.covered)
    return with_requests.sign(message, auth)


def verify(message):
    def resolve(key_id, algorithm):
        return message.key.found(key_id).to_verify().encode()

    # It raises whenever it does not accept, and gives nothing otherwise.
    CLASSES[message.field].verify(with_requests.received(message), resolve, scheme=message.field.title())
    return True
