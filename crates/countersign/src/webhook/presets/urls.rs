//! Those that sign the URL or the query.

use super::{
    super::{
        preset::{
            Evidence::{Catalogue, Sdk},
            Preset,
        },
        spec::{PairsOf, Piece, SignatureEncoding, Sort, TimeFormat},
        url::UrlForm,
    },
    hashed, header, pairs, query, row, sha1, sha256,
};

pub(super) const ROWS: &[Preset] = &[
    row("square", &[Sdk], "The URL is the one that was registered.", || {
        sha256("{url}{body}", header("x-square-hmacsha256-signature")).encoding(SignatureEncoding::Base64)
    }),
    row("trello", &[Catalogue], "", || {
        sha1("{body}{url}", header("x-trello-webhook")).encoding(SignatureEncoding::Base64)
    }),
    row("twilio", &[Sdk], "The URL is tried with and without its port.", || {
        sha1("{url}", header("x-twilio-signature"))
            .and(Piece::Pairs(pairs(PairsOf::Form, Sort::KeyValue, "{k}{v}").deduped()))
            .encoding(SignatureEncoding::Base64)
            .url_form(UrlForm::EitherPort)
    }),
    row("twilio-json", &[Sdk], "The body is bound by its digest in the signed query.", || {
        sha1("{url}", header("x-twilio-signature"))
            .encoding(SignatureEncoding::Base64)
            .digest(query("bodySHA256"), SignatureEncoding::Hex)
            .url_form(UrlForm::EitherPort)
    }),
    row("mandrill", &[Catalogue], "", || {
        sha1("{url}", header("x-mandrill-signature"))
            .and(Piece::Pairs(pairs(PairsOf::Form, Sort::Key, "{k}{v}")))
            .encoding(SignatureEncoding::Base64)
    }),
    row("hubspot-v3", &[Sdk], "The URL is tried as it is, and with some of its escapes undone.", || {
        sha256("{method}{url}{body}{time}", header("x-hubspot-signature-v3"))
            .encoding(SignatureEncoding::Base64)
            .time(header("x-hubspot-request-timestamp"), TimeFormat::UnixMs, 300)
            .url_form(UrlForm::PartlyDecoded)
    }),
    row("hubspot-v2", &[Sdk], "Not a MAC.", || hashed("{secret}{method}{url}{body}", header("x-hubspot-signature"))),
    row("shopify-oauth", &[Sdk], "Redirects of a browser, which have no body.", || {
        sha256("", query("hmac"))
            .signing(Piece::Pairs(
                pairs(PairsOf::Query, Sort::Key, "{k}={v}").except(&["hmac", "signature"]).joined("&").escaped(),
            ))
            .time(query("timestamp"), TimeFormat::Unix, 90)
            .without_body()
    }),
    row(
        "shopify-app-proxy",
        &[Sdk],
        "Requests without a body; the values of a repeated name are joined with a comma.",
        || {
            sha256("", query("signature"))
                .signing(Piece::Pairs(
                    pairs(PairsOf::Query, Sort::Key, "{k}={v}").except(&["hmac", "signature"]).joining_repeated(","),
                ))
                .time(query("timestamp"), TimeFormat::Unix, 90)
                .without_body()
        },
    ),
];
