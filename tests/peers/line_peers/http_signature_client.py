from http_signature_client import sign_headers

from . import algorithms

DISTRIBUTION = "http-signature-client"


def sign(message):
    # It signs every field but those that it is told to leave out.
    left_out = set() if message.covered is None else message.headers().keys() - set(message.covered)
    fields = tuple((name, value) for name, value in message.fields)
    signed = sign_headers(
        message.key.id, algorithms.signer(message.key), message.method, message.target, fields, frozenset(left_out)
    )
    return [list(field) for field in signed]
