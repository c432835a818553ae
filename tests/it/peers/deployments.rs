//! Clients of deployments: Triton and Manta, Oracle Cloud, Cybersource, Satispay, Kong.

use countersign::{Algorithm, Component, Coverage, Dialect, Policy, Switch, VerifyError, When};

use super::{
    exchange::PeerSigns,
    keys::Key,
    line::Peer,
    message::{Change, Message},
};

const AUTHORIZATION: &str = "authorization";
const RSA_FINGERPRINT: &str = "/ann/keys/25:85:39:68:19:5b:91:e6:15:b1:22:f6:cc:2d:ab:10";
const DATE_ALONE: (&str, &str) = ("date", "date");

fn dialect(name: &str) -> &'static Dialect {
    Dialect::named(name).unwrap()
}

/// Under the dialect's own scheme and policy; the fields are the client's to make.
fn signed_in(name: &str, key: Key, field: &'static str) -> PeerSigns {
    let (scheme, policy) = (dialect(name).scheme(), dialect(name).policy());
    PeerSigns { scheme, policy, dated: false, ..PeerSigns::standard(key, field) }
}

fn uncovered(name: &'static str) -> VerifyError {
    VerifyError::NotCovered(name.parse().unwrap())
}

#[test]
#[ignore = "needs the peers that tests/run installs"]
fn tritons_policy_accepts_the_date_that_manta_signs_and_no_other() {
    let mut peer = Peer::of_python("manta");
    // With RSA it signs over SHA-1, so our key is one that says dangerous.
    for algorithm in [Algorithm::EcdsaSha256, Algorithm::RsaSha1] {
        let key = Key::new(RSA_FINGERPRINT, algorithm);
        PeerSigns { covers: DATE_ALONE, ..signed_in("triton", key, AUTHORIZATION) }.to_us(&mut peer);
    }
    peer.report();
}

#[test]
#[ignore = "needs the peers that tests/run installs"]
fn what_manta_signs_opens_every_path_under_tritons_policy_and_none_under_ours() {
    let mut peer = Peer::of_python("manta");
    let key = Key::new(RSA_FINGERPRINT, Algorithm::EcdsaSha256);
    let signed = peer.sign(&Message::post(), key, "date", AUTHORIZATION);
    let triton = dialect("triton");
    let verifying = key.verifying(triton.scheme());

    let outcome = signed.verified(triton.scheme(), &Policy::default(), &verifying);
    peer.exchanges.expect("POST", &outcome, &Err(uncovered("(request-target)")));
    for change in [Change::Method, Change::Path, Change::Query, Change::Field("host"), Change::Body] {
        let outcome = change.made_to(&signed).verified(triton.scheme(), &triton.policy(), &verifying);
        assert_eq!(outcome, Ok((RSA_FINGERPRINT.to_owned(), "date".to_owned())), "{change:?}");
    }
    peer.report();
}

#[test]
#[ignore = "needs the peers that tests/run installs"]
fn we_accept_what_smartdc_auth_signs_and_refuse_what_was_changed() {
    let mut peer = Peer::of_node("smartdc-auth");
    for (algorithm, id) in [
        (Algorithm::RsaSha256, RSA_FINGERPRINT),
        (Algorithm::EcdsaSha256, "/ann/keys/23:db:66:5c:6f:2e:a3:c3:78:d1:9c:13:fc:27:26:a5"),
        (Algorithm::Ed25519, "/ann/keys/f6:cf:f6:5e:d0:1f:b6:a5:9d:45:7f:e4:41:d8:58:fa"),
    ] {
        let key = Key::new(id, algorithm);
        // Told to cover enough for the default policy, and told nothing.
        PeerSigns::standard(key, AUTHORIZATION).to_us(&mut peer);
        PeerSigns { covers: DATE_ALONE, ..signed_in("triton", key, AUTHORIZATION) }.to_us(&mut peer);
    }
    peer.report();
}

#[test]
#[ignore = "needs the peers that tests/run installs"]
fn we_accept_what_oracle_clouds_client_signs_and_refuse_what_was_changed() {
    let mut peer = Peer::of_node("oci-common");
    let key = Key::new("tenancy/user/25:85:39:68:19:5b:91:e6:15:b1:22:f6:cc:2d:ab:10", Algorithm::RsaSha256);
    let covers =
        ("x-date (request-target) host", "x-date (request-target) host content-type content-length x-content-sha256");
    let row = PeerSigns { covers, ..signed_in("oracle-cloud", key, AUTHORIZATION) };
    row.to_us(&mut peer);
    PeerSigns { policy: Policy::default(), ..row }.to_us(&mut peer);
    peer.report();
}

#[test]
#[ignore = "needs the peers that tests/run installs"]
fn we_accept_what_cybersources_client_signs_and_refuse_what_was_changed() {
    let mut peer = Peer::of_node("cybersource-rest-client");
    // The same secret as that of all other tests.
    let key = Key::new("alice", Algorithm::HmacSha256).with_secret("Y29ycmVjdCBob3JzZSBiYXR0ZXJ5IHN0YXBsZQ==");
    let covers = ("host date (request-target) v-c-merchant-id", "host date (request-target) digest v-c-merchant-id");
    let fields = &[("v-c-merchant-id", "merchant")];
    // Not the default policy, since the media type is not signed.
    PeerSigns { covers, fields, ..signed_in("cybersource", key, "signature") }.to_us(&mut peer);
    peer.report();
}

#[test]
#[ignore = "needs the peers that tests/run installs"]
fn we_accept_what_satispays_client_signs_and_refuse_what_was_changed() {
    let mut peer = Peer::of_python("satispaython");
    let covers = ("(request-target) host date digest", "(request-target) host date digest");
    // Not the default policy, since the media type is not signed.
    let row = signed_in("satispay", Key::new("alice", Algorithm::RsaSha256), AUTHORIZATION);
    // It signs the path with its percent escapes resolved, and no query.
    let scheme = row.scheme.allowing(Switch::DangerousQuerylessTarget).allowing(Switch::DangerousDecodedPath);
    PeerSigns { scheme, covers, queryless: true, ..row }.to_us(&mut peer);
    peer.report();
}

#[test]
#[ignore = "needs the peers that tests/run installs"]
fn we_accept_what_kong_hmac_signs_where_a_policy_asks_for_no_target_and_refuse_what_was_changed() {
    let mut peer = Peer::of_python("kong-hmac");
    // Neither target nor host is signed: anybody on the way may send the body elsewhere.
    let digest: Component = "digest".parse().unwrap();
    let policy = Policy::dangerous_requiring(Coverage::empty().and(digest, When::Body));
    let row = signed_in("kong", Key::new("alice", Algorithm::HmacSha256), AUTHORIZATION);
    PeerSigns { policy, covers: ("date digest", "date digest"), ..row }.to_us(&mut peer);
    peer.report();
}

#[test]
#[ignore = "needs the peers that tests/run installs"]
fn kongs_policy_refuses_what_kong_hmac_signs_since_it_leaves_the_target_out() {
    let mut peer = Peer::of_python("kong-hmac");
    let (key, kong) = (Key::new("alice", Algorithm::HmacSha256), dialect("kong"));
    let signed = peer.sign(&Message::post(), key, "date digest", AUTHORIZATION);
    let outcome = signed.verified(kong.scheme(), &kong.policy(), &key.verifying(kong.scheme()));
    peer.exchanges.expect("POST", &outcome, &Err(uncovered("(request-target)")));
    peer.report();
}
