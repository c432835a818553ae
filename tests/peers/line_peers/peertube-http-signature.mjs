import httpSignature from "@peertube/http-signature";

import * as joyent from "./joyent.mjs";

export const PACKAGE = "@peertube/http-signature";
export const sign = (message) => {
    // It takes the algorithm from the key when it is to write hs2019.
    const algorithm = message.key.algorithm === "hs2019" ? { hideAlgorithm: true } : joyent.named(message.key);
    return joyent.sign(httpSignature, message, algorithm);
};
export const verify = (message) => joyent.verify(httpSignature, message);
