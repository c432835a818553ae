// One provider's own SDK for node as a process that speaks JSON lines; README.md describes the exchange.
//
// The argument names the SDK.

import { readFileSync } from "node:fs";
import { parse } from "node:querystring";
import { createInterface } from "node:readline";

// An SDK that prints would garble the lines.
const write = process.stdout.write.bind(process.stdout);
process.stdout.write = process.stderr.write.bind(process.stderr);
process.noDeprecation = true;

const FORM = "application/x-www-form-urlencoded";

// What was asked about. What an SDK has no use for need not be told.
class Message {
    constructor({ secret, body = "", fields = [], url, id, time }) {
        Object.assign(this, { secret, url, id, time });
        this.body = Buffer.from(body, "base64");
        // As a server would give them, which an SDK is called from.
        this.fields = Object.fromEntries(fields.map(([name, value]) => [name.toLowerCase(), value]));
        if (Object.keys(this.fields).length < fields.length) {
            throw new Error("a field is repeated");
        }
    }

    text() {
        return new TextDecoder("utf-8", { fatal: true }).decode(this.body);
    }
}

async function github() {
    const { sign, verify } = await import("@octokit/webhooks-methods");
    return {
        package: "@octokit/webhooks-methods",
        sign: async (message) => ({
            "x-github-delivery": message.id,
            "x-hub-signature-256": await sign(message.secret, message.text()),
        }),
        verify: (message) => verify(message.secret, message.text(), message.fields["x-hub-signature-256"]),
    };
}

async function stripe() {
    const { Stripe } = await import("stripe");
    return {
        package: "stripe",
        sign: (message) => ({
            "stripe-signature": Stripe.webhooks.generateTestHeaderString({
                payload: message.text(),
                secret: message.secret,
                timestamp: message.time,
            }),
        }),
        verify: ({ secret, body, fields }) =>
            Stripe.webhooks.signature.verifyHeader(body, fields["stripe-signature"], secret),
    };
}

async function twilio() {
    const { default: twilio } = await import("twilio");
    const isForm = ({ fields }) => fields["content-type"] === FORM;
    return {
        package: "twilio",
        sign: (message) => {
            // JSON is bound by the URL, which has its hash.
            const params = isForm(message) ? parse(message.text()) : {};
            return { "x-twilio-signature": twilio.getExpectedTwilioSignature(message.secret, message.url, params) };
        },
        verify: (message) => {
            const { secret, url, fields } = message;
            const signature = fields["x-twilio-signature"];
            return isForm(message)
                ? twilio.validateRequest(secret, signature, url, parse(message.text()))
                : twilio.validateRequestWithBody(secret, signature, url, message.text());
        },
    };
}

// Svix's own fields have another prefix and are otherwise the standard's.
const standard = (Webhook, name, prefix) => ({
    package: name,
    sign: (message) => {
        const { secret, id, time } = message;
        return {
            [`${prefix}-id`]: id,
            [`${prefix}-timestamp`]: String(time),
            [`${prefix}-signature`]: new Webhook(secret).sign(id, new Date(time * 1000), message.text()),
        };
    },
    verify: ({ secret, body, fields }) => {
        new Webhook(secret).verify(body, fields);
        return true;
    },
});

async function standardwebhooks() {
    return standard((await import("standardwebhooks")).Webhook, "standardwebhooks", "webhook");
}

async function svix() {
    return standard((await import("svix")).Webhook, "svix", "svix");
}

const SDKS = { github, standardwebhooks, stripe, svix, twilio };

const reason = (error) => `${error?.name}: ${error?.message}`;

async function sign(sdk, message) {
    try {
        return { fields: Object.entries(await sdk.sign(message)) };
    } catch (error) {
        return { error: reason(error) };
    }
}

async function verify(sdk, message) {
    try {
        const accepted = await sdk.verify(message);
        return { accepted, reason: accepted ? null : "the peer says no more than no" };
    } catch (error) {
        return { accepted: false, reason: reason(error) };
    }
}

const actions = { sign, verify };

async function answer(sdk, line) {
    let action, message;
    try {
        ({ action, ...message } = JSON.parse(line));
        message = new Message(message);
        if (!(action in actions)) {
            throw new Error(`no SDK does ${action}`);
        }
    } catch (error) {
        return { error: `the test's own mistake: ${reason(error)}` };
    }
    return actions[action](sdk, message);
}

function version(name) {
    // Not by import, since few packages export this file.
    return JSON.parse(readFileSync(new URL(`../node_modules/${name}/package.json`, import.meta.url))).version;
}

const say = (object) => write(JSON.stringify(object) + "\n");

const name = process.argv[2];
const sdk = await SDKS[name]();
say({ peer: name, version: version(sdk.package), roles: Object.keys(actions) });
for await (const line of createInterface({ input: process.stdin })) {
    say(await answer(sdk, line));
}
process.exit(0);
