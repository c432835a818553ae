//! A webhook's request as its provider would send it, and what no provider sends.

use aws_lc_rs::hmac;
use countersign::{Signer, UnixTime, webhook::Webhook};

use super::{
    case::{Case, Expect, Skip},
    fixture::SECRET,
    hook_fixture::{NAMED_KEY, key_text, webhook},
    key_material::hex,
    lab::Lab,
    message::Message,
};

/// A provider's layout on a route of the server.
pub struct Hook<'a> {
    pub lab: Lab<'a>,
    pub name: &'static str,
    pub webhook: Webhook,
}

impl<'a> Lab<'a> {
    /// # Errors
    /// Where the server has no such route.
    pub fn hook(&self, name: &'static str) -> Result<Hook<'a>, Skip> {
        self.ours("needs a route for the webhook")?;
        Ok(Hook { lab: *self, name, webhook: webhook(name) })
    }
}

impl Hook<'_> {
    /// A delivery that is not signed yet.
    #[must_use]
    pub fn plain(&self) -> Message {
        let message = self.bare();
        match self.name {
            "flow-ami" => message
                .field("Content-Type", "application/x-www-form-urlencoded")
                .body("user_id=24&cols2=b&cols=a&title=All+Versions"),
            "linear" => json(message, &format!(r#"{{"webhookTimestamp":{},"n":1}}"#, self.now() * 1000)),
            _ => match &self.lab.subject.request_id {
                Some(id) => json(message, &format!(r#"{{"n":"{id}"}}"#)),
                None => json(message, r#"{"n":1}"#),
            },
        }
    }

    /// The same with a body that no handler parses.
    #[must_use]
    pub fn text(&self, body: &str) -> Message {
        self.bare().field("Content-Type", "text/plain").body(body)
    }

    fn bare(&self) -> Message {
        let target = format!("{}/{}", self.lab.target(), self.name);
        let message = Message::new("POST", &target).field("Host", self.lab.subject.host.as_str());
        let id = |usual: &'static str| self.lab.subject.request_id.as_deref().unwrap_or(usual);
        match self.name {
            "standard-webhooks" => message.field("webhook-id", id("msg_1")),
            "github" => message.field("x-github-delivery", id("d1")),
            "linear" => message.field("linear-delivery", id("d1")),
            _ => message,
        }
    }

    /// The server's time in whole seconds.
    #[must_use]
    pub fn now(&self) -> u64 {
        self.lab.now().as_secs()
    }

    #[must_use]
    pub fn signed(&self) -> Message {
        self.sign(self.plain())
    }

    #[must_use]
    pub fn sign(&self, message: Message) -> Message {
        self.sign_at(message, self.lab.now())
    }

    #[must_use]
    pub fn sign_at(&self, message: Message, at: UnixTime) -> Message {
        let key = self.webhook.signing_key(NAMED_KEY, &key_text(self.name)).unwrap();
        message.sign(&Signer::new(self.webhook.clone(), key), at)
    }

    /// The HMAC over any bytes, as the provider's key makes it.
    #[must_use]
    pub fn mac(&self, text: impl AsRef<[u8]>) -> Vec<u8> {
        hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, SECRET), text.as_ref()).as_ref().to_vec()
    }

    /// The same in hexadecimal digits.
    #[must_use]
    pub fn hex_mac(&self, text: impl AsRef<[u8]>) -> String {
        hex(&self.mac(text))
    }

    /// An attack on the usual delivery.
    #[must_use]
    pub fn case(&self, what: &str, attack: Message, expect: Expect) -> Case {
        Case::new(format!("{}, {what}", self.name), &self.signed(), attack, expect)
    }

    /// The usual delivery with another value of a field.
    #[must_use]
    pub fn with(&self, field: &str, value: impl Into<Vec<u8>>) -> Message {
        self.signed().replacing(field, value)
    }
}

fn json(message: Message, body: &str) -> Message {
    message.field("Content-Type", "application/json").body(body)
}
