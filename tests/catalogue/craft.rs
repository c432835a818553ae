//! Signatures that no signer would make: right ones, over strings and with lists that it refuses to write.

use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::STANDARD};
use countersign::Algorithm;

use super::{lab::Lab, message::Message};

/// A field `Signature` by hand.
#[derive(Clone)]
pub struct Craft<'a> {
    lab: Lab<'a>,
    key_id: String,
    secret: Vec<u8>,
    algorithm: Option<String>,
    times: [Option<String>; 2],
    list: Option<String>,
    /// The signing string, where it is not that of the list.
    string: Option<String>,
}

impl<'a> Craft<'a> {
    /// With the usual key, stating nothing but what is asked for.
    #[must_use]
    pub fn new(lab: &Lab<'a>) -> Self {
        let key = lab.hmac();
        let (key_id, secret) = (key.id.clone(), key.material.clone());
        Self { lab: *lab, key_id, secret, algorithm: None, times: [None, None], list: None, string: None }
    }

    /// With this key id and this secret instead.
    #[must_use]
    pub fn key(mut self, id: &str, secret: &[u8]) -> Self {
        (self.key_id, self.secret) = (id.to_owned(), secret.to_vec());
        self
    }

    /// States this algorithm.
    #[must_use]
    pub fn algorithm(mut self, name: &str) -> Self {
        self.algorithm = Some(name.to_owned());
        self
    }

    /// States this list, whatever it is.
    #[must_use]
    pub fn list(mut self, list: &str) -> Self {
        self.list = Some(list.to_owned());
        self
    }

    /// States this as `created`.
    #[must_use]
    pub fn created(mut self, created: impl ToString) -> Self {
        self.times[0] = Some(created.to_string());
        self
    }

    /// States this as `expires`.
    #[must_use]
    pub fn expires(mut self, expires: impl ToString) -> Self {
        self.times[1] = Some(expires.to_string());
        self
    }

    /// Signs this string, whatever the list says.
    #[must_use]
    pub fn string(mut self, string: impl Into<String>) -> Self {
        self.string = Some(string.into());
        self
    }

    /// Signs the message as it stands. What the list names and the message lacks is read as empty.
    #[must_use]
    pub fn sign(&self, message: Message) -> Message {
        let string = self.string.clone().unwrap_or_else(|| self.signing_string(&message));
        let mac = hmac::sign(&hmac::Key::new(self.mac(), &self.secret), string.as_bytes());
        let mut params = vec![format!("keyId=\"{}\"", self.key_id)];
        params.extend(self.algorithm.iter().map(|name| format!("algorithm=\"{name}\"")));
        let [created, expires] = &self.times;
        params.extend(created.iter().map(|time| format!("created={time}")));
        params.extend(expires.iter().map(|time| format!("expires={time}")));
        params.extend(self.list.iter().map(|list| format!("headers=\"{list}\"")));
        params.push(format!("signature=\"{}\"", STANDARD.encode(mac)));
        message.field("Signature", params.join(","))
    }

    fn mac(&self) -> hmac::Algorithm {
        match self.lab.hmac().algorithm {
            Algorithm::HmacSha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
            Algorithm::HmacSha224 => hmac::HMAC_SHA224,
            Algorithm::HmacSha384 => hmac::HMAC_SHA384,
            Algorithm::HmacSha512 => hmac::HMAC_SHA512,
            _ => hmac::HMAC_SHA256,
        }
    }

    fn signing_string(&self, message: &Message) -> String {
        let list = self.list.as_deref().unwrap_or("date");
        let [created, expires] = &self.times;
        let line = |name: &str| {
            let value = match name {
                "(request-target)" => format!("{} {}", message.method.to_lowercase(), message.target),
                "(created)" => created.clone().unwrap_or_default(),
                "(expires)" => expires.clone().unwrap_or_default(),
                field => {
                    let values: Vec<_> = message.values(field).map(|value| String::from_utf8_lossy(value)).collect();
                    values.join(", ")
                }
            };
            format!("{name}: {value}")
        };
        list.split(' ').filter(|name| !name.is_empty()).map(line).collect::<Vec<_>>().join("\n")
    }
}
