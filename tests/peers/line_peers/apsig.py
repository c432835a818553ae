from apsig.draft import Signer, Verifier
from cryptography.hazmat.primitives.serialization import load_pem_private_key

DISTRIBUTION = "apsig"


def sign(message):
    signer = Signer(
        headers=message.headers(),
        private_key=load_pem_private_key(message.key.private_pem.encode(), password=None),
        method=message.method,
        url=message.url(),
        key_id=message.key.id,
        body=message.content(),
        signed_headers=message.covered,
    )
    return message.with_fields(signer.sign())


def verify(message):
    verifier = Verifier(message.key.public_pem, message.method, message.url(), message.headers(), message.content())
    message.key.found(verifier.verify(raise_on_fail=True))
    return True
