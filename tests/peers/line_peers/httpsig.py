from httpsig import HeaderSigner, HeaderVerifier

DISTRIBUTION = "httpsig"


def sign(message):
    key = message.key
    signer = HeaderSigner(key.id, key.to_sign(), key.algorithm, message.covered, message.field)
    signed = signer.sign(message.headers(), method=message.method, path=message.target)
    return message.with_fields({message.field: signed[message.field]})


def verify(message):
    verifier = HeaderVerifier(
        message.headers(),
        message.key.to_verify(),
        required_headers=message.covered,
        method=message.method,
        path=message.target,
        sign_header=message.field,
    )
    message.key.found(verifier.auth_dict["keyid"])
    return verifier.verify()
