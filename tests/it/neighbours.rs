//! What near neighbours got wrong, one test for each.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use actix_web::{
    App,
    test::{call_service, init_service},
    web,
};
use countersign::{
    Cavage, Claim, Component, ComponentError, Coverage, Credential, Policy, Secret, Signature, Signer, SigningKey,
    UnixTime, VerifyError, WellKnown, When,
};
use countersign_actix::{SignatureConfig, SignatureGuard, Signed};
use countersign_reqwest::SigningMiddleware;

use crate::{
    support::{Events, SECRET, alices_keys, now, secret, secs, signer, signing_key, verifying_key},
    wire::{Raw, Recorder, verify, verify_under},
};

const NOW: UnixTime = UnixTime::from_secs(784_111_777);

fn get() -> Raw {
    Raw::new("GET", "/transfer?amount=1")
}

fn post() -> Raw {
    Raw::new("POST", "/transfer").field("Content-Type", "text/plain").body(b"amount=1")
}

/// Alice's signer for this list, in this order.
fn covering(list: &[&str]) -> Signer {
    let coverage = list.iter().fold(Coverage::empty(), |all, name| all.and(name.parse().unwrap(), When::Always));
    signer("alice").covering(coverage)
}

fn refused(raw: &Raw) -> VerifyError {
    verify(raw, NOW).unwrap_err()
}

#[test]
fn a_time_that_is_not_covered_is_no_time() {
    let bare = covering(&["(request-target)", "host"]);
    assert_eq!(refused(&get().field("Date", NOW.to_http_date()).sign(&bare, NOW)), VerifyError::NoCoveredTime);
    let signed = get().sign(&bare, NOW);
    let stated = format!("created={},{}", NOW.as_secs(), signed.value("signature"));
    assert_eq!(refused(&signed.replacing("signature", stated)), VerifyError::NoCoveredTime);
}

#[test]
fn a_time_that_the_signer_does_not_cover_is_not_stated_either() {
    let post_only = || When::Method(vec!["POST".to_owned()]);
    let times = Coverage::standard().and(Component::Created, post_only()).and(Component::Expires, post_only());
    let signer = signer("alice").covering(times);
    for (raw, stated) in [(get(), false), (post(), true)] {
        let value = raw.sign(&signer, NOW).value("signature");
        assert_eq!([value.contains("created="), value.contains("expires=")], [stated; 2], "{value}");
    }
}

#[test]
fn a_time_in_the_future_is_refused_and_the_largest_number_does_not_panic() {
    let created = covering(&["(request-target)", "host", "(created)"]);
    let (edge, late) = (NOW.plus(secs(30)), NOW.plus(secs(31)));
    assert_eq!(verify(&get().sign(&created, edge), NOW).unwrap().signed_at(), Some(edge));
    assert_eq!(refused(&get().sign(&created, late)), VerifyError::InFuture);
    assert_eq!(verify(&get().sign(&signer("alice"), edge), NOW).unwrap().signed_at(), Some(edge));
    assert_eq!(refused(&get().sign(&signer("alice"), late)), VerifyError::InFuture);

    let last = UnixTime::from_secs(u64::MAX);
    assert_eq!(refused(&get().sign(&created, last)), VerifyError::InFuture);
    assert_eq!(verify(&get().sign(&created, last), last).unwrap().valid_until(), Some(last));
    let expiring = covering(&["(request-target)", "host", "(created)", "(expires)"]);
    let endless = get().sign(&expiring.expiring_after(secs(u64::MAX)), NOW);
    assert_eq!(verify(&endless, NOW).unwrap().valid_until(), Some(NOW.plus(secs(300))));
    assert_eq!(verify(&endless, last).unwrap_err(), VerifyError::TooOld);
}

#[test]
fn a_date_that_cannot_be_read_is_refused_wherever_a_time_is_wanted() {
    for date in ["yesterday", "", "784111777", "1994-11-06T08:49:37Z", "Sun, 06 Nov 1994 08:49:37 +0000"] {
        let signed = get().field("Date", date).sign(&signer("alice"), NOW);
        assert_eq!(refused(&signed), VerifyError::UnreadableDate, "{date}");
        let lax = verify_under(Policy::dangerous_requiring_nothing(), &signed, NOW);
        assert_eq!(lax.unwrap().signed_at(), None, "{date}");
    }
}

#[test]
fn a_signature_over_the_time_alone_opens_nothing() {
    for time in ["(created)", "date"] {
        let signed = post().sign(&covering(&[time]), NOW);
        assert_eq!(refused(&signed), VerifyError::NotCovered(Component::RequestTarget), "{time}");
    }
    let listless = post().sign(&covering(&["(created)"]), NOW);
    let listless =
        listless.clone().replacing("signature", listless.value("signature").replace(r#"headers="(created)","#, ""));
    assert_eq!(refused(&listless), VerifyError::NotCovered(Component::RequestTarget));
}

#[test]
fn a_body_has_to_be_covered_and_has_to_be_the_one_that_was() {
    let digest = Component::field(WellKnown::Digest);
    let unprotected = covering(&["(request-target)", "host", "date", "content-type"]);
    assert_eq!(refused(&post().sign(&unprotected, NOW)), VerifyError::NotCovered(digest));
    let mut tampered = post().sign(&signer("alice"), NOW);
    tampered.body = b"amount=9".to_vec();
    assert_eq!(refused(&tampered), VerifyError::DigestMismatch);
    let digest = countersign::digest_field(countersign::DigestAlgorithm::Sha256, b"amount=9");
    assert_eq!(refused(&tampered.replacing("digest", digest)), VerifyError::SignatureMismatch);
}

#[test]
fn the_query_is_part_of_what_is_signed() {
    let signed = get().sign(&signer("alice"), NOW);
    for target in ["/transfer?amount=999", "/transfer", "/transfer?", "/transfer?amount=1&", "/transfer?amount=%31"] {
        assert_eq!(
            refused(&Raw { target: target.to_owned(), ..signed.clone() }),
            VerifyError::SignatureMismatch,
            "{target}"
        );
    }
}

#[actix_web::test]
async fn a_handler_that_asks_for_nothing_is_still_not_reached_behind_the_guard() {
    let calls = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&calls);
    let handler = move || {
        counter.fetch_add(1, Ordering::SeqCst);
        std::future::ready("reached")
    };
    let guard = SignatureGuard::new(SignatureConfig::new(alices_keys()));
    let app = init_service(App::new().service(web::scope("").wrap(guard).default_service(web::to(handler)))).await;
    for (request, status, reached) in [(get(), 401, 0), (post(), 401, 0), (get().signed(), 200, 1)] {
        let response = call_service(&app, request.into_actix().to_request()).await;
        assert_eq!((response.status().as_u16(), calls.load(Ordering::SeqCst)), (status, reached));
    }
}

#[test]
fn one_parser_reads_the_whole_header_and_repeated_parameters_are_refused() {
    let signed = get().sign(&signer("alice"), NOW);
    let value = signed.value("signature");
    let with = |value: String| signed.clone().replacing("signature", value);
    for repeated in
        [r#"keyId="mallory""#, r#"keyId="alice""#, r#"headers="date""#, r#"signature="AAAA""#, "algorithm=hs2019"]
    {
        let twice = VerifyError::Ambiguous("parameter of the same name");
        assert_eq!(refused(&with(format!("{value},{repeated}"))), twice, "{repeated}");
        assert_eq!(refused(&with(format!("{repeated},{value}"))), twice, "{repeated}");
    }
    // What looks like a parameter inside of another's quotes is none.
    let quoted = value.replace(r#"keyId="alice""#, r#"keyId="x,keyId=\"alice\",headers=date""#);
    assert_eq!(refused(&with(quoted)), VerifyError::UnknownKey);
    let quoted = value.replace(r#"headers="(request-target) host date""#, r#"headers="date",x="\",headers=\"host""#);
    assert_eq!(refused(&with(quoted)), VerifyError::NotCovered(Component::RequestTarget));
    let twice = value.replace("host date", "host date host");
    assert_eq!(refused(&with(twice)), VerifyError::Components(ComponentError::Repeated("host".to_owned())));
}

#[test]
fn a_space_after_a_comma_is_read_and_bearer_may_stand_beside() {
    let signed = get().sign(&signer("alice"), NOW);
    let spaced = signed.value("signature").replace("\",", "\" ,\t ");
    let spaced = signed.replacing("signature", spaced).field("Authorization", "Bearer a,b=\"c\"");
    assert_eq!(verify(&spaced, NOW).unwrap().key_id().unwrap().as_str(), "alice");
}

#[test]
fn every_value_of_a_repeated_field_is_signed() {
    let covering = covering(&["(request-target)", "host", "date", "x-role"]);
    let values = |values: &[&str]| values.iter().fold(get(), |raw, value| raw.field("X-Role", *value));
    let signed = values(&["user", "auditor"]).sign(&covering, NOW);
    assert!(verify(&signed, NOW).is_ok());
    let altered =
        |roles: &[&str]| roles.iter().fold(signed.clone().without("x-role"), |raw, role| raw.field("X-Role", *role));
    for roles in [&["user", "admin"][..], &["auditor", "user"], &["user"], &["user", "auditor", "admin"]] {
        assert_eq!(refused(&altered(roles)), VerifyError::SignatureMismatch, "{roles:?}");
    }
    assert_eq!(refused(&altered(&[])), VerifyError::Missing("x-role".parse().unwrap()));
}

#[actix_web::test]
async fn with_the_redirects_off_that_the_docs_demand_no_signature_goes_elsewhere() {
    let elsewhere = Recorder::start("HTTP/1.1 200 OK").await;
    for status in ["301 Moved Permanently", "302 Found", "307 Temporary Redirect"] {
        let server = Recorder::start(&format!("HTTP/1.1 {status}\r\nLocation: {}", elsewhere.url("/steal"))).await;
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap();
        let client = reqwest_middleware::ClientBuilder::new(client);
        let client = client.with(SigningMiddleware::new(signer("alice"))).build();
        let response = client.post(server.url("/orders")).body("secret").send().await.unwrap();
        assert_eq!(response.status().as_u16().to_string(), status[..3]);
        assert_eq!(response.headers()["location"], elsewhere.url("/steal"));
        assert_eq!(server.take().len(), 1);
    }
    assert_eq!(elsewhere.take().len(), 0);
}

async fn store(claim: Claim) -> Result<Option<Credential<&'static str>>, std::io::Error> {
    match claim.key_id().unwrap().as_str() {
        "alice" => Ok(Some(Credential::new(verifying_key(), "Alice"))),
        "lost" => Err(std::io::Error::other("the key store is down")),
        "panic" => panic!("the key store panics"),
        _ => Ok(None),
    }
}

#[actix_web::test]
async fn an_outage_is_not_an_unknown_key_and_every_cause_is_in_an_event_without_secrets() {
    async fn handler(_: Signed<(), &'static str>) -> &'static str {
        "reached"
    }
    let config = SignatureConfig::new(store);
    let app = init_service(App::new().app_data(config).default_service(web::to(handler))).await;
    let wrong = Signer::new(
        Cavage::new(),
        SigningKey::hmac_sha256("alice", &Secret::new("incorrect horse battery staple").unwrap()).unwrap(),
    );
    let mut other_body = post().signed();
    other_body.body = b"amount=9".to_vec();
    let cases = [
        (get(), 401, "no-signature", ""),
        (get().field("Signature", "keyId="), 401, "malformed", ""),
        (get().sign(&signer("mallory"), now()), 401, "unknown-key", "mallory"),
        (get().sign(&wrong, now()), 401, "signature-mismatch", "alice"),
        (get().sign(&signer("alice"), now().minus(secs(400))), 401, "too-old", "alice"),
        (get().sign(&covering(&["date"]), now()), 401, "not-covered", "alice"),
        (other_body, 401, "digest-mismatch", "alice"),
        (get().sign(&signer("lost"), now()), 503, "key-loader", "lost"),
        (get().sign(&signer("panic"), now()), 503, "key-loader", "panic"),
    ];
    let (events, _guard) = Events::capture();
    for (request, status, cause, key_id) in cases {
        let shown: Vec<_> = request.fields.iter().map(|(_, value)| String::from_utf8(value.clone()).unwrap()).collect();
        let response = call_service(&app, request.into_actix().to_request()).await;
        assert_eq!(response.status().as_u16(), status, "{cause}");
        let events = events.take();
        let [event] = &events[..] else { panic!("{cause}: {events:?}") };
        assert_eq!((event["cause"].as_str(), event["key_id"].as_str()), (cause, key_id));
        assert_eq!(event["scheme"], "cavage");
        assert!(event.contains_key("detail"), "{cause}");
        let text = format!("{event:?}");
        for signature in shown.iter().filter_map(|value| value.split("signature=\"").nth(1)) {
            assert!(!text.contains(signature.trim_end_matches('"')), "{text}");
        }
        assert!(!text.contains(SECRET), "{text}");
    }
    let response = call_service(&app, get().signed().into_actix().to_request()).await;
    assert_eq!((response.status().as_u16(), events.take().len()), (200, 0));
}

#[test]
fn a_mac_is_compared_as_a_whole() {
    let signed = get().sign(&signer("alice"), NOW);
    let (head, mac) =
        signed.value("signature").rsplit_once("signature=").map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    for (mac, expected) in [
        (r#""""#.to_owned(), VerifyError::Malformed("the signature is not Base64")),
        (format!("{}\"", &mac[..5]), VerifyError::SignatureMismatch),
        (format!("{}\"", &mac[..41]), VerifyError::SignatureMismatch),
        (mac.replace('=', "A"), VerifyError::SignatureMismatch),
    ] {
        assert_eq!(
            refused(&signed.clone().replacing("signature", format!("{head}signature={mac}"))),
            expected,
            "{mac}"
        );
    }
}

#[test]
fn no_debug_form_shows_a_secret_or_a_signature() {
    let signed = get().sign(&signer("alice"), NOW);
    let request = countersign::Request::new("GET", "/transfer?amount=1", &signed.fields);
    let parts = signer("alice").sign(&request.with_body(b""), NOW).unwrap();
    let verifier = countersign::Verifier::new(Cavage::new(), Policy::default());
    let proof = verify(&signed, NOW).unwrap();
    let shown = format!(
        "{:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?}",
        secret(),
        signing_key("alice"),
        verifying_key(),
        signer("alice"),
        alices_keys(),
        request,
        parts,
        signer("alice").prepare(&request.with_body(b""), NOW).unwrap(),
        verifier,
        verifier.begin(&request, NOW).unwrap(),
        proof,
        Signature::new(SECRET.as_bytes()),
    );
    let signature = signed.value("signature");
    let (_, mac) = signature.rsplit_once("signature=\"").unwrap();
    assert!(shown.contains("alice") && !shown.contains(mac.trim_end_matches('"')), "{shown}");
    let as_bytes = format!("{:?}", SECRET.as_bytes());
    assert!(!shown.contains(SECRET) && !shown.contains(as_bytes.trim_matches(['[', ']'])), "{shown}");
    let config = format!("{:?} {:?}", SignatureConfig::new(alices_keys()), SigningMiddleware::new(signer("alice")));
    assert!(!config.contains(SECRET), "{config}");
}
