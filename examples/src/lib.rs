//! What the examples and the benchmark share: two clients, their keys, and the loader that finds them; and both sides of the systems
//! that the examples of webhooks speak for, each in a folder beside its program.

#[path = "../docusign/mod.rs"]
pub mod docusign;
#[path = "../flow_ami/mod.rs"]
pub mod flow_ami;
#[path = "../gnatta/mod.rs"]
pub mod gnatta;
#[path = "../sap_gateway/mod.rs"]
pub mod sap_gateway;
pub mod serving;
pub mod tour;

use std::io;

use countersign::{Claim, Credential, KeyId, Secret, VerifyingKey};

/// The key id and the secret of each client. A real service keeps them in its database.
pub const CLIENTS: [(&str, &str, &str); 2] =
    [("alice-key", "alice and her long secret", "Alice"), ("bob-key", "bob and his long secret", "Bob")];

/// A key id for which the key store does not answer.
pub const KEY_STORE_DOWN: &str = "down-key";

/// What the service knows of a caller; handlers receive it.
#[derive(Clone, Debug)]
pub struct Client {
    /// How the caller is greeted.
    pub name: &'static str,
}

/// The keys of all clients, prepared once.
#[derive(Clone, Debug)]
pub struct KeyStore(Vec<(KeyId, Credential<Client>)>);

impl KeyStore {
    /// The keys of [`CLIENTS`].
    ///
    /// # Errors
    /// When a client has no usable key.
    pub fn new() -> Result<Self, countersign::KeyError> {
        let entry = |(id, secret, name)| {
            let key = VerifyingKey::hmac_sha256(&Secret::new(secret)?);
            Ok((KeyId::new(id)?, Credential::new(key, Client { name })))
        };
        CLIENTS.into_iter().map(entry).collect::<Result<_, _>>().map(Self)
    }

    /// The loader callback: `Ok(None)` is an unknown key, `Err` a store that does not answer.
    ///
    /// # Errors
    /// For [`KEY_STORE_DOWN`].
    pub fn find(&self, claim: &Claim) -> io::Result<Option<Credential<Client>>> {
        let id = claim.key_id().map_or("", KeyId::as_str);
        if id == KEY_STORE_DOWN {
            return Err(io::Error::other("the key store does not answer"));
        }
        Ok(self.0.iter().find(|(known, _)| known.as_str() == id).map(|(_, credential)| credential.clone()))
    }
}

#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
