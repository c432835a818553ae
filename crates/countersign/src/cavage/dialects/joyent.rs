//! Joyent's Triton and Manta.

use super::{Dialect, Due, Param, STANDARD, Wire};
use crate::{algorithm::Algorithm, field::WellKnown};

pub(super) const TRITON: Dialect = Dialect {
    name: "triton",
    also: &["joyent", "manta", "smartdc"],
    about: "Joyent's Triton and Manta: the date alone, without a list, under a key id like `/account/keys/fingerprint`. Such a signature \
        opens every path of every host with any body for as long as it is fresh: use it over TLS, and ask for more where clients can do more.",
    wire: Wire {
        carrier: WellKnown::Authorization,
        layout: &[
            (Param::KeyId, "keyId=\""),
            (Param::Algorithm, ",algorithm=\""),
            (Param::HeadersUnlessDate, ",headers=\""),
            (Param::Signature, ",signature=\""),
        ],
        algorithm_names: &[(Algorithm::Ed25519, "ed25519-sha512")],
        ..STANDARD.wire
    },
    covers: &[("date", Due::Always)],
    requires: Some(&[("date", Due::Always)]),
    ..STANDARD
};
