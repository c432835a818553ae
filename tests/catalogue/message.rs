//! A request by hand, before it is known over which version of HTTP it travels.

use super::case::Protocol;
use countersign::{Request, Signer, UnixTime};

/// How the end of a body is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// By its length, where there is a body at all.
    Length,
    /// In chunks, or in DATA frames without a length, of at most so many bytes.
    Chunks(usize),
}

/// What stands in HTTP/2's `:authority`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Authority {
    /// The `Host` field, which is left out then, as clients do.
    FromHost,
    /// This, beside any `Host` field.
    Given(Vec<u8>),
    /// Nothing; a `Host` field stays where it is.
    Absent,
}

/// A request, byte for byte.
#[derive(Clone, Debug)]
pub struct Message {
    /// The method as on the wire.
    pub method: String,
    /// The target as on the wire.
    pub target: String,
    /// The fields in order, without those of the framing.
    pub fields: Vec<(String, Vec<u8>)>,
    /// The body, before any framing.
    pub body: Vec<u8>,
    /// How the end of the body is told.
    pub framing: Framing,
    /// Fields behind the body.
    pub trailers: Vec<(String, Vec<u8>)>,
    /// What HTTP/2 says of the authority.
    pub authority: Authority,
    /// The version in HTTP/1's request line.
    pub version: &'static str,
}

impl Message {
    /// A request without fields or body.
    #[must_use]
    pub fn new(method: &str, target: &str) -> Self {
        Self {
            method: method.to_owned(),
            target: target.to_owned(),
            fields: Vec::new(),
            body: Vec::new(),
            framing: Framing::Length,
            trailers: Vec::new(),
            authority: Authority::FromHost,
            version: "HTTP/1.1",
        }
    }

    /// The same with one more field.
    #[must_use]
    pub fn field(mut self, name: &str, value: impl Into<Vec<u8>>) -> Self {
        self.fields.push((name.to_owned(), value.into()));
        self
    }

    /// The same without the fields of a name.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.fields.retain(|(own, _)| !own.eq_ignore_ascii_case(name));
        self
    }

    /// The same with this as the only value of a field, at its end.
    #[must_use]
    pub fn replacing(self, name: &str, value: impl Into<Vec<u8>>) -> Self {
        self.without(name).field(name, value)
    }

    /// The same with another body; no field is adapted to it.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// The same for another target.
    #[must_use]
    pub fn target(mut self, target: impl Into<String>) -> Self {
        self.target = target.into();
        self
    }

    /// The same in chunks.
    #[must_use]
    pub const fn chunked(mut self, size: usize) -> Self {
        self.framing = Framing::Chunks(size);
        self
    }

    /// The same with another `:authority` over HTTP/2.
    #[must_use]
    pub fn authority(mut self, authority: Authority) -> Self {
        self.authority = authority;
        self
    }

    /// The values of a field, in order.
    pub fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        self.fields.iter().filter(move |(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_slice())
    }

    /// The first value of a field, as text.
    #[must_use]
    pub fn value(&self, name: &str) -> String {
        String::from_utf8(self.values(name).next().unwrap().to_vec()).unwrap()
    }

    /// Whether the head announces a body.
    #[must_use]
    pub fn has_body(&self) -> bool {
        !self.body.is_empty() || self.framing != Framing::Length
    }

    /// Whether the head says that there is a body: over HTTP/2 one may come without a word.
    #[must_use]
    pub fn announces_body(&self, protocol: Protocol) -> bool {
        match self.framing {
            Framing::Length => !self.body.is_empty(),
            Framing::Chunks(_) => protocol == Protocol::Http1,
        }
    }

    /// What a signer says has to be added.
    #[must_use]
    pub fn sign(mut self, signer: &Signer, now: UnixTime) -> Self {
        let request = Request::new(&self.method, &self.target, &self.fields).with_body(&self.body);
        let parts = signer.sign(&request, now).unwrap_or_else(|error| panic!("cannot sign {self:?}: {error}"));
        self.target = parts.target(&self.target).into_owned();
        self.body = parts.body(&self.body).unwrap().into_owned();
        self.fields.extend(parts.fields.into_iter().map(|field| (field.name.to_string(), field.value)));
        self
    }

    /// The field that carries the signature.
    fn carrier(&self) -> &'static str {
        let names = ["signature", "authorization", "proxy-authorization"];
        names.into_iter().find(|name| self.values(name).next().is_some()).unwrap_or("signature")
    }

    /// The value of the field that carries the signature.
    #[must_use]
    pub fn signature(&self) -> String {
        self.value(self.carrier())
    }

    /// The same with its signature's field rewritten.
    #[must_use]
    pub fn resigned(self, rewrite: impl FnOnce(String) -> String) -> Self {
        let (carrier, value) = (self.carrier(), self.signature());
        self.replacing(carrier, rewrite(value))
    }

    /// The bytes of the signature itself.
    #[must_use]
    pub fn signature_bytes(&self) -> Vec<u8> {
        let value = self.signature();
        let (_, text) = value.rsplit_once("signature=\"").unwrap();
        base64::Engine::decode(&base64::engine::general_purpose::STANDARD, text.trim_end_matches('"')).unwrap()
    }

    /// The same with other bytes for its signature.
    #[must_use]
    pub fn with_signature_bytes(self, bytes: &[u8]) -> Self {
        let text = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, bytes);
        self.with_signature_text(&text)
    }

    /// The same with another text for its signature.
    #[must_use]
    pub fn with_signature_text(self, text: &str) -> Self {
        self.resigned(|value| {
            let (head, _) = value.rsplit_once("signature=\"").unwrap();
            format!("{head}signature=\"{text}\"")
        })
    }
}
