//! The client of `tests/peers/webhooks/sdk.py` and `sdk.mjs`, and what is tried with every provider's library.

use std::process::Command;

use base64::prelude::{BASE64_STANDARD, Engine};
use countersign::{UnixTime, webhook::Webhook};
use countersign_reqwest::sign_at;
use serde_json::{Value, json};

use super::{ACCEPTED, Receiver, client, earlier, later, signer, signing_client};
use crate::{
    peers::{
        line::{NO, Peer},
        python, script,
    },
    support::now,
    wire::{Raw, Recorder},
};

/// A provider's library, and what is tried with it.
pub(super) struct Sdk {
    peer: Peer,
    webhook: Webhook,
    pub(super) request: Raw,
    /// The origin of the URL, for those that sign it.
    pub(super) origin: &'static str,
    /// Two secrets.
    pub(super) secrets: [&'static str; 2],
    /// How it refuses what does not match.
    pub(super) mismatch: &'static str,
    /// How it refuses what was signed 400 seconds ago, and what 400 seconds from now, if it does.
    pub(super) stale: Option<&'static str>,
    pub(super) future: Option<&'static str>,
}

impl Sdk {
    pub(super) fn of_python(name: &'static str, webhook: Webhook) -> Self {
        Self::new(python("webhooks/sdk.py"), name, webhook)
    }

    pub(super) fn of_node(name: &'static str, webhook: Webhook) -> Self {
        let mut command = Command::new("node");
        command.arg(script("webhooks/sdk.mjs"));
        Self::new(command, name, webhook)
    }

    fn new(command: Command, name: &'static str, webhook: Webhook) -> Self {
        let request = Raw::new("POST", "/extractor?page=1")
            .field("Content-Type", "application/json")
            .body(r#"{"name":"Zoë","number":1}"#.as_bytes());
        Self {
            peer: Peer::start(command, name),
            webhook,
            request,
            origin: "",
            secrets: [
                "whsec_dGhlIHNlY3JldCBvZiBvbmUgcHJvdmlkZXI=",
                "whsec_bm90IHRoZSBzZWNyZXQgb2YgYW55Ym9keSBhdCBhbGw=",
            ],
            mismatch: NO,
            stale: None,
            future: None,
        }
    }

    /// With the id of a delivery, which a sender has to choose.
    pub(super) fn with_id(mut self, field: &str) -> Self {
        self.request = self.request.field(field, "msg_1");
        self
    }

    /// Our server, which holds the first secret.
    pub(super) fn receiver(&self) -> Receiver {
        let [secret, _] = self.secrets;
        Receiver::new(&self.webhook, &[secret])
    }

    pub(super) fn report(self) {
        self.peer.report();
    }

    /// Either signs, and the other verifies.
    pub(super) async fn both_ways(mut self) {
        self.signs_to_us().await;
        self.verifies_what_we_sign().await;
        self.report();
    }

    /// The library signs, and our server verifies what comes over its socket.
    async fn signs_to_us(&mut self) {
        let [secret, other] = self.secrets;
        let receiver = self.receiver();
        let timeless = self.webhook.tolerance().is_none();
        for (what, time, refusal) in
            [("in time", now(), ACCEPTED), ("stale", earlier(400), "too-old"), ("ahead", later(400), "in-future")]
        {
            let signed = self.signed(secret, time);
            self.expect_of_us(&receiver, what, &signed, if timeless { ACCEPTED } else { refusal }).await;
        }
        let signed = self.signed(secret, now());
        self.expect_of_us(&receiver, "another body", &another_body(&signed), "signature-mismatch").await;
        let signed = self.signed(other, now());
        self.expect_of_us(&receiver, "another secret", &signed, "signature-mismatch").await;
        self.expect_of_us(&receiver, "not signed", &self.request.clone(), "no-signature").await;
    }

    /// Our client signs, and the library verifies what came over a socket.
    async fn verifies_what_we_sign(&mut self) {
        let [secret, other] = self.secrets;
        let recorded = self.sent(&[secret], None).await;
        self.expect_of_it("by the middleware", &recorded, secret, None);
        self.expect_of_it("another body", &another_body(&recorded), secret, Some(self.mismatch));
        self.expect_of_it("another secret", &recorded, other, Some(self.mismatch));
        for (what, time, refusal) in [("stale", earlier(400), self.stale), ("ahead", later(400), self.future)] {
            let recorded = self.sent(&[secret], Some(time)).await;
            self.expect_of_it(what, &recorded, secret, refusal);
        }
    }

    /// We sign with either secret at once, and whoever has one of them accepts it.
    pub(super) async fn verifies_either_of_two_signatures(&mut self) {
        let recorded = self.sent(&self.secrets.clone(), None).await;
        for secret in self.secrets {
            self.expect_of_it("one of two", &recorded, secret, None);
            self.expect_of_it("another body", &another_body(&recorded), secret, Some(self.mismatch));
        }
    }

    /// What our client sends, as it came over a socket: signed by the middleware, or at that time.
    pub(super) async fn sent(&self, secrets: &[&str], time: Option<UnixTime>) -> Raw {
        let recorder = Recorder::start("HTTP/1.1 200 OK").await;
        let signer = signer(&self.webhook, secrets);
        let mut request = client().post(recorder.url(&self.request.target)).body(self.request.body.clone());
        for (name, value) in &self.request.fields {
            if !matches!(&*name.to_ascii_lowercase(), "host" | "content-length") {
                request = request.header(name, value.as_slice());
            }
        }
        let mut request = request.build().unwrap();
        match time {
            None => signing_client(&signer).execute(request).await.unwrap(),
            Some(time) => {
                sign_at(&mut request, &signer, time).unwrap();
                client().execute(request).await.unwrap()
            }
        };
        recorder.take().remove(0)
    }

    /// The request with what the library adds.
    pub(super) fn signed(&mut self, secret: &str, time: UnixTime) -> Raw {
        let mut question = self.question("sign", &self.request, secret);
        question["id"] = "msg_1".into();
        question["time"] = time.as_secs().into();
        let answer = self.peer.answer(&question);
        let mut signed = self.request.clone();
        for field in answer["fields"].as_array().unwrap() {
            signed = signed.replacing(field[0].as_str().unwrap(), field[1].as_str().unwrap());
        }
        signed
    }

    pub(super) async fn expect_of_us(&mut self, receiver: &Receiver, what: &str, raw: &Raw, expected: &str) {
        let answer = raw.send(receiver.server.port).await;
        let outcome = if answer.status == 200 { ACCEPTED } else { &*answer.body };
        self.peer.exchanges.expect(what, &outcome, &expected);
    }

    /// `refusal` is how its reason begins, `None` if it is to accept.
    pub(super) fn expect_of_it(&mut self, what: &str, raw: &Raw, secret: &str, refusal: Option<&str>) {
        let answer = self.peer.answer(&self.question("verify", raw, secret));
        let reason = answer["reason"].as_str();
        self.peer.exchanges.expect(&format!("{what}: {reason:?}"), &answer["accepted"], &refusal.is_none().into());
        assert!(reason.unwrap_or_default().starts_with(refusal.unwrap_or_default()), "{what}: {reason:?}");
    }

    fn question(&self, action: &str, raw: &Raw, secret: &str) -> Value {
        let text = |(name, value): &(String, Vec<u8>)| (name.clone(), String::from_utf8(value.clone()).unwrap());
        json!({
            "action": action,
            "secret": secret,
            "url": format!("{}{}", self.origin, raw.target),
            "fields": raw.fields.iter().map(text).collect::<Vec<_>>(),
            "body": BASE64_STANDARD.encode(&raw.body),
        })
    }
}

/// One character of it is another.
pub(super) fn another_body(raw: &Raw) -> Raw {
    let changed = String::from_utf8(raw.body.clone()).unwrap().replacen('1', "2", 1);
    assert_ne!(changed.as_bytes(), raw.body);
    raw.clone().body(changed.as_bytes())
}
