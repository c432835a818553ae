//! Those with the time in a field of its own.

use super::{
    super::{
        preset::{
            Evidence::{Catalogue, Documentation, Memory, Sdk},
            Preset,
        },
        spec::{At, SignatureEncoding, TextEncoding, TimeFormat},
    },
    header, row, sha256,
};

pub(super) const ROWS: &[Preset] = &[
    row("slack", &[Sdk], "", || {
        sha256("v0:{time}:{body}", header("x-slack-signature")).written("v0={sig}").time(
            header("x-slack-request-timestamp"),
            TimeFormat::Unix,
            300,
        )
    }),
    row("zoom", &[Sdk], "The endpoint is verified with an event of its own.", || {
        sha256("v0:{time}:{body}", header("x-zm-signature")).written("v0={sig}").time(
            header("x-zm-request-timestamp"),
            TimeFormat::Unix,
            300,
        )
    }),
    row("customer-io", &[Catalogue], "", || {
        sha256("v0:{time}:{body}", header("x-cio-signature")).time(header("x-cio-timestamp"), TimeFormat::Unix, 300)
    }),
    row("zendesk", &[Documentation], "", || {
        sha256("{time}{body}", header("x-zendesk-webhook-signature")).encoding(SignatureEncoding::Base64).time(
            header("x-zendesk-webhook-signature-timestamp"),
            TimeFormat::Rfc3339,
            300,
        )
    }),
    row("front", &[Catalogue], "", || {
        sha256("{time}:{body}", header("x-front-signature")).encoding(SignatureEncoding::Base64).time(
            header("x-front-request-timestamp"),
            TimeFormat::UnixMs,
            300,
        )
    }),
    row("crisp", &[Catalogue], "", || {
        sha256("[{time};{body}]", header("x-crisp-signature")).time(
            header("x-crisp-request-timestamp"),
            TimeFormat::UnixMs,
            300,
        )
    }),
    row("webflow", &[Catalogue], "", || {
        sha256("{time}:{body}", header("x-webflow-signature")).time(
            header("x-webflow-timestamp"),
            TimeFormat::UnixMs,
            300,
        )
    }),
    row("box", &[Documentation], "", || {
        sha256(
            "{body}{time}",
            At::Headers(vec!["box-signature-primary".to_owned(), "box-signature-secondary".to_owned()]),
        )
        .encoding(SignatureEncoding::Base64)
        .time(header("box-delivery-timestamp"), TimeFormat::Rfc3339, 600)
    }),
    row("twitch", &[Memory], "", || {
        sha256("{id}{time}{body}", header("twitch-eventsub-message-signature"))
            .written("sha256={sig}")
            .time(header("twitch-eventsub-message-timestamp"), TimeFormat::Rfc3339, 600)
            .id(header("twitch-eventsub-message-id"))
    }),
    row("standard-webhooks", &[Sdk], "", || {
        sha256("{id}.{time}.{body}", header("webhook-signature"))
            .encoding(SignatureEncoding::Base64)
            .listing(" ", ["v1,{sig}"])
            .key_encoding(TextEncoding::Base64)
            .key_strip("whsec_")
            .time(header("webhook-timestamp"), TimeFormat::Unix, 300)
            .id(header("webhook-id"))
    }),
    row("svix", &[Sdk], "", || {
        sha256("{id}.{time}.{body}", header("svix-signature"))
            .encoding(SignatureEncoding::Base64)
            .listing(" ", ["v1,{sig}"])
            .key_encoding(TextEncoding::Base64)
            .key_strip("whsec_")
            .time(header("svix-timestamp"), TimeFormat::Unix, 300)
            .id(header("svix-id"))
    }),
    row("sinch", &[Catalogue], "", || {
        sha256("{body}.{id}.{time}", header("x-sinch-webhook-signature"))
            .encoding(SignatureEncoding::Base64)
            .time(header("x-sinch-webhook-signature-timestamp"), TimeFormat::Unix, 300)
            .id(header("x-sinch-webhook-signature-nonce"))
    }),
    row("gigwage", &[Documentation], "", || {
        sha256("{time}{method}{path}{body}", header("x-gw-signature")).time(
            header("x-gw-timestamp"),
            TimeFormat::UnixMs,
            300,
        )
    }),
    row("bird-legacy", &[Memory], "The sender signs a sorted query, and sends it so.", || {
        sha256("{time}\n{query}\n{digest:sha256:raw}", header("messagebird-signature"))
            .encoding(SignatureEncoding::Base64)
            .time(header("messagebird-request-timestamp"), TimeFormat::Unix, 300)
    }),
];
