// What a test asks about, in the shapes that the peers take.

export class Message {
    constructor({ key, method, scheme = "http", target, fields = [], body = "", covered, field = "signature" }) {
        if (!key?.id || !key.algorithm || !method || !target) {
            throw new Error("key, method and target are needed");
        }
        Object.assign(this, { key, method, scheme, target, fields, body, covered: covered ?? undefined, field });
    }

    /** The fields by their names in lower case, repeated ones joined. */
    headers() {
        const headers = {};
        for (const [name, value] of this.fields) {
            const lower = name.toLowerCase();
            headers[lower] = lower in headers ? `${headers[lower]}, ${value}` : value;
        }
        return headers;
    }

    url() {
        const { host } = this.headers();
        if (!host) {
            throw new Error("this peer is given a URL, and the request has no host");
        }
        return `${this.scheme}://${host}${this.target}`;
    }

    /** Leaves the target as it goes out when a peer signs for a URL. */
    goesTo(url) {
        const { pathname, search } = new URL(url);
        this.target = pathname + search;
    }

    /** The fields of the request, with those of `added` in place of their like. */
    withFields(added) {
        const names = new Set(Object.keys(added).map((name) => name.toLowerCase()));
        return [...this.fields.filter(([name]) => !names.has(name.toLowerCase())), ...Object.entries(added)];
    }

    /** What stands for a server's look-up. */
    keyFound(keyId) {
        if (keyId !== this.key.id) {
            throw new Error(`no key ${JSON.stringify(keyId)}`);
        }
        return this.key;
    }
}
