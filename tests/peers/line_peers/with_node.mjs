// For the peers that are given node's own requests. Nothing goes over a network.

import http from "node:http";
import { Duplex } from "node:stream";

/** A request that is about to be sent. */
export function outgoing(message) {
    const request = http.request({
        method: message.method,
        path: message.target,
        agent: false,
        setHost: false,
        createConnection: () => new Duplex({ read() {}, write: (chunk, encoding, done) => done() }),
    });
    // It is never sent, of which it complains in time, whether it was signed or not.
    request.on("error", () => {});
    const values = new Map();
    for (const [name, value] of message.fields) {
        const earlier = values.get(name.toLowerCase());
        values.set(name.toLowerCase(), earlier === undefined ? value : [earlier, value].flat());
        request.setHeader(name, values.get(name.toLowerCase()));
    }
    return request;
}

export function fieldsOf(request) {
    const fields = request
        .getRawHeaderNames()
        .flatMap((name) => [request.getHeader(name)].flat().map((value) => [name, String(value)]));
    request.destroy();
    return fields;
}

/** The request as node's server gives it to an application, from the bytes on the wire. */
export function incoming(message) {
    return new Promise((resolve, reject) => {
        const server = http.createServer(resolve);
        server.on("clientError", reject);
        const socket = new Duplex({
            read() {},
            // Node answers by itself only what it refuses by itself.
            write: (chunk, encoding, done) => done(reject(new Error(`node answers ${String(chunk).split("\r\n")[0]}`))),
        });
        server.emit("connection", socket);
        const lines = message.fields.map(([name, value]) => `${name}: ${value}\r\n`);
        socket.push(`${message.method} ${message.target} HTTP/1.1\r\n${lines.join("")}\r\n`);
    });
}
