//! Those that sign the body and nothing else.

use super::{
    super::{
        preset::{
            Evidence::{Catalogue, Documentation, Memory, Sdk},
            Preset,
        },
        spec::{SignatureEncoding, TextEncoding},
    },
    header, query, row, sha1, sha256,
};

pub(super) const ROWS: &[Preset] = &[
    row("github", &[Documentation], "", || {
        sha256("{body}", header("x-hub-signature-256")).written("sha256={sig}").id(header("x-github-delivery"))
    }),
    row("github-sha1", &[Documentation], "", || {
        sha1("{body}", header("x-hub-signature")).written("sha1={sig}").id(header("x-github-delivery"))
    }),
    row("meta", &[Memory], "The body is signed as it is sent, with its \\u escapes.", || {
        sha256("{body}", header("x-hub-signature-256")).written("sha256={sig}")
    }),
    row("intercom", &[Catalogue], "", || sha1("{body}", header("x-hub-signature")).written("sha1={sig}")),
    row("bitbucket", &[Catalogue], "", || sha256("{body}", header("x-hub-signature")).written("sha256={sig}")),
    row("shopify", &[Sdk], "", || {
        sha256("{body}", header("x-shopify-hmac-sha256"))
            .encoding(SignatureEncoding::Base64)
            .id(header("x-shopify-webhook-id"))
    }),
    row("woocommerce", &[Catalogue], "", || {
        sha256("{body}", header("x-wc-webhook-signature")).encoding(SignatureEncoding::Base64)
    }),
    row("line", &[Sdk], "", || sha256("{body}", header("x-line-signature")).encoding(SignatureEncoding::Base64)),
    row(
        "xero",
        &[Documentation],
        "Wants 401 for a wrong signature and an empty 200 for a right one when the endpoint is \
     registered.",
        || sha256("{body}", header("x-xero-signature")).encoding(SignatureEncoding::Base64),
    ),
    row("dropbox", &[Catalogue], "The endpoint is verified with a GET that has a challenge.", || {
        sha256("{body}", header("x-dropbox-signature"))
    }),
    row("notion", &[Sdk], "", || sha256("{body}", header("x-notion-signature")).written("sha256={sig}")),
    row("typeform", &[Documentation], "", || {
        sha256("{body}", header("typeform-signature")).encoding(SignatureEncoding::Base64).written("sha256={sig}")
    }),
    row("airtable", &[Catalogue], "", || {
        sha256("{body}", header("x-airtable-content-mac"))
            .written("hmac-sha256={sig}")
            .key_encoding(TextEncoding::Base64)
    }),
    row("ms-teams", &[Documentation], "", || {
        sha256("{body}", header("authorization"))
            .encoding(SignatureEncoding::Base64)
            .written("HMAC {sig}")
            .key_encoding(TextEncoding::Base64)
    }),
    row("vercel", &[Catalogue], "", || sha1("{body}", header("x-vercel-signature"))),
    row("help-scout", &[Catalogue], "", || {
        sha1("{body}", header("x-helpscout-signature")).encoding(SignatureEncoding::Base64)
    }),
    row("webex", &[Catalogue], "", || sha1("{body}", header("x-spark-signature"))),
    row("razorpay", &[Catalogue], "", || {
        sha256("{body}", header("x-razorpay-signature")).id(header("x-razorpay-event-id"))
    }),
    row("sentry", &[Catalogue], "", || sha256("{body}", header("sentry-hook-signature"))),
    row("asana", &[Catalogue], "The secret arrives with the handshake, in X-Hook-Secret.", || {
        sha256("{body}", header("x-hook-signature"))
    }),
    row("savvycal", &[Documentation], "Written in upper case.", || {
        sha256("{body}", header("x-savvycal-signature")).encoding(SignatureEncoding::HexUpper).written("sha256={sig}")
    }),
    row("adyen-banking", &[Sdk], "", || {
        sha256("{body}", header("hmacsignature")).encoding(SignatureEncoding::Base64).key_encoding(TextEncoding::Hex)
    }),
    row("pandadoc", &[Catalogue], "", || sha256("{body}", query("signature"))),
    row("pagerduty", &[Documentation], "", || {
        sha256("{body}", header("x-pagerduty-signature")).listing(",", ["v1={sig}"])
    }),
    row("circleci", &[Catalogue], "", || sha256("{body}", header("circleci-signature")).listing(",", ["v1={sig}"])),
    row("convoy-simple", &[Sdk], "", || sha256("{body}", header("x-convoy-signature"))),
];
