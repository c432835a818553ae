"""What a test asks about, in the shapes that the peers take."""

from dataclasses import dataclass, field as default


@dataclass
class Key:
    id: str
    algorithm: str
    secret: str | None = None
    private_pem: str | None = None
    public_pem: str | None = None

    def to_sign(self):
        return self.secret if self.secret is not None else self.private_pem

    def to_verify(self):
        return self.secret if self.secret is not None else self.public_pem

    def found(self, key_id):
        """What stands for a server's look-up."""
        if key_id != self.id:
            raise LookupError(f"no key {key_id!r}")
        return self


@dataclass
class Message:
    key: Key
    method: str
    target: str
    fields: list[list[str]] = default(default_factory=list)
    scheme: str = "http"
    body: str = ""
    covered: list[str] | None = None
    field: str = "signature"

    def __post_init__(self):
        self.key = Key(**self.key)

    def headers(self, *without):
        """The fields by their names in lower case, repeated ones joined."""
        headers = {}
        for name, value in self.fields:
            name = name.lower()
            if name not in without:
                headers[name] = f"{headers[name]}, {value}" if name in headers else value
        return headers

    def host(self):
        host = self.headers().get("host")
        if not host:
            raise ValueError("this peer is given a URL, and the request has no host")
        return host

    def url(self):
        return f"{self.scheme}://{self.host()}{self.target}"

    def content(self):
        return self.body.encode()

    def with_fields(self, new):
        """The fields of the request, with those of `new` in place of their like."""
        names = {name.lower() for name in new}
        kept = [[name, value] for name, value in self.fields if name.lower() not in names]
        return kept + [[name, value] for name, value in new.items()]
