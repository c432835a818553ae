import { promisify } from "node:util";

import auth from "smartdc-auth";

import { named } from "./joyent.mjs";

export const PACKAGE = "smartdc-auth";

export async function sign(message) {
    const { key, covered } = message;
    // It makes the key's id of the user and of the key's own fingerprint.
    const [, user, keys] = key.id.split("/");
    if (keys !== "keys") {
        throw new Error(`${key.id} is not /user/keys/fingerprint`);
    }
    const sign = auth.privateKeySigner({ key: key.private_pem, user, ...named(key) });
    const signer = auth.requestSigner({ user, sign });
    const headers = message.headers();
    const added = {};
    for (const name of covered ?? ["date"]) {
        if (name === "(request-target)") {
            signer.writeTarget(message.method, message.target);
        } else if (name === "date" && !("date" in headers)) {
            added.date = signer.writeDateHeader();
        } else {
            signer.writeHeader(name, headers[name]);
        }
    }
    added.authorization = await promisify(signer.sign.bind(signer))();
    return message.withFields(added);
}
