//! Libraries of the Fediverse: RSA keys under a URL, in the Signature field.

use countersign::{Algorithm, Cavage, Dialect, Policy, Switch, VerifyError};

use super::{
    exchange::{PeerSigns, STANDARD, WeSign},
    keys::Key,
    line::{NO, Peer},
    message::{Change, Message},
};
use crate::support::{now, secs};

const SIGNATURE: &str = "signature";
const ANN: Key = Key::new("https://social.example/users/ann#main-key", Algorithm::RsaSha256);

/// What misskey's library signs with; with the last two nobody else in the Fediverse does.
const MISSKEYS: [Algorithm; 3] = [Algorithm::RsaSha256, Algorithm::EcdsaSha256, Algorithm::Ed25519];

fn dialect(name: &str) -> &'static Dialect {
    Dialect::named(name).unwrap()
}

fn we_sign<'a>(name: &str, refusal: &'static str, but: &'a [(Change, Option<&'static str>)]) -> WeSign<'a> {
    WeSign { key: ANN, scheme: dialect(name).scheme(), field: SIGNATURE, covers: STANDARD, refusal, but }
}

/// Signed by a peer that leaves the query out.
fn queryless(scheme: Cavage) -> PeerSigns {
    let scheme = scheme.allowing(Switch::DangerousQuerylessTarget);
    PeerSigns { scheme, queryless: true, ..PeerSigns::standard(ANN, SIGNATURE) }
}

#[test]
#[ignore = "needs the peers that tests/run installs"]
fn apsig_accepts_what_we_sign_without_the_query_and_refuses_what_was_changed() {
    let mut peer = Peer::of_python("apsig");
    let digest = Some("VerificationFailedError: Digest mismatch");
    let but = &[(Change::Query, None), (Change::Field("digest"), digest), (Change::Body, digest)];
    we_sign("apsig", "VerificationFailedError: Invalid signature", but).to(&mut peer);
    peer.report();
}

#[test]
#[ignore = "needs the peers that tests/run installs"]
fn we_accept_what_apsig_signs_in_both_fields_and_refuse_what_was_changed() {
    let mut peer = Peer::of_python("apsig");
    // It is enough to let both fields say the same, or to read the one that its own servers do.
    queryless(Cavage::new().allowing(Switch::EqualCarriers)).to_us(&mut peer);
    queryless(dialect("apsig").scheme()).to_us(&mut peer);
    peer.report();
}

#[test]
#[ignore = "needs the peers that tests/run installs"]
fn we_refuse_both_fields_of_apsig_unless_we_are_told_otherwise() {
    let mut peer = Peer::of_python("apsig");
    let signed = peer.sign(&Message::post(), ANN, STANDARD.1, SIGNATURE);
    let outcome = signed.verified(Cavage::new(), &Policy::default(), &ANN.verifying(Cavage::new()));
    peer.exchanges.expect("POST", &outcome, &Err(VerifyError::Ambiguous("place for the signature")));
    peer.report();
}

#[test]
#[ignore = "needs the peers that tests/run installs"]
fn bovine_accepts_what_we_sign_without_the_query_and_refuses_what_was_changed() {
    let mut peer = Peer::of_python("bovine");
    let digest = Some("ValueError: Different digest");
    let but = &[(Change::Query, None), (Change::Field("digest"), digest), (Change::Body, digest)];
    we_sign("bovine", "ValueError: the validator gave no owner", but).to(&mut peer);
    peer.report();
}

#[test]
#[ignore = "needs the peers that tests/run installs"]
fn we_accept_what_bovine_signs_and_refuse_what_was_changed() {
    let mut peer = Peer::of_python("bovine");
    let covers = ("(request-target) host date accept", STANDARD.1);
    // The default policy, since it signs the query that its servers leave out.
    PeerSigns { covers, dated: false, ..PeerSigns::standard(ANN, SIGNATURE) }.to_us(&mut peer);
    peer.report();
}

#[test]
#[ignore = "needs the peers that tests/run installs"]
fn misskeys_library_accepts_what_we_sign_and_refuses_what_was_changed() {
    let mut peer = Peer::of_node("misskey-http-message-signatures");
    let digest = Some("Error: Digest header hash mismatch");
    let but = &[(Change::Field("digest"), digest), (Change::Body, digest)];
    let row = we_sign("misskey", "Error: verification simply failed, result: false", but);
    for algorithm in MISSKEYS {
        WeSign { key: Key::new(ANN.id(), algorithm), ..row }.to(&mut peer);
    }
    WeSign { scheme: Cavage::new(), field: "authorization", ..row }.to(&mut peer);
    peer.report();
}

#[test]
#[ignore = "needs the peers that tests/run installs"]
fn we_accept_what_misskeys_library_signs_and_refuse_what_was_changed() {
    let mut peer = Peer::of_node("misskey-http-message-signatures");
    for algorithm in MISSKEYS {
        let key = Key::new(ANN.id(), algorithm);
        PeerSigns { key, ..queryless(dialect("misskey").scheme()) }.to_us(&mut peer);
    }
    peer.report();
}

#[test]
#[ignore = "needs the peers that tests/run installs"]
fn we_read_the_date_from_another_field_that_misskeys_library_signs_under_the_name_date() {
    let mut peer = Peer::of_node("misskey-http-message-signatures");
    let mut message = Message::post().dated();
    message.fields.retain(|(name, _)| name != "date");
    message.set("x-date", &now().minus(secs(30)).to_http_date());
    let signed = peer.sign(&message, ANN, STANDARD.1, SIGNATURE);
    let (scheme, policy) = (dialect("misskey").scheme(), Policy::default());
    // It is covered where it stands.
    let accepted = Ok((ANN.id().to_owned(), STANDARD.1.replace("date", "x-date")));
    peer.exchanges.expect("x-date", &signed.verified(scheme, &policy, &ANN.verifying(scheme)), &accepted);
    let changed = Change::Field("x-date").made_to(&signed).verified(scheme, &policy, &ANN.verifying(scheme));
    assert_eq!(changed, Err(VerifyError::SignatureMismatch));
    peer.report();
}

#[test]
#[ignore = "needs the peers that tests/run installs"]
fn activitypub_http_signatures_accepts_what_we_sign_and_refuses_what_was_changed() {
    let mut peer = Peer::of_node("activitypub-http-signatures");
    let but = &[(Change::Body, None)];
    we_sign("standard", NO, but).to(&mut peer);
    we_sign("fediverse", NO, but).to(&mut peer);
    peer.report();
}

#[test]
#[ignore = "needs the peers that tests/run installs"]
fn we_accept_what_activitypub_http_signatures_signs_and_refuse_what_was_changed() {
    let mut peer = Peer::of_node("activitypub-http-signatures");
    let standard = PeerSigns::standard(ANN, SIGNATURE);
    standard.to_us(&mut peer);
    let fediverse = dialect("fediverse");
    PeerSigns { scheme: fediverse.scheme(), policy: fediverse.policy(), ..standard }.to_us(&mut peer);
    peer.report();
}

#[test]
#[ignore = "needs the peers that tests/run installs"]
fn fedify_accepts_what_we_sign_without_the_query_and_refuses_what_was_changed() {
    let mut peer = Peer::of_node("fedify");
    we_sign("fedify", NO, &[(Change::Query, None)]).to(&mut peer);
    peer.report();
}

#[test]
#[ignore = "needs the peers that tests/run installs"]
fn we_accept_what_fedify_signs_and_refuse_what_was_changed() {
    let mut peer = Peer::of_node("fedify");
    let covers = ("(request-target) date host", "(request-target) content-type date digest host");
    PeerSigns { covers, dated: false, ..queryless(dialect("fedify").scheme()) }.to_us(&mut peer);
    peer.report();
}

#[test]
#[ignore = "needs the peers that tests/run installs"]
fn apsig_bovine_and_fedify_refuse_our_standard_form_where_there_is_a_query() {
    for (mut peer, refusal) in [
        (Peer::of_python("apsig"), "VerificationFailedError: Invalid signature"),
        (Peer::of_python("bovine"), "ValueError: the validator gave no owner"),
        (Peer::of_node("fedify"), NO),
    ] {
        let signed = Message::get().signed(Cavage::new(), ANN.signing(Cavage::new()));
        peer.expect_verified("GET", &signed, &ANN.for_peer(), (STANDARD.0, SIGNATURE), Some(refusal));
        let mut message = Message::get();
        message.target = "/orders".to_owned();
        let signed = message.signed(Cavage::new(), ANN.signing(Cavage::new()));
        peer.expect_verified("GET", &signed, &ANN.for_peer(), (STANDARD.0, SIGNATURE), None);
        peer.report();
    }
}
