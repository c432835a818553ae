//! The libraries that sign what they are told in either field, and read the standard form: httpsig and node's http-signature
//! with their forks.

use countersign::{Algorithm, Cavage, Dialect, Switch};

use super::{
    exchange::{CARRIERS, PeerSigns, STANDARD, WeSign},
    keys::Key,
    line::{NO, Peer},
    message::Change,
};

/// None of them compares the digest with the body: that is left to the application.
const BODY_UNREAD: &[(Change, Option<&str>)] = &[(Change::Body, None)];

const HMAC_AND_RSA: [Algorithm; 4] =
    [Algorithm::HmacSha256, Algorithm::HmacSha512, Algorithm::RsaSha256, Algorithm::RsaSha512];

fn key(algorithm: Algorithm) -> Key {
    Key::new("alice", algorithm)
}

fn we_sign(peer: &mut Peer, scheme: Cavage, fields: &[&'static str], algorithms: &[Algorithm]) {
    for field in fields {
        for algorithm in algorithms {
            let key = key(*algorithm);
            WeSign { key, scheme, field, covers: STANDARD, refusal: NO, but: BODY_UNREAD }.to(peer);
        }
    }
}

fn peer_signs(peer: &mut Peer, fields: &[&'static str], algorithms: &[Algorithm]) {
    for field in fields {
        for algorithm in algorithms {
            PeerSigns::standard(key(*algorithm), field).to_us(peer);
        }
    }
}

#[test]
#[ignore = "needs the peers that tests/run installs"]
fn httpsig_accepts_what_we_sign_and_refuses_what_was_changed() {
    let mut peer = Peer::of_python("httpsig");
    we_sign(&mut peer, Cavage::new(), &CARRIERS, &HMAC_AND_RSA);
    peer.report();
}

#[test]
#[ignore = "needs the peers that tests/run installs"]
fn we_accept_what_httpsig_signs_and_refuse_what_was_changed() {
    let mut peer = Peer::of_python("httpsig");
    peer_signs(&mut peer, &CARRIERS, &HMAC_AND_RSA);
    peer.report();
}

#[test]
#[ignore = "needs the peers that tests/run installs"]
fn httpsig_cffi_accepts_what_we_sign_and_refuses_what_was_changed() {
    let mut peer = Peer::of_python("httpsig-cffi");
    we_sign(&mut peer, Cavage::new(), &["authorization"], &[Algorithm::HmacSha256, Algorithm::HmacSha512]);
    peer.report();
}

#[test]
#[ignore = "needs the peers that tests/run installs"]
fn we_accept_what_httpsig_cffi_signs_and_refuse_what_was_changed() {
    let mut peer = Peer::of_python("httpsig-cffi");
    peer_signs(&mut peer, &["authorization"], &[Algorithm::HmacSha256, Algorithm::HmacSha512]);
    peer.report();
}

#[test]
#[ignore = "needs the peers that tests/run installs"]
fn nodes_http_signature_accepts_what_we_sign_and_refuses_what_was_changed() {
    let mut peer = Peer::of_node("http-signature");
    we_sign(&mut peer, Cavage::new(), &CARRIERS, &HMAC_AND_RSA);
    we_sign(&mut peer, Cavage::new(), &CARRIERS, &[Algorithm::EcdsaSha256]);
    // It knows Ed25519 by the name that Triton's servers do.
    let triton = Dialect::named("triton").unwrap().scheme();
    for field in CARRIERS {
        let (key, covers) = (key(Algorithm::Ed25519), ("date", "date"));
        WeSign { key, scheme: triton, field, covers, refusal: NO, but: BODY_UNREAD }.to(&mut peer);
    }
    peer.report();
}

#[test]
#[ignore = "needs the peers that tests/run installs"]
fn we_accept_what_nodes_http_signature_signs_and_refuse_what_was_changed() {
    let mut peer = Peer::of_node("http-signature");
    peer_signs(&mut peer, &CARRIERS, &HMAC_AND_RSA);
    peer_signs(&mut peer, &CARRIERS, &[Algorithm::EcdsaSha256, Algorithm::Ed25519]);
    peer.report();
}

#[test]
#[ignore = "needs the peers that tests/run installs"]
fn peertubes_http_signature_accepts_what_we_sign_and_refuses_what_was_changed() {
    let mut peer = Peer::of_node("peertube-http-signature");
    we_sign(&mut peer, Cavage::new(), &CARRIERS, &HMAC_AND_RSA);
    we_sign(&mut peer, Cavage::new(), &CARRIERS, &[Algorithm::EcdsaSha256]);
    // hs2019 is RSA with SHA-256 or Ed25519 to it, whichever the key is.
    let hs2019 = Cavage::new().allowing(Switch::Hs2019);
    we_sign(&mut peer, hs2019, &CARRIERS, &[Algorithm::RsaSha256, Algorithm::Ed25519]);
    peer.report();
}

#[test]
#[ignore = "needs the peers that tests/run installs"]
fn we_accept_what_peertubes_http_signature_signs_and_refuse_what_was_changed() {
    let mut peer = Peer::of_node("peertube-http-signature");
    peer_signs(&mut peer, &CARRIERS, &HMAC_AND_RSA);
    peer_signs(&mut peer, &CARRIERS, &[Algorithm::EcdsaSha256, Algorithm::Ed25519]);
    for algorithm in [Algorithm::RsaSha256, Algorithm::Ed25519] {
        let key = key(algorithm).called("hs2019");
        PeerSigns { states_algorithm: false, ..PeerSigns::standard(key, "signature") }.to_us(&mut peer);
    }
    peer.report();
}

#[test]
#[ignore = "needs the peers that tests/run installs"]
fn httpsig_and_nodes_http_signature_know_no_hs2019_and_the_latter_ed25519_by_another_name_than_ours() {
    let (hs2019, standard) = (Cavage::new().allowing(Switch::Hs2019), Cavage::new());
    let (rsa, ed25519) = (key(Algorithm::RsaSha256), key(Algorithm::Ed25519));
    let (field, refusal) = ("signature", "AssertionError: Unknown algorithm");
    let row = WeSign { key: rsa, scheme: hs2019, field, covers: STANDARD, refusal, but: &[] };

    let mut peer = Peer::of_python("httpsig");
    row.in_vain_to(&mut peer);
    peer.report();

    let mut peer = Peer::of_node("http-signature");
    WeSign { refusal: "InvalidParamsError: hs2019 is not supported", ..row }.in_vain_to(&mut peer);
    WeSign { key: ed25519, scheme: standard, refusal: "InvalidParamsError: ed25519 is not supported", ..row }
        .in_vain_to(&mut peer);
    peer.report();
}
