//! The server under attack, and what is known of it.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::SystemTime,
};

use countersign::{Algorithm, Cavage, Dialect, Secret, Signer, SigningKey, UnixTime, When};

use super::key_material::hex;

/// A kind of route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Route {
    /// Behind the extractor `Signed`, or whatever route a foreign server has.
    Extractor,
    /// Behind the middleware `SignatureGuard`.
    Guard,
    /// Where a signature is optional.
    Optional,
    /// Webhooks behind the extractor `Signed`, each provider's at a path of its own below.
    Hooks,
    /// The same behind the middleware `SignatureGuard`.
    GuardedHooks,
    /// As `Extractor`, where each request is accepted once.
    Remembered,
    /// As `Guard`, where each request is accepted once.
    GuardedRemembered,
    /// As `GuardedHooks`, where each delivery is handled once.
    RememberedHooks,
}

impl Route {
    /// Its name in a report.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Extractor => "signed",
            Self::Guard => "guarded",
            Self::Optional => "optional",
            Self::Hooks => "hooks",
            Self::GuardedHooks => "guarded hooks",
            Self::Remembered => "remembered",
            Self::GuardedRemembered => "guarded and remembered",
            Self::RememberedHooks => "remembered hooks",
        }
    }

    /// Whether what is accepted there is remembered.
    #[must_use]
    pub const fn remembers(self) -> bool {
        matches!(self, Self::Remembered | Self::GuardedRemembered | Self::RememberedHooks)
    }
}

/// A key that the server knows.
#[derive(Clone, Debug)]
pub struct Key {
    /// What it is called on the wire.
    pub id: String,
    /// What it is bound to.
    pub algorithm: Algorithm,
    /// A secret's bytes, or a private key in PEM.
    pub material: Vec<u8>,
}

impl Key {
    /// The key to sign with.
    #[must_use]
    pub fn signing(&self) -> SigningKey {
        self.signing_with(self.algorithm)
    }

    /// The key to sign with by another algorithm than it is bound to.
    #[must_use]
    pub fn signing_with(&self, algorithm: Algorithm) -> SigningKey {
        let secret = || Secret::dangerous_short(self.material.clone()).unwrap();
        match algorithm {
            Algorithm::HmacSha1 => SigningKey::dangerous_hmac_sha1(&self.id, &secret()).unwrap(),
            other if other.is_symmetric() => SigningKey::hmac(&self.id, other, &secret()).unwrap(),
            other => SigningKey::from_pem(&self.id, other, &self.material).unwrap(),
        }
    }
}

/// The names by which the cases ask for keys.
pub const HMAC: &str = "hmac32";
/// RSA of 2048 bits, bound to PKCS#1 v1.5 with SHA-256.
pub const RSA_2048: &str = "rsa2048";
/// RSA of 4096 bits, bound to PKCS#1 v1.5 with SHA-512.
pub const RSA_4096: &str = "rsa4096";
/// RSA bound to PSS with SHA-256.
pub const RSA_PSS: &str = "rsa-pss";
/// ECDSA on P-256 with SHA-256.
pub const P256: &str = "p256";
/// Ed25519.
pub const ED25519: &str = "ed25519";

/// The field by which two requests of one second differ where they are remembered.
pub const REQUEST_ID: &str = "x-request-id";

/// What only a server in this process tells.
#[derive(Clone)]
pub struct Inside {
    /// How often a handler was reached.
    pub calls: Arc<AtomicUsize>,
    /// The events of the server's crate.
    pub events: Arc<Mutex<Vec<BTreeMap<String, String>>>>,
}

impl Inside {
    /// How often a handler was reached so far.
    #[must_use]
    pub fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    /// The events since the last call.
    #[must_use]
    pub fn events(&self) -> Vec<BTreeMap<String, String>> {
        std::mem::take(&mut *self.events.lock().unwrap())
    }
}

/// The server under attack.
#[derive(Clone)]
pub struct Subject {
    /// Where it listens.
    pub address: SocketAddr,
    /// The authority that it goes by.
    pub host: String,
    /// Another authority that reaches it.
    pub other_host: Option<String>,
    /// The method of a plain request.
    pub method: String,
    /// The body of a plain request; empty for a server that takes none.
    pub body: Vec<u8>,
    /// The type of that body.
    pub content_type: String,
    /// The target of each kind of route that there is.
    pub targets: BTreeMap<Route, String>,
    /// What requests are signed in.
    pub dialect: &'static Dialect,
    /// The keys by the names of the cases; [`HMAC`] is always there.
    pub keys: BTreeMap<&'static str, Key>,
    /// The time that the server's clock is held at; `None` for a clock that goes.
    pub held_at: Option<UnixTime>,
    /// Whether what is accepted is remembered on every route: then no two cases can share a request.
    pub remembers: bool,
    /// The id that requests have and cover, where they have one.
    pub request_id: Option<String>,
    /// `None` for a server of which nothing is known but its answers.
    pub inside: Option<Inside>,
}

impl Subject {
    /// The scheme of the dialect.
    #[must_use]
    pub const fn scheme(&self) -> Cavage {
        self.dialect.scheme()
    }

    /// The server's time, as far as it is known.
    #[must_use]
    pub fn now(&self) -> UnixTime {
        self.held_at.unwrap_or_else(|| SystemTime::now().into())
    }

    /// A signer with a key, under the dialect's coverage, and the request's id where it has one.
    #[must_use]
    pub fn signer(&self, key: SigningKey) -> Signer {
        let signer = Signer::new(self.scheme(), key);
        if self.request_id.is_some() { signer.cover(REQUEST_ID.parse().unwrap(), When::Always) } else { signer }
    }

    /// The same, with an id for its requests that none had before.
    #[must_use]
    pub fn with_new_id(&self) -> Self {
        Self { request_id: Some(new_id()), ..self.clone() }
    }
}

/// An id for a request that none had before.
#[must_use]
pub fn new_id() -> String {
    let mut bytes = [0; 16];
    aws_lc_rs::rand::fill(&mut bytes).unwrap();
    hex(&bytes)
}
