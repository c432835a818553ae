//! What can be wrong with a key file.

use std::{io, path::PathBuf};

use countersign::{Algorithm, KeyError, RingError, SchemeName};
use thiserror::Error;

use crate::kind::{SourceKind, Weakness};

/// Why a key file, or a key of it, cannot be used.
///
/// Lines count from one. No message holds any of the file's text but ids, names of fields and of algorithms, and paths:
/// whatever else stands there may be a secret.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum KeyFileError {
    /// The key file itself cannot be read.
    #[error("{}: {source}", path.display())]
    Unreadable {
        /// The key file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file without a key, from which a server would know nobody. It may be one that is just being written.
    #[error("{}: no keys", path.display())]
    Empty {
        /// The key file.
        path: PathBuf,
    },
    /// The key file cannot be watched: there is no thread to be had.
    #[error("{}: cannot be watched: {source}", path.display())]
    Unwatched {
        /// The key file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The text is not TOML. What TOML's reader has to say is left out, since it quotes the text.
    #[error("line {line}: not TOML")]
    Syntax {
        /// Where reading stopped.
        line: usize,
    },
    /// A field that has no meaning here.
    #[error("line {line}: unknown field {name:?}")]
    UnknownField {
        /// Where the field stands.
        line: usize,
        /// What it is called.
        name: String,
    },
    /// A value of the wrong type.
    #[error("line {line}: {field} has to be {expected}")]
    WrongType {
        /// Where the value stands.
        line: usize,
        /// The field's name.
        field: &'static str,
        /// What it takes.
        expected: &'static str,
    },
    /// A key without its id or its algorithm, or a retiring one without its end.
    #[error("line {line}: this key has no {field}")]
    MissingField {
        /// Where the key begins.
        line: usize,
        /// What it lacks.
        field: &'static str,
    },
    /// A key without material.
    #[error("line {line}: this key has neither a secret nor a public or private key")]
    NoSource {
        /// Where the key begins.
        line: usize,
    },
    /// An end of a key that is not retiring.
    #[error("line {line}: only a retiring key has an until")]
    NotRetiring {
        /// Where the end stands.
        line: usize,
    },
    /// A key of a ring that is called as another one is.
    #[error("line {line}: the ring has a key {id:?} on line {first}: each needs a ring_id of its own")]
    SecondRingId {
        /// Where the key begins.
        line: usize,
        /// What both are called.
        id: String,
        /// Where the first of them begins.
        first: usize,
    },
    /// More keys are pending or active than a ring's policy has room for, or a change that is none.
    #[error("{0}")]
    Ring(#[source] RingError),
    /// A key that belongs to somebody else than another key of the same id.
    #[error("line {line}: the key {id:?} has another name on line {first}")]
    SecondName {
        /// Where the second name stands.
        line: usize,
        /// The id that both keys have.
        id: String,
        /// Where the first name stands.
        first: usize,
    },
    /// A key with material from two places.
    #[error("line {line}: {second} beside {first}: a key has exactly one of them")]
    SeveralSources {
        /// Where the second stands.
        line: usize,
        /// The one that stands first.
        first: SourceKind,
        /// The one too many.
        second: SourceKind,
    },
    /// An algorithm that this version does not know, or a name that is not its registered one.
    #[error("line {line}: unknown algorithm {name:?}")]
    UnknownAlgorithm {
        /// Where it stands.
        line: usize,
        /// What the file says.
        name: String,
    },
    /// A secret for an algorithm that takes none, or no secret for one that does.
    #[error("line {line}: {algorithm} takes no {kind}")]
    WrongSource {
        /// Where the material is given.
        line: usize,
        /// The key's algorithm.
        algorithm: Algorithm,
        /// What was given.
        kind: SourceKind,
    },
    /// Material of another kind for a webhook, whose text is decoded as its scheme says and no other way.
    #[error("line {line}: a webhook takes no {kind}, only its text: secret, secret_file or secret_env")]
    WrongWebhookSource {
        /// Where the material is given.
        line: usize,
        /// What was given.
        kind: SourceKind,
    },
    /// A scheme for a key that is no webhook's.
    #[error("line {line}: only a key of the algorithm webhook has a scheme")]
    NotWebhook {
        /// Where the scheme stands.
        line: usize,
    },
    /// Something that is only taken where the key says `dangerous = true`.
    #[error("line {line}: {weakness} is weak: it needs dangerous = true")]
    Weak {
        /// Where it stands.
        line: usize,
        /// What is weak.
        weakness: Weakness,
    },
    /// A file that a key names cannot be read.
    #[error("line {line}: {}: {source}", path.display())]
    File {
        /// Where the key names it.
        line: usize,
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The environment variable that a key names is not set.
    #[error("line {line}: the environment variable {name} is not set")]
    Environment {
        /// Where the key names it.
        line: usize,
        /// The variable's name.
        name: String,
    },
    /// The id or the material is none that can be used.
    #[error("line {line}: {source}")]
    Key {
        /// Where it stands.
        line: usize,
        /// Why.
        source: KeyError,
    },
    /// No key of this id.
    #[error("there is no key {id:?}")]
    UnknownId {
        /// The id that was asked for.
        id: String,
    },
    /// None of the keys of this id can sign.
    #[error("the key {id:?} verifies only: a public key cannot sign")]
    VerifiesOnly {
        /// The id that was asked for.
        id: String,
    },
    /// None of the keys of this id is active.
    #[error("no key {id:?} is active")]
    NotActive {
        /// The id that was asked for.
        id: String,
    },
    /// The keys of this id are those of webhooks, which sign nothing else.
    #[error("the key {id:?} serves webhooks alone")]
    WebhookOnly {
        /// The id that was asked for.
        id: String,
    },
    /// No key of the file serves this webhook, or none of the id that was asked for.
    #[error("no key {}serves the webhook {scheme}", id.as_ref().map(|id| format!("{id:?} ")).unwrap_or_default())]
    NoWebhookKey {
        /// The webhook's name.
        scheme: SchemeName,
        /// The id that was asked for, if any was.
        id: Option<String>,
    },
    /// A key that would be none of the ring to which it was added: it has another id, or serves something else.
    #[error("the key {id:?} is none of this ring's")]
    NotOfRing {
        /// What the key is called within the ring.
        id: String,
    },
    /// The file no longer holds the keys that the ring has, since somebody else changed them meanwhile. Open it again.
    #[error("{}: the keys in it are no longer those of the ring", path.display())]
    ChangedMeanwhile {
        /// The key file.
        path: PathBuf,
    },
    /// The last entry of the file cannot be taken out: servers take a file without one for half-written, and stay with the keys before.
    /// The entry of a disposed key can stay until another one is added.
    #[error("{}: the last entry has to stay, or servers would go on with the keys before", path.display())]
    LastEntry {
        /// The key file.
        path: PathBuf,
    },
    /// A key that was added to the ring without what makes its entry: it is added through the [`KeyRingFile`](crate::KeyRingFile).
    #[error("the key {id:?} was added without its material, so that it cannot be kept")]
    NoMaterial {
        /// What the key is called within the ring.
        id: String,
    },
    /// The key file cannot be written. It is as it was.
    #[error("{}: cannot be written: {source}", path.display())]
    Unwritable {
        /// The key file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}
