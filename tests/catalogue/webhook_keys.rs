//! Webhooks: their keys.

use std::{
    hint::black_box,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use countersign::{
    Algorithm, Cavage, KeyError, Policy, Request, Secret, Signer, Verifier, VerifyError, VerifyingKey,
    webhook::{Preset, Webhook},
};

use super::{
    case::{Case, Cases, Expect, Row},
    craft::Craft,
    hook_fixture::{HOOK_KEY, SHARED, key_text},
    in_process::{NOW, signer},
    key_material::hex,
    lab::Lab,
    message::Message,
};

pub const ROWS: &[Row] = &[
    Row::wire("A24", "A right signature of another scheme", other_scheme).hooks(),
    Row::lib("A190", "Which of several secrets it is, told by the time", several_secrets),
    Row::lib("A191", "A feature that takes the check away", no_feature_removes_the_check),
    Row::lib("A192", "A secret that is not set", secret_not_set),
];

/// On a route that takes both, the keys of each are the other's secret.
fn other_scheme(lab: &Lab<'_>) -> Cases {
    let (stripe, github) = (lab.hook("stripe")?, lab.hook("github")?);
    let target = format!("{}/{SHARED}", lab.target());
    let plain = stripe.plain().target(&target);
    let list = "(request-target) host date digest content-type";
    let control = lab.sign_list(plain.clone(), &list.split(' ').collect::<Vec<_>>());
    let as_cavage = Craft::new(lab).key(HOOK_KEY, key_text("stripe").as_bytes()).list(list);
    let bare = control.clone().without("signature");
    let refused = || Expect::refused("key-of-other-scheme");
    let case = |what: &str, attack: Message, expect| Case::new(what, &control, attack, expect);
    let mut cases = vec![
        case("a webhook's secret as a key", as_cavage.sign(bare.clone()), refused().naming(HOOK_KEY)),
        case("the same, stated", as_cavage.algorithm("hmac-sha256").sign(bare.clone()), refused().naming(HOOK_KEY)),
        case("keys of others as a webhook's", stripe.sign(plain.clone()), refused()),
        case("both at once", stripe.sign(control.clone()), Expect::refused("ambiguous")),
    ];
    // One secret that was registered for two providers is two keys.
    let value = github.signed().value("x-hub-signature-256");
    let moved = stripe.plain().field("x-hub-signature-256", value.as_str());
    cases.push(stripe.case("another provider's signature", moved, Expect::refused("no-signature")));
    let digits = value.trim_start_matches("sha256=");
    let moved = stripe.with("stripe-signature", format!("t={},v1={digits}", stripe.now()));
    cases.push(stripe.case("its bytes", moved, Expect::refused("signature-mismatch")));
    let cavage = lab.sign_list(stripe.plain(), &["(request-target)", "host", "date"]);
    cases.push(stripe.case("a key's signature on a webhook's route", cavage, Expect::refused("no-signature")));
    Ok(cases)
}

const TIMES: usize = 4_000;
/// How far the medians may be apart, as for an unknown key.
const APART: Duration = Duration::from_micros(5);

fn several_secrets() {
    every_key_is_tried();
    let webhook = Webhook::preset("github").unwrap();
    let key = |n: usize| webhook.verifying_key(&format!("secret number {n}, long enough")).unwrap();
    let mut keys: Vec<_> = (0..5).map(key).collect();
    let signer = Signer::new(webhook.clone(), webhook.signing_key("k1", "secret number 0, long enough").unwrap());
    let message = Message::new("POST", "/").body("x".repeat(1024)).sign(&signer, NOW);
    let verifier = Verifier::new(webhook.clone(), webhook.policy().max_keys(5));
    let verify = |keys: &[VerifyingKey]| {
        let start = Instant::now();
        let request = Request::new("POST", "/", &message.fields).with_body(&message.body);
        let result = verifier.begin(black_box(&request), NOW).unwrap().verify(black_box(keys), &message.body);
        (start.elapsed(), result.map(|verified| verified.key_index()))
    };
    let right_first = keys.clone();
    keys.rotate_left(1);
    let (mut first, mut last) = (Vec::with_capacity(TIMES), Vec::with_capacity(TIMES));
    for _ in 0..TIMES {
        let (took, index) = verify(&right_first);
        assert_eq!(index, Ok(0));
        first.push(took);
        let (took, index) = verify(&keys);
        assert_eq!(index, Ok(4));
        last.push(took);
    }
    let [first, last] = [first, last].map(|mut all| {
        all.sort_unstable();
        all[TIMES / 2]
    });
    assert!(first.abs_diff(last) <= APART.max(first / 20), "the right one first {first:?}, last {last:?}");
}

fn every_key_is_tried() {
    let tried = Arc::new(AtomicUsize::new(0));
    let key = |fits: bool| {
        let tried = Arc::clone(&tried);
        VerifyingKey::dangerous_custom(Algorithm::HmacSha256, move |_, _| {
            tried.fetch_add(1, Ordering::SeqCst);
            fits
        })
    };
    let message = Message::new("GET", "/").field("Host", "api.example").sign(&signer(), NOW);
    let verifier = Verifier::new(Cavage::new(), Policy::default());
    for right in 0..4 {
        let keys: Vec<_> = (0..4).map(|at| key(at >= right)).collect();
        let unverified = verifier.begin(&Request::new("GET", "/", &message.fields), NOW).unwrap();
        assert_eq!(unverified.verify(&keys, b"").unwrap().key_index(), right);
        assert_eq!(tried.swap(0, Ordering::SeqCst), 4);
    }
}

/// No crate that checks has a feature but these, each of which only adds; the types that check are there in every build, as the lints
/// of a build without features see.
fn no_feature_removes_the_check() {
    let features = |manifest: &str| -> Vec<String> {
        let table = manifest.split("\n[features]\n").nth(1).unwrap_or_default();
        let lines = table.lines().take_while(|line| !line.starts_with('['));
        lines.filter_map(|line| line.split_once(" = ")).map(|(name, _)| name.to_owned()).collect()
    };
    assert_eq!(features(include_str!("../../crates/countersign/Cargo.toml")), ["asymmetric", "json", "serde"]);
    assert!(features(include_str!("../../crates/countersign-actix/Cargo.toml")).is_empty());
    assert!(features(include_str!("../../crates/countersign-cache/Cargo.toml")).is_empty());
    for source in [
        include_str!("../../crates/countersign/src/verifier.rs"),
        include_str!("../../crates/countersign/src/verify.rs"),
        include_str!("../../crates/countersign/src/policy/judge.rs"),
        include_str!("../../crates/countersign-actix/src/check/mod.rs"),
        include_str!("../../crates/countersign-actix/src/check/keys.rs"),
        include_str!("../../crates/countersign-actix/src/guard.rs"),
        include_str!("../../crates/countersign-actix/src/extract/signed.rs"),
    ] {
        let left_out = source.split("cfg").skip(1).any(|condition| !condition.starts_with("(test)"));
        assert!(!left_out, "something is left out of a build: {}", source.lines().next().unwrap());
    }
}

/// There is no key without a secret, so there is no loader, no server and no check that could pass without one.
fn secret_not_set() {
    for preset in Preset::all() {
        let url = countersign::webhook::PublicUrl::Origin("https://hooks.example".to_owned());
        let webhook = Webhook::new(preset.name(), preset.spec().url(url).dangerous()).unwrap();
        let strip = preset.spec().key.strip.unwrap_or_default();
        for unset in [String::new(), strip] {
            assert_eq!(webhook.verifying_key(&unset).err(), Some(KeyError::EmptySecret), "{}", preset.name());
            assert_eq!(webhook.dangerous_short_verifying_key(&unset).err(), Some(KeyError::EmptySecret));
            // What is left of a public key's text is no private key, which is found first.
            let private = [webhook.signing_key("k1", &unset), webhook.dangerous_short_signing_key("k1", &unset)];
            for error in private.map(Result::err) {
                assert!(matches!(error, Some(KeyError::EmptySecret | KeyError::WrongKind(_))), "{unset:?}: {error:?}");
            }
        }
    }
    assert_eq!(Secret::new("").err(), Some(KeyError::EmptySecret));
    assert_eq!(Secret::dangerous_short("").err(), Some(KeyError::EmptySecret));
    // And whoever loads none is refused, whatever the signature.
    let github = Webhook::preset("github").unwrap();
    for signature in [hex(&[0; 32]), "00".to_owned()] {
        let fields = [("x-hub-signature-256", format!("sha256={signature}"))];
        let request = Request::new("POST", "/", &fields).with_body(b"");
        let unverified = Verifier::new(github.clone(), github.policy()).begin(&request, NOW).unwrap();
        assert_eq!(unverified.verify(&[], b"").err(), Some(VerifyError::UnknownKey));
    }
}
