// The algorithms that an application brings to the peers that leave them to it.

import crypto from "node:crypto";

const HMAC = { "hmac-sha256": "sha256", "hmac-sha512": "sha512" };
const ASYMMETRIC = { "rsa-sha256": "sha256", "rsa-sha512": "sha512", "ecdsa-sha256": "sha256", ed25519: null };

function digest(key) {
    if (!(key.algorithm in ASYMMETRIC)) {
        throw new Error(`no algorithm ${key.algorithm}`);
    }
    return ASYMMETRIC[key.algorithm];
}

export function sign(key, data) {
    return key.algorithm in HMAC
        ? crypto.createHmac(HMAC[key.algorithm], key.secret).update(data).digest()
        : crypto.sign(digest(key), Buffer.from(data), key.private_pem);
}

export function verifies(key, signature, data) {
    return key.algorithm in HMAC
        ? sign(key, data).equals(signature)
        : crypto.verify(digest(key), Buffer.from(data), key.public_pem, signature);
}
