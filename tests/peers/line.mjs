// One implementation of draft-cavage for node as a process that speaks JSON lines; README.md describes the exchange.
//
// The argument names the peer, which is a module of line_peers.

import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

import { Message } from "./line_peers/message.mjs";

// A peer that prints would garble the lines.
const write = process.stdout.write.bind(process.stdout);
process.stdout.write = process.stderr.write.bind(process.stderr);
process.noDeprecation = true;

const reason = (error) => `${error?.name}: ${error?.message}`;

async function sign(peer, message) {
    try {
        const fields = await peer.sign(message);
        return { fields, target: message.target };
    } catch (error) {
        return { error: reason(error) };
    }
}

async function verify(peer, message) {
    try {
        const accepted = await peer.verify(message);
        return { accepted, reason: accepted ? null : "the peer says no more than no" };
    } catch (error) {
        return { accepted: false, reason: reason(error) };
    }
}

const actions = { sign, verify };

async function answer(peer, line) {
    let action, message;
    try {
        ({ action, ...message } = JSON.parse(line));
        message = new Message(message);
        if (!(action in actions) || !peer[action]) {
            throw new Error(`this peer does not ${action}`);
        }
    } catch (error) {
        return { error: `the test's own mistake: ${reason(error)}` };
    }
    return actions[action](peer, message);
}

function version(name) {
    // Not by import, since few packages export this file.
    return JSON.parse(readFileSync(new URL(`node_modules/${name}/package.json`, import.meta.url))).version;
}

const say = (object) => write(JSON.stringify(object) + "\n");

const name = process.argv[2];
const peer = await import(`./line_peers/${name}.mjs`);
say({ peer: name, version: version(peer.PACKAGE), roles: Object.keys(actions).filter((role) => peer[role]) });
for await (const line of createInterface({ input: process.stdin })) {
    say(await answer(peer, line));
}
// Some peers leave timers behind, which would keep the process.
process.exit(0);
