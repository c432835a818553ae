// Not the package's own entry, which loads every call of the API.
import ApiClient from "cybersource-rest-client/src/ApiClient.js";

export const PACKAGE = "cybersource-rest-client";

export function sign(message) {
    const { key, method, target, body } = message;
    const { host, ...headers } = message.headers();
    const client = new ApiClient();
    client.setConfiguration({
        authenticationType: "http_signature",
        runEnvironment: host,
        merchantID: headers["v-c-merchant-id"],
        merchantKeyId: key.id,
        merchantsecretKey: key.secret,
        logConfiguration: { enableLog: false },
    });
    return message.withFields(client.callAuthenticationHeader(method, target, body, headers, false));
}
