//! Those of the systems that this project began with.

use super::{
    super::{
        preset::{
            Evidence::{Documentation, Sdk, Seed},
            Preset,
        },
        spec::{At, PairsOf, Piece, SignatureEncoding, Sort, TextEncoding, TimeFormat},
    },
    form, header, pairs, row, sha1, sha256,
};

pub(super) const ROWS: &[Preset] = &[
    row(
        "flow-ami",
        &[Seed, Documentation],
        "A browser sends the form, so its user sees it and can send it again. Pairs without a value \
     are left out, as the provider's sample does; whether the sender signs them is not \
     documented. Multipart forms are not read.",
        || {
            sha1("", form("signature"))
                .signing(Piece::Pairs(
                    pairs(PairsOf::Form, Sort::Line, "{k}={v}\r\n").except(&["signature"]).without_blank(),
                ))
                .time(form("timestamp"), TimeFormat::Rfc3339, 10)
        },
    ),
    row("flow-webhook", &[Documentation], "", || {
        sha1("{body}", header("x-sg-signature")).written("sha1={sig}").id(header("x-sg-delivery-id"))
    }),
    row(
        "gnatta",
        &[Seed],
        "The name of the signature's field is documented nowhere: set it. So is the tolerance.",
        || {
            sha256("{method}|{time}|{body}", header("x-request-signature"))
                .encoding(SignatureEncoding::Base64)
                .key_encoding(TextEncoding::Base64)
                .time(header("x-request-timestamp"), TimeFormat::Rfc3339, 300)
        },
    ),
    row(
        "sap-gigya",
        &[Seed, Sdk],
        "The field is that of SAP's documentation; newer webhooks of the provider are JWTs instead.",
        || {
            sha1("{body}", header("x-gigya-sig-hmac-sha1"))
                .encoding(SignatureEncoding::Base64)
                .key_encoding(TextEncoding::Base64)
        },
    ),
    row(
        "docusign",
        &[Seed, Documentation],
        "The key looks like Base64 and is used as text. The number of a field says nothing of the \
     key.",
        || sha256("{body}", At::HeaderSeq("x-docusign-signature-{n}".to_owned())).encoding(SignatureEncoding::Base64),
    ),
];
