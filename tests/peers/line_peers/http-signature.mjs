import httpSignature from "http-signature";

import * as joyent from "./joyent.mjs";

export const PACKAGE = "http-signature";
export const sign = (message) => joyent.sign(httpSignature, message, joyent.named(message.key));
export const verify = (message) => joyent.verify(httpSignature, message);
