import { createAuthzHeader, createSignatureString, parseRequest } from "@digitalbazaar/http-signature-header";

import * as algorithms from "./algorithms.mjs";

export const PACKAGE = "@digitalbazaar/http-signature-header";

export function sign(message) {
    const { key, method, covered: includeHeaders, field } = message;
    // These two go with every parameter that it can sign for.
    const parameters = { keyId: key.id, algorithm: key.algorithm };
    if (includeHeaders?.includes("(created)")) {
        parameters.created = Math.floor(Date.now() / 1000);
    }
    if (includeHeaders?.includes("(expires)")) {
        parameters.expires = Math.floor(Date.now() / 1000) + 60;
    }
    const requestOptions = { url: message.url(), method, headers: message.headers(), ...parameters };
    const data = createSignatureString({ includeHeaders, requestOptions });
    const signature = algorithms.sign(key, data).toString("base64");
    message.goesTo(requestOptions.url);
    return message.withFields({ [field]: createAuthzHeader({ includeHeaders, signature, ...parameters }) });
}

export function verify(message) {
    const { method, target: url, covered: headers, field: authorizationHeaderName } = message;
    const parsed = parseRequest({ url, method, headers: message.headers() }, { headers, authorizationHeaderName });
    const key = message.keyFound(parsed.keyId);
    return algorithms.verifies(key, Buffer.from(parsed.params.signature, "base64"), parsed.signingString);
}
