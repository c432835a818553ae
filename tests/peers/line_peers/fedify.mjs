import { createPrivateKey, createPublicKey, webcrypto } from "node:crypto";

import { CryptographicKey, signRequest, verifyRequest } from "@fedify/fedify";

export const PACKAGE = "@fedify/fedify";

const RSA = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };

export async function sign(message) {
    const { key } = message;
    const der = createPrivateKey(key.private_pem).export({ type: "pkcs8", format: "der" });
    const privateKey = await webcrypto.subtle.importKey("pkcs8", der, RSA, true, ["sign"]);
    const signed = await signRequest(asRequest(message), privateKey, new URL(key.id));
    message.goesTo(signed.url);
    return [...signed.headers];
}

export async function verify(message) {
    const der = createPublicKey(message.key.public_pem).export({ type: "spki", format: "der" });
    const publicKey = await webcrypto.subtle.importKey("spki", der, RSA, true, ["verify"]);
    const key = new CryptographicKey({ id: new URL(message.key.id), publicKey });
    // A key that is not found here, or that does not fit, would be fetched.
    const documentLoader = async (url) => {
        throw new Error(`no key ${url}`);
    };
    const keyCache = { get: async (url) => (url.href === key.id.href ? key : undefined), set: async () => {} };
    return (await verifyRequest(asRequest(message), { documentLoader, keyCache })) !== null;
}

function asRequest(message) {
    const { method, fields } = message;
    const body = ["GET", "HEAD"].includes(method) ? undefined : message.body;
    return new Request(message.url(), { method, headers: fields, body });
}
