// http-signature and the fork of it that PeerTube keeps.

import { fieldsOf, incoming, outgoing } from "./with_node.mjs";

export function sign(httpSignature, message, algorithm) {
    const { key, covered: headers, field } = message;
    const request = outgoing(message);
    const options = { keyId: key.id, key: key.secret ?? key.private_pem, headers, authorizationHeaderName: field };
    httpSignature.signRequest(request, { ...options, ...algorithm });
    return fieldsOf(request);
}

/** The algorithm by the name that they have for it. */
export function named({ algorithm }) {
    return { algorithm: algorithm === "ed25519" ? "ed25519-sha512" : algorithm };
}

export async function verify(httpSignature, message) {
    const request = await incoming(message);
    const options = { headers: message.covered, authorizationHeaderName: message.field };
    const parsed = httpSignature.parseRequest(request, options);
    const key = message.keyFound(parsed.keyId);
    return key.secret
        ? httpSignature.verifyHMAC(parsed, key.secret)
        : httpSignature.verifySignature(parsed, key.public_pem);
}
