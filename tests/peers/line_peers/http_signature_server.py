from http_signature_server import verify_headers

from . import algorithms

DISTRIBUTION = "http-signature-server"

def verify(message):
    def check(key_id, signature, data):
        # None is how it is told of an unknown key.
        return algorithms.verifies(message.key, signature, data) if key_id == message.key.id else None

    fields = tuple((name, value) for name, value in message.fields)
    error, _ = verify_headers(check, 300, message.method, message.target, fields)
    if error is not None:
        raise ValueError(error)
    return True
