"""The algorithms that an application brings to the peers that leave them to it."""

import hashlib
import hmac

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256, SHA512
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

ASYMMETRIC = {
    "ed25519": (),
    "rsa-sha256": (PKCS1v15(), SHA256()),
    "rsa-sha512": (PKCS1v15(), SHA512()),
    "ecdsa-sha256": (ECDSA(SHA256()),),
}
HMAC = {"hmac-sha256": hashlib.sha256, "hmac-sha512": hashlib.sha512}


def signer(key):
    if key.algorithm in HMAC:
        return lambda data: hmac.digest(key.secret.encode(), data, HMAC[key.algorithm])
    private = load_pem_private_key(key.private_pem.encode(), password=None)
    return lambda data: private.sign(data, *ASYMMETRIC[key.algorithm])


def verifies(key, signature, data):
    if key.algorithm in HMAC:
        return hmac.compare_digest(signature, signer(key)(data))
    try:
        load_pem_public_key(key.public_pem.encode()).verify(signature, data, *ASYMMETRIC[key.algorithm])
    except InvalidSignature:
        return False
    return True
