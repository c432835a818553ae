//! Those with public keys, key ids, JSON bodies, or no MAC at all.

use super::{
    super::{
        preset::{
            Evidence::{Catalogue, Documentation, Memory, Sdk},
            Preset,
        },
        spec::{At, SignatureEncoding, TextEncoding, TimeFormat},
    },
    ed25519, form, hashed, header, json, p256, row, sha1, sha256, token,
};

pub(super) const ROWS: &[Preset] = &[
    row("linear", &[Sdk], "", || {
        sha256("{body}", header("linear-signature"))
            .time(json("/webhookTimestamp"), TimeFormat::UnixMs, 60)
            .id(header("linear-delivery"))
    }),
    row("pusher", &[Memory], "", || sha256("{body}", header("x-pusher-signature")).key_id(header("x-pusher-key"))),
    row("worldpay", &[Documentation], "", || {
        sha256("{body}", header("event-signature")).listing(",", ["{key_id}/SHA256/{sig}"]).key_id(At::Layout)
    }),
    row("standard-webhooks-v1a", &[Sdk], "", || {
        ed25519("{id}.{time}.{body}", header("webhook-signature"))
            .encoding(SignatureEncoding::Base64)
            .listing(" ", ["v1a,{sig}"])
            .key_encoding(TextEncoding::Base64)
            .key_strip("whpk_")
            .time(header("webhook-timestamp"), TimeFormat::Unix, 300)
            .id(header("webhook-id"))
            .private_key_strip("whsk_")
    }),
    row("symfony", &[Documentation], "", || {
        sha256("{header:webhook-event}{id}{body}", header("webhook-signature"))
            .written("sha256={sig}")
            .id(header("webhook-id"))
    }),
    row("hubspot-v1", &[Sdk], "Not a MAC.", || hashed("{secret}{body}", header("x-hubspot-signature"))),
    row("vipps", &[Memory], "", || {
        sha256("{method}\n{target}\n{time};{header:host};{digest:sha256:base64}", header("authorization"))
            .encoding(SignatureEncoding::Base64)
            .listing("&", ["SignedHeaders=x-ms-date;host;x-ms-content-sha256", "Signature={sig}"])
            .behind("HMAC-SHA256 ")
            .digest(header("x-ms-content-sha256"), SignatureEncoding::Base64)
            .time_within_ours(header("x-ms-date"), TimeFormat::HttpDate)
    }),
    row("uploadcare", &[Documentation], "The body is bound by MD5 alone.", || {
        sha1("{method}\n{digest:md5:hex}\n{header:content-type}\n{time}\n{target}", header("authorization"))
            .written("Uploadcare {key_id}:{sig}")
            .key_id(At::Layout)
            .time(header("date"), TimeFormat::HttpDate, 900)
    }),
    row("mailgun", &[Documentation], "Only the time and the token are signed: the event itself is not.", || {
        sha256("{json:/signature/timestamp}{json:/signature/token}", json("/signature/signature"))
            .time(json("/signature/timestamp"), TimeFormat::Unix, 300)
            .id(json("/signature/token"))
    }),
    row("adyen-standard", &[Sdk], "Only some values of the first notification are signed; send one at a time.", || {
        sha256(ADYEN, json("/notificationItems/0/NotificationRequestItem/additionalData/hmacSignature"))
            .encoding(SignatureEncoding::Base64)
            .key_encoding(TextEncoding::Hex)
    }),
    row("braintree", &[Memory], "The key is the SHA-1 of the private key, in hexadecimal digits.", || {
        sha1("{form:bt_payload}", form("bt_signature"))
            .listing("&", ["{key_id}|{sig}"])
            .key_encoding(TextEncoding::Hex)
            .key_id(At::Layout)
    }),
    row("discord", &[Sdk], "The provider's own code asks for no freshness.", || {
        ed25519("{time}{body}", header("x-signature-ed25519"))
            .key_encoding(TextEncoding::Hex)
            .time_within_ours(header("x-signature-timestamp"), TimeFormat::Unix)
    }),
    row("telnyx", &[Catalogue], "", || {
        ed25519("{time}|{body}", header("telnyx-signature-ed25519"))
            .encoding(SignatureEncoding::Base64)
            .key_encoding(TextEncoding::Base64)
            .time(header("telnyx-timestamp"), TimeFormat::Unix, 300)
    }),
    row("sendgrid", &[Sdk], "The provider's own code asks for no freshness.", || {
        p256("{time}{body}", header("x-twilio-email-event-webhook-signature"))
            .encoding(SignatureEncoding::Base64)
            .key_encoding(TextEncoding::Base64)
            .time_within_ours(header("x-twilio-email-event-webhook-timestamp"), TimeFormat::Unix)
    }),
    row("gitlab-token", &[Documentation], "The secret itself is sent.", || {
        token("", header("x-gitlab-token")).encoding(SignatureEncoding::Raw)
    }),
    row("telegram", &[Catalogue], "The secret itself is sent.", || {
        token("", header("x-telegram-bot-api-secret-token")).encoding(SignatureEncoding::Raw)
    }),
];

/// What is signed of a notification: eight of its values, empty where there is none.
const ADYEN: &str = concat!(
    "{json?:/notificationItems/0/NotificationRequestItem/pspReference}",
    ":{json?:/notificationItems/0/NotificationRequestItem/originalReference}",
    ":{json?:/notificationItems/0/NotificationRequestItem/merchantAccountCode}",
    ":{json?:/notificationItems/0/NotificationRequestItem/merchantReference}",
    ":{json?:/notificationItems/0/NotificationRequestItem/amount/value}",
    ":{json?:/notificationItems/0/NotificationRequestItem/amount/currency}",
    ":{json?:/notificationItems/0/NotificationRequestItem/eventCode}",
    ":{json?:/notificationItems/0/NotificationRequestItem/success}",
);
