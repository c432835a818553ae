//! Requests of each kind.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use countersign::{Cavage, Signer, SigningKey, UnixTime, When};
use http::{HeaderName, Method};

use crate::{
    kind::Kind,
    message::Message,
    parties::{self, ACCOUNT, CLIENTS, LABEL, MAX_AGE, MAX_SKEW, SENDER},
};

/// What is to be sent under one label.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) label: u64,
    pub(crate) kind: Kind,
    pub(crate) caller: String,
    pub(crate) message: Message,
    /// Which server it goes to first.
    pub(crate) server: usize,
    /// How long behind its answer it is sent again, if it is.
    pub(crate) again: Option<Duration>,
    /// How long behind a 503 its sender tries again.
    pub(crate) patience: Duration,
}

/// Who signs, made once for all requests.
pub(crate) struct Signers {
    clients: Vec<Signer>,
    hooks: Signer,
}

/// Numbers that a seed and a label always make again (`SplitMix64`).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn millis(&mut self, from: u64, to: u64) -> Duration {
        Duration::from_millis(from + self.next() % (to - from))
    }
}

fn signer(id: &str, secret: u64) -> Signer {
    let signer = Signer::new(Cavage::new(), SigningKey::hmac_sha256(id, &parties::secret(secret)).unwrap());
    [LABEL, ACCOUNT].into_iter().fold(signer, |signer, name| signer.cover(name.parse().unwrap(), When::Always))
}

impl Signers {
    pub(crate) fn new() -> Arc<Self> {
        let webhook = parties::webhook();
        let key = webhook.signing_key("hooks", parties::WEBHOOK_SECRET).unwrap();
        let clients = (0..CLIENTS).map(|number| signer(&parties::client_id(number), number)).collect();
        Arc::new(Self { clients, hooks: Signer::new(webhook, key) })
    }

    /// What is sent under `label`.
    pub(crate) fn plan(&self, seed: u64, label: u64) -> Plan {
        let mut numbers = Numbers(seed.wrapping_mul(0x0100_0000_01b3) ^ label.rotate_left(32));
        let kind = Kind::picked(numbers.next());
        let client = numbers.next() % CLIENTS;
        let (caller, message) = if kind.is_delivery() {
            (SENDER.to_owned(), self.delivery(kind, label))
        } else {
            (parties::client_id(client), self.request(kind, label, client, &mut numbers))
        };
        let again = match kind {
            // Until after it has become too old.
            Kind::Replayed => Some(numbers.millis(0, 25_000)),
            Kind::DeliveryAgain | Kind::DeliveryFails => Some(numbers.millis(0, 8_000)),
            _ => None,
        };
        let (server, patience) = (usize::from(numbers.next().is_multiple_of(2)), numbers.millis(500, 4_500));
        Plan { label, kind, caller, message, server, again, patience }
    }

    fn request(&self, kind: Kind, label: u64, client: u64, numbers: &mut Numbers) -> Message {
        let target = format!("/orders/{label}?amount=10");
        let has_body = matches!(kind, Kind::ChangedBody) || numbers.next().is_multiple_of(2);
        let message = if has_body {
            let body = format!(r#"{{"order": {label}, "note": "{}"}}"#, "x".repeat((numbers.next() % 400) as usize));
            Message::new(Method::POST, target, body.into_bytes()).with(CONTENT_TYPE, "application/json")
        } else {
            Message::new(Method::GET, target, Vec::new())
        };
        let mut message = message.with(LABEL, &label.to_string()).with(ACCOUNT, "savings");
        let now = UnixTime::from(SystemTime::now());
        let own = &self.clients[usize::try_from(client).unwrap()];
        match kind {
            Kind::WrongKey => signed(&mut message, &signer(&parties::client_id(client), client + 1), now),
            Kind::UnknownKey => {
                let stranger = format!("stranger-{}", numbers.next() % 100_000);
                signed(&mut message, &signer(&stranger, client), now);
            }
            // A second more than the boundary, since the server's second may be the next.
            Kind::TooOld => {
                signed(&mut message, own, now.minus(MAX_AGE + Duration::from_secs(1) + numbers.millis(0, 600_000)));
            }
            Kind::InFuture => {
                signed(&mut message, own, now.plus(MAX_SKEW + Duration::from_secs(8) + numbers.millis(0, 600_000)));
            }
            Kind::Unsigned => {}
            Kind::NotCovered => {
                let key = SigningKey::hmac_sha256(&parties::client_id(client), &parties::secret(client)).unwrap();
                let signer = Signer::new(Cavage::new(), key).cover(ACCOUNT.parse().unwrap(), When::Always);
                signed(&mut message, &signer, now);
            }
            _ => signed(&mut message, own, now),
        }
        match kind {
            Kind::ChangedBody => change(&mut message.body),
            Kind::ChangedTarget => message.target = format!("/orders/{label}?amount=1000000"),
            Kind::ChangedField => message.set(ACCOUNT, "somebody-elses"),
            Kind::ChangedSignature => change_signature(&mut message),
            _ => {}
        }
        message
    }

    fn delivery(&self, kind: Kind, label: u64) -> Message {
        let body = format!(r#"{{"delivery": {label}, "action": "opened"}}"#).into_bytes();
        let message = Message::new(Method::POST, "/hooks".to_owned(), body).with(CONTENT_TYPE, "application/json");
        let mut message = message.with("x-github-delivery", &label.to_string()).with(LABEL, &label.to_string());
        signed(&mut message, &self.hooks, UnixTime::from(SystemTime::now()));
        if kind == Kind::DeliveryForged {
            change(&mut message.body);
        }
        message
    }
}

const CONTENT_TYPE: &str = "content-type";

fn signed(message: &mut Message, signer: &Signer, now: UnixTime) {
    let mut request = http::Request::new(std::mem::take(&mut message.body));
    *request.method_mut() = message.method.clone();
    *request.uri_mut() = message.target.parse().unwrap();
    *request.headers_mut() = std::mem::take(&mut message.fields);
    countersign_http::sign_at(&mut request, signer, now).unwrap();
    (message.fields, message.body) = (std::mem::take(request.headers_mut()), request.into_body());
}

/// Another body of the same length.
fn change(body: &mut [u8]) {
    let place = body.len() / 2;
    body[place] ^= 1;
}

/// One bit of the signature itself.
fn change_signature(message: &mut Message) {
    let name = HeaderName::from_static("signature");
    let value = message.fields[&name].to_str().unwrap().to_owned();
    let place = value.find("signature=\"").unwrap() + "signature=\"".len();
    let changed = if value.as_bytes()[place] == b'A' { "B" } else { "A" };
    let value = format!("{}{changed}{}", &value[..place], &value[place + 1..]);
    message.fields.insert(name, value.parse().unwrap());
}
