//! Those with the time beside the signature.

use super::{
    super::{
        preset::{
            Evidence::{Catalogue, Documentation, Memory, Sdk},
            Preset,
        },
        spec::{At, TimeFormat},
    },
    header, row, sha256,
};

pub(super) const ROWS: &[Preset] =
    &[
        row("stripe", &[Sdk], "", || {
            sha256("{time}.{body}", header("stripe-signature")).listing(",", ["t={time}", "v1={sig}"]).time(
                At::Layout,
                TimeFormat::Unix,
                300,
            )
        }),
        row("calendly", &[Documentation], "", || {
            sha256("{time}.{body}", header("calendly-webhook-signature")).listing(",", ["t={time}", "v1={sig}"]).time(
                At::Layout,
                TimeFormat::Unix,
                180,
            )
        }),
        row("workos", &[Sdk], "Written with a space behind the comma, which is read too.", || {
            sha256("{time}.{body}", header("workos-signature")).listing(",", ["t={time}", "v1={sig}"]).time(
                At::Layout,
                TimeFormat::UnixMs,
                180,
            )
        }),
        row("elevenlabs", &[Catalogue], "", || {
            sha256("{time}.{body}", header("elevenlabs-signature")).listing(",", ["t={time}", "v0={sig}"]).time(
                At::Layout,
                TimeFormat::Unix,
                1800,
            )
        }),
        row("retell", &[Catalogue], "", || {
            sha256("{body}{time}", header("x-retell-signature")).listing(",", ["v={time}", "d={sig}"]).time(
                At::Layout,
                TimeFormat::UnixMs,
                300,
            )
        }),
        row("paddle", &[Sdk], "", || {
            sha256("{time}:{body}", header("paddle-signature")).listing(";", ["ts={time}", "h1={sig}"]).time(
                At::Layout,
                TimeFormat::Unix,
                5,
            )
        }),
        row("buildkite", &[Documentation], "", || {
            sha256("{time}.{body}", header("x-buildkite-signature"))
                .listing(",", ["timestamp={time}", "signature={sig}"])
                .time(At::Layout, TimeFormat::Unix, 300)
        }),
        row("cloudflare-stream", &[Memory], "", || {
            sha256("{time}.{body}", header("webhook-signature")).listing(",", ["time={time}", "sig1={sig}"]).time(
                At::Layout,
                TimeFormat::Unix,
                300,
            )
        }),
        row("recurly", &[Catalogue], "", || {
            sha256("{time}.{body}", header("recurly-signature")).listing(",", ["{time}", "{sig}"]).by_position().time(
                At::Layout,
                TimeFormat::UnixMs,
                300,
            )
        }),
        row("boldsign", &[Documentation], "s0 and s1 are generations of the key, not kinds of signature.", || {
            sha256("{time}.{body}", header("x-boldsign-signature"))
                .listing(",", ["t={time}", "s0={sig}", "s1={sig}"])
                .time(At::Layout, TimeFormat::Unix, 300)
        }),
        row(
            "tabapay",
            &[Documentation],
            "v1 is the current key's, v2 the one's before; what is signed is an assumption.",
            || {
                sha256("{time}.{body}", header("x-hmac-signature"))
                    .listing(",", ["t={time}", "v1={sig}", "v2={sig}"])
                    .time(At::Layout, TimeFormat::Unix, 300)
            },
        ),
        row("convoy-advanced", &[Sdk], "", || {
            sha256("{time},{body}", header("x-convoy-signature")).listing(",", ["t={time}", "v1={sig}"]).time(
                At::Layout,
                TimeFormat::Unix,
                300,
            )
        }),
    ];
