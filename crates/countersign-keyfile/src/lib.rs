//! The keys of HTTP request signatures in a TOML file, which a server and the command `countersign` read alike.
//!
//! Each `[[key]]` has an `id`, an `algorithm`, if you like a `name` for who it belongs to, and exactly one place where its material
//! comes from:
//!
//! | field | what it holds |
//! |---|---|
//! | `secret`, `secret_base64`, `secret_hex` | the secret of an HMAC: as text, or what the text stands for |
//! | `secret_file` | a file with the secret; one line end at its end is no part of it |
//! | `secret_env` | the name of an environment variable with the secret |
//! | `public_key`, `public_key_file` | a public key in PEM: as text, or in a file |
//! | `private_key_file` | a file with a private key in PEM, which signs and verifies |
//!
//! Three fields more tell what has become of a key that is changed over: `state` is `pending`, `active`, `retiring` with the seconds since
//! 1970 `until` which it verifies, `disposed` or `compromised`; `created` says when it was made, in the same seconds; `ring_id` is what it is
//! called within a ring, where it shares its id with others. A key without a state is active.
//!
//! The algorithm `webhook` is for the secret that a provider of webhooks shows: its text, from `secret`, `secret_file` or
//! `secret_env`, is decoded only when it is known whose it is ([`KeyFile::webhook_keys`]). `scheme = "stripe"` keeps it to one of them.
//!
//! Paths are relative to the key file's folder. `dangerous = true` is needed for a secret under 16 bytes, for SHA-1, and for
//! RSA under 2048 bits. Several entries with one id are a ring: all of them that are in use verify, in the order of the file
//! but for those that say when they were created, and the first that can sign does. Those of them that have a `name` have the same.
//!
//! The file is read once, as a whole or not at all. Every mistake is named with its line; no message holds a secret.
//!
//! ```
//! use countersign::{Cavage, Policy, Signer, Verifier};
//! use countersign_keyfile::KeyFile;
//!
//! let keys = KeyFile::parse(
//!     r#"
//!     [[key]]
//!     id = "alice"
//!     algorithm = "hmac-sha256"
//!     secret = "correct horse battery staple"
//!     "#,
//!     ".",
//! )?;
//! let signer = Signer::new(Cavage::new(), keys.signing_key("alice")?);
//!
//! // What a server's loader answers: `None` is an unknown key.
//! assert_eq!(keys.verifying_keys("alice").map(<[_]>::len), Some(1));
//! assert!(keys.verifying_keys("mallory").is_none());
//! # let _ = (signer, Verifier::new(Cavage::new(), Policy::default()));
//! # Ok::<(), countersign_keyfile::KeyFileError>(())
//! ```
//!
//! # In a server
//!
//! [`KeyFileLoader`] is a loader that follows the file while the server runs: `SignatureConfig::new(KeyFileLoader::open("keys.toml")?)`.
//! Handlers get the [`KeyOwner`]. For webhooks [`for_webhook`](KeyFileLoader::for_webhook) gives a loader of the same file.
//!
//! # Keys that change
//!
//! [`KeyFile::ring`] gives a [`KeyRing`](countersign::KeyRing) with the keys of a file. [`KeyRingFile`] is a ring that lives in one: what
//! becomes of its keys is written there before anybody sees it.
//!
//! # One secret, without a key file
//!
//! [`secret_from_env`] and [`secret_from_file`] read one secret, [`private_key_from_env`] and [`private_key_from_file`] one private
//! key. A variable that is not set is an error, and so is a secret that is empty or has fewer than 16 bytes: a program that starts
//! has its key. No error holds anything of the value.
//!
//! ```
//! use countersign::{Cavage, Signer, SigningKey};
//! use countersign_keyfile::{SecretText, secret_from_env};
//!
//! fn signer(variable: &str) -> Result<Signer, Box<dyn std::error::Error>> {
//!     let secret = secret_from_env(variable, SecretText::Plain)?;
//!     Ok(Signer::new(Cavage::new(), SigningKey::hmac_sha256("alice", &secret)?))
//! }
//!
//! # // Cargo sets this one.
//! # assert!(signer("CARGO_MANIFEST_DIR").is_ok());
//! let refused = signer("PARTNER_SECRET").err().map(|error| error.to_string());
//! assert_eq!(refused.as_deref(), Some("the environment variable PARTNER_SECRET is not set"));
//! ```

mod entry;
mod error;
mod fields;
mod file;
mod kind;
mod life;
mod loader;
mod material;
mod owner;
mod raw;
mod reading;
mod ring;
mod ring_file;
mod secret_source;
mod secret_text;
mod source;
mod store;
mod webhook_keys;
mod webhook_text;

pub use self::{
    entry::Entry,
    error::KeyFileError,
    file::KeyFile,
    kind::{SourceKind, Weakness},
    loader::{KeyFileLoader, WebhookKeyLoader},
    owner::KeyOwner,
    reading::without_line_end,
    ring_file::{KeyRingFile, NewKey},
    secret_source::{SecretError, private_key_from_env, private_key_from_file, secret_from_env, secret_from_file},
    secret_text::SecretText,
    webhook_keys::WebhookCaller,
};
