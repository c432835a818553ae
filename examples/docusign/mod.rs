//! DocuSign Connect's numbered signatures, on both sides: one for each key, and which is whose is said nowhere.
//!
//! * [`connect`]: what sends, signed with all of its keys.
//! * [`receiver`]: what verifies, with one of them or with several.
//! * [`tour`]: keys that come and go.
//!
//! The number of a field is a place in a list, which moves when a key is added or deleted: it is no key id. A key's text looks like
//! Base64 and is used as it stands.

pub mod connect;
pub mod receiver;
pub mod tour;

/// The keys of the tour, by the names that they have in the account. Real ones are random.
pub const KEYS: [(&str, &str); 3] = [
    ("first", "Zmlyc3Qga2V5IG9mIHRoZSBhY2NvdW50"),
    ("second", "c2Vjb25kIGtleSBvZiB0aGUgYWNjb3VudA=="),
    ("third", "dGhpcmQga2V5IG9mIHRoZSBhY2NvdW50"),
];
