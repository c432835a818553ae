import {
    genRFC3230DigestHeader,
    parseRequestSignature,
    signAsDraftToRequest,
    verifyDigestHeader,
    verifyDraftSignature,
} from "@misskey-dev/node-http-message-signatures";

import { incoming } from "./with_node.mjs";

export const PACKAGE = "@misskey-dev/node-http-message-signatures";

export async function sign(message) {
    const { key, method, body, covered } = message;
    const request = { method, url: message.url(), headers: message.headers(), body };
    if (covered.includes("digest") && !("digest" in request.headers)) {
        Object.assign(request.headers, { digest: await genRFC3230DigestHeader(body, "SHA-256") });
    }
    await signAsDraftToRequest(request, { keyId: key.id, privateKeyPem: key.private_pem }, covered);
    message.goesTo(request.url);
    return message.withFields(request.headers);
}

export async function verify(message) {
    // It gives false, and tells why to what logs its errors.
    const refuse = (error) => {
        throw error instanceof Error ? error : new Error(error);
    };
    const request = await incoming(message);
    if ("digest" in request.headers && !(await verifyDigestHeader(request, Buffer.from(message.body), true, refuse))) {
        return false;
    }
    const parsed = parseRequestSignature(request, { requiredComponents: { draft: message.covered } });
    if (parsed.version !== "draft") {
        throw new Error(`it sees ${parsed.version}`);
    }
    const { public_pem } = message.keyFound(parsed.value.keyId);
    return verifyDraftSignature(parsed.value, public_pem, refuse);
}
