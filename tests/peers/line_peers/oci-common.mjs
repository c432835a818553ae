import common from "oci-common";

export const PACKAGE = "oci-common";

export async function sign(message) {
    const { key, method, body } = message;
    const [tenancy, user, fingerprint] = key.id.split("/");
    const provider = new common.SimpleAuthenticationDetailsProvider(tenancy, user, fingerprint, key.private_pem, null);
    const request = { method, uri: message.url(), headers: new Headers(message.fields), body };
    await new common.DefaultRequestSigner(provider).signHttpRequest(request);
    message.goesTo(request.uri);
    return [...request.headers];
}
