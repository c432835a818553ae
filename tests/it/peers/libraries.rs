//! Libraries that write or read a form of their own.

use countersign::{Algorithm, Cavage, Dialect};

use super::{
    exchange::{CARRIERS, PeerSigns, STANDARD, WeSign},
    keys::Key,
    line::{NO, Peer},
    message::Change,
};

const FOUR_KINDS: [Algorithm; 4] =
    [Algorithm::HmacSha256, Algorithm::RsaSha256, Algorithm::EcdsaSha256, Algorithm::Ed25519];

/// The digest is left to the application.
const BODY_UNREAD: &[(Change, Option<&str>)] = &[(Change::Body, None)];

/// What digital-bazaar's dialect covers.
const DIGITAL_BAZAARS: (&str, &str) = (
    "(key-id) (created) (expires) (request-target) host",
    "(key-id) (created) (expires) (request-target) host digest content-type",
);

fn key(algorithm: Algorithm) -> Key {
    Key::new("alice", algorithm)
}

fn scheme(dialect: &str) -> Cavage {
    Dialect::named(dialect).unwrap().scheme()
}

#[test]
#[ignore = "needs the peers that tests/run installs"]
fn requests_http_signature_accepts_what_we_sign_and_refuses_what_was_changed() {
    let mut peer = Peer::of_python("requests-http-signature");
    let scheme = scheme("requests-http-signature");
    for field in CARRIERS {
        for algorithm in [Algorithm::HmacSha256, Algorithm::RsaSha256, Algorithm::EcdsaSha256] {
            // No more than an assertion for a secret.
            let refusal = if algorithm.is_symmetric() { "AssertionError: " } else { "InvalidSignature: " };
            WeSign { key: key(algorithm), scheme, field, covers: STANDARD, refusal, but: BODY_UNREAD }.to(&mut peer);
        }
    }
    peer.report();
}

#[test]
#[ignore = "needs the peers that tests/run installs"]
fn we_accept_what_requests_http_signature_signs_and_refuse_what_was_changed() {
    let mut peer = Peer::of_python("requests-http-signature");
    for field in CARRIERS {
        for algorithm in [Algorithm::HmacSha256, Algorithm::RsaSha256, Algorithm::RsaSha512, Algorithm::EcdsaSha256] {
            PeerSigns::standard(key(algorithm), field).to_us(&mut peer);
        }
    }
    peer.report();
}

#[test]
#[ignore = "needs the peers that tests/run installs"]
fn digital_bazaars_library_accepts_what_we_sign_and_refuses_what_was_changed() {
    let mut peer = Peer::of_node("digitalbazaar-http-signature-header");
    for algorithm in FOUR_KINDS {
        for (scheme, covers) in [(Cavage::new(), STANDARD), (scheme("digital-bazaar"), DIGITAL_BAZAARS)] {
            let (key, field) = (key(algorithm), "authorization");
            WeSign { key, scheme, field, covers, refusal: NO, but: BODY_UNREAD }.to(&mut peer);
        }
    }
    peer.report();
}

#[test]
#[ignore = "needs the peers that tests/run installs"]
fn we_accept_what_digital_bazaars_library_signs_and_refuse_what_was_changed() {
    let mut peer = Peer::of_node("digitalbazaar-http-signature-header");
    for algorithm in FOUR_KINDS {
        PeerSigns::standard(key(algorithm), "authorization").to_us(&mut peer);
    }
    // It covers no time of its own with an algorithm of another name.
    let standard = PeerSigns::standard(key(Algorithm::Ed25519), "authorization");
    let (scheme, covers) = (scheme("digital-bazaar"), DIGITAL_BAZAARS);
    PeerSigns { covers, ..standard.clone() }.to_us(&mut peer);
    PeerSigns { scheme, covers, ..standard }.to_us(&mut peer);
    peer.report();
}

#[test]
#[ignore = "needs the peers that tests/run installs"]
fn michalcs_server_accepts_what_we_sign_and_refuses_what_was_changed() {
    let mut peer = Peer::of_python("http-signature-server");
    let covers = ("(created) (request-target) host", "(created) (request-target) host digest content-type");
    for algorithm in FOUR_KINDS {
        let (key, scheme, refusal) = (key(algorithm), scheme("michalc"), "ValueError: Signature does not verify");
        WeSign { key, scheme, field: "signature", covers, refusal, but: BODY_UNREAD }.to(&mut peer);
    }
    peer.report();
}

#[test]
#[ignore = "needs the peers that tests/run installs"]
fn we_accept_what_michalcs_client_signs_and_refuse_what_was_changed() {
    let mut peer = Peer::of_python("http-signature-client");
    let covers = ("(created) (request-target) host date", "(created) (request-target) host content-type date digest");
    for algorithm in FOUR_KINDS {
        for scheme in [Cavage::new(), scheme("michalc")] {
            let standard = PeerSigns::standard(key(algorithm), "signature");
            PeerSigns { scheme, covers, states_algorithm: false, ..standard }.to_us(&mut peer);
        }
    }
    peer.report();
}

#[test]
#[ignore = "needs the peers that tests/run installs"]
fn neither_requests_http_signature_nor_michalcs_server_reads_our_standard_form() {
    let (key, scheme, covers) = (key(Algorithm::HmacSha256), Cavage::new(), STANDARD);
    let row = WeSign { key, scheme, field: "signature", covers, refusal: "KeyError: 'created'", but: &[] };
    let mut peer = Peer::of_python("requests-http-signature");
    row.in_vain_to(&mut peer);
    peer.report();

    let mut peer = Peer::of_python("http-signature-server");
    WeSign { refusal: "ValueError: Invalid signature header", ..row }.in_vain_to(&mut peer);
    peer.report();
}
