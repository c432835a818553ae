import parser, { SignedFetch } from "activitypub-http-signatures";

import { incoming } from "./with_node.mjs";

export const PACKAGE = "activitypub-http-signatures";

export async function sign(message) {
    const { key, method, body, covered: headerNames } = message;
    const recorder = async (url, options) => ({ url, ...options });
    const fetch = SignedFetch.sha256(recorder, { publicKeyId: key.id, privateKey: key.private_pem, headerNames });
    const sent = await fetch(message.url(), { method, headers: message.headers(), body });
    message.goesTo(sent.url);
    return message.withFields(sent.headers);
}

export async function verify(message) {
    const signature = parser.parse(await incoming(message));
    if (signature === null) {
        throw new Error("it sees no signature");
    }
    return signature.verify(message.keyFound(signature.keyId).public_pem);
}
