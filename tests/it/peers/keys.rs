//! The keys of `tests/peers/keys`, as we take them and as the peers do.

use std::{fs, path::Path};

use countersign::{Algorithm, Cavage, Secret, SigningKey, VerifyingKey};
use serde_json::{Value, json};

use crate::support::SECRET;

const OTHER_SECRET: &str = "incorrect horse battery staple";

/// What a request is signed with, here or there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Key {
    id: &'static str,
    algorithm: Algorithm,
    /// What the peer is told that the algorithm is called.
    called: &'static str,
    /// As the peer is given it.
    secret: &'static str,
}

impl Key {
    pub(super) const fn new(id: &'static str, algorithm: Algorithm) -> Self {
        Self { id, algorithm, called: algorithm.name(), secret: SECRET }
    }

    pub(super) const fn called(self, called: &'static str) -> Self {
        Self { called, ..self }
    }

    pub(super) const fn with_secret(self, secret: &'static str) -> Self {
        Self { secret, ..self }
    }

    pub(super) const fn id(self) -> &'static str {
        self.id
    }

    pub(super) const fn algorithm(self) -> Algorithm {
        self.algorithm
    }

    pub(super) fn signing(self, scheme: Cavage) -> SigningKey {
        if self.algorithm.is_symmetric() {
            SigningKey::hmac(self.id, self.algorithm, &scheme.dialect().secret(self.secret).unwrap()).unwrap()
        } else {
            SigningKey::from_pem(self.id, self.algorithm, self.pem("")).unwrap()
        }
    }

    pub(super) fn verifying(self, scheme: Cavage) -> VerifyingKey {
        self.verifying_with(&scheme.dialect().secret(self.secret).unwrap(), ".pub")
    }

    /// A key of the same algorithm that is not this one.
    pub(super) fn another(self) -> VerifyingKey {
        self.verifying_with(&Secret::new(OTHER_SECRET).unwrap(), "-other.pub")
    }

    /// The same material where it fits, for every other algorithm.
    pub(super) fn of_other_algorithms(self, scheme: Cavage) -> impl Iterator<Item = VerifyingKey> {
        let all = [
            Algorithm::HmacSha256,
            Algorithm::HmacSha512,
            Algorithm::RsaSha256,
            Algorithm::RsaSha512,
            Algorithm::EcdsaSha256,
            Algorithm::Ed25519,
        ];
        let others = all.into_iter().filter(move |other| *other != self.algorithm);
        others.map(move |algorithm| Self { algorithm, ..self }.verifying(scheme))
    }

    fn verifying_with(self, secret: &Secret, pem: &str) -> VerifyingKey {
        match self.algorithm {
            algorithm if algorithm.is_symmetric() => VerifyingKey::hmac(algorithm, secret),
            algorithm if algorithm.is_sha1() => VerifyingKey::dangerous_weak_from_pem(algorithm, self.pem(pem)),
            algorithm => VerifyingKey::from_pem(algorithm, self.pem(pem)),
        }
        .unwrap()
    }

    /// For the peer to sign or to verify with.
    pub(super) fn for_peer(self) -> Value {
        self.json(self.secret, ".pub")
    }

    /// For the peer to verify with, and to find that it is not the one.
    pub(super) fn another_for_peer(self) -> Value {
        self.json(OTHER_SECRET, "-other.pub")
    }

    fn json(self, secret: &str, public: &str) -> Value {
        let (id, algorithm) = (self.id, self.called);
        if self.algorithm.is_symmetric() {
            json!({"id": id, "algorithm": algorithm, "secret": secret})
        } else {
            let (private, public) = (self.pem(""), self.pem(public));
            json!({"id": id, "algorithm": algorithm, "private_pem": private, "public_pem": public})
        }
    }

    fn pem(self, which: &str) -> String {
        let kind = match self.algorithm.name().split('-').next() {
            Some("rsa") => "rsa",
            Some("ecdsa") => "p256",
            _ => "ed25519",
        };
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("peers/keys/{kind}{which}.pem"));
        fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
    }
}
