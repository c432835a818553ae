//! Webhooks' texts and the keys that are made of them.

use countersign::{Algorithm, Cavage, Policy, Request, RingPolicy, Signer, UnixTime, Verifier, VerifyError};

use super::*;
use crate::{SourceKind, Weakness};

const KEYS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/keys");
const NOW: UnixTime = UnixTime::from_secs(1_700_000_000);
const BODY: &[u8] = br#"{"n":1}"#;

/// A seed of sevens and its public key.
const SEED: &str = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=";
const PUBLIC: &str = "6kpsY+KcUgq+9VB7Ey7F+ZVHdq6+vnuSQh7qaRRG0iw=";

fn parse(text: &str) -> Result<KeyFile, KeyFileError> {
    KeyFile::parse(text, KEYS)
}

fn file(entries: &[String]) -> KeyFile {
    parse(&entries.concat()).unwrap()
}

fn entry(id: &str, lines: &str) -> String {
    format!("[[key]]\nid = '{id}'\nalgorithm = 'webhook'\n{lines}\n")
}

fn secret(id: &str, text: &str) -> String {
    entry(id, &format!("secret = '{text}'"))
}

fn webhook(name: &str) -> Webhook {
    Webhook::preset(name).unwrap()
}

fn ids<T>(keys: &[(KeyId, T)]) -> Vec<&str> {
    keys.iter().map(|(id, _)| id.as_str()).collect()
}

/// What these keys say of a request that one of a webhook signed.
fn verify(webhook: &Webhook, key: SigningKey, keys: &[VerifyingKey]) -> Result<usize, VerifyError> {
    let fields = vec![("host", b"a".to_vec()), ("webhook-id", b"m1".to_vec()), ("svix-id", b"m1".to_vec())];
    let signer = Signer::new(webhook.clone(), key);
    let parts = signer.sign(&Request::new("POST", "/", &fields).with_body(BODY), NOW).unwrap();
    let mut fields: Vec<_> = fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    for field in parts.fields {
        fields.retain(|(name, _)| name != field.name.as_str());
        fields.push((field.name.to_string(), field.value));
    }
    let request = Request::new("POST", "/", &fields).with_body(BODY);
    let unverified = Verifier::new(webhook.clone(), webhook.policy()).begin(&request, NOW)?;
    unverified.verify(keys, BODY).map(|verified| verified.key_index())
}

fn only_keys(keys: Vec<(KeyId, VerifyingKey)>) -> Vec<VerifyingKey> {
    keys.into_iter().map(|(_, key)| key).collect()
}

#[test]
fn a_text_is_the_key_that_its_webhook_says() {
    let file = file(&[secret("svix", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]);
    for name in ["svix", "stripe"] {
        let webhook = webhook(name);
        let theirs = webhook.signing_key("any", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let keys = only_keys(file.webhook_keys(&webhook, NOW).unwrap());
        assert_eq!(keys[0].scheme(), Some(&webhook.name()));
        assert_eq!(verify(&webhook, theirs, &keys), Ok(0), "{name}");
        let ours = file.webhook_signing_key(&webhook, "svix").unwrap();
        assert_eq!(verify(&webhook, ours, &keys), Ok(0), "{name}");
    }
}

#[test]
fn the_same_text_comes_from_a_file_and_from_the_environment() {
    let github = webhook("github");
    let signed = |text: &str| github.signing_key("any", text).unwrap();
    let keys = only_keys(file(&[entry("a", "secret_file = 'crlf.secret'")]).webhook_keys(&github, NOW).unwrap());
    assert_eq!(verify(&github, signed("correct horse battery staple"), &keys), Ok(0));
    // Cargo sets this one.
    let keys = file(&[entry("a", "secret_env = 'CARGO_MANIFEST_DIR'")]).webhook_keys(&github, NOW).unwrap();
    assert_eq!(verify(&github, signed(env!("CARGO_MANIFEST_DIR")), &only_keys(keys)), Ok(0));
}

#[test]
fn a_short_text_needs_no_danger_and_is_called_weak() {
    let file = file(&[secret("a", "test_key"), secret("b", "sixteen bytes ok")]);
    assert_eq!(file.entries()[0].weaknesses(), [Weakness::ShortSecret(8)]);
    assert_eq!(file.entries()[1].weaknesses(), []);
    assert_eq!(ids(&file.webhook_keys(&webhook("github"), NOW).unwrap()), ["a", "b"]);
}

#[test]
fn an_entry_says_that_it_is_a_webhooks_and_shows_nothing_of_its_text() {
    let file = file(&[entry("a", "secret = 'hush-hush'\nscheme = 'stripe'\nname = 'Shop'")]);
    let [a] = file.entries() else { panic!() };
    assert_eq!((a.algorithm(), a.is_webhook(), a.scheme()), (None, true, Some("stripe")));
    assert_eq!((a.source(), a.can_sign(), a.name()), (SourceKind::Secret, true, Some("Shop")));
    assert!(a.verifying_key().is_none());
    assert!(!format!("{file:?}").contains("hush"));
    assert_eq!(file.name("a"), Some("Shop"));
}

#[test]
fn what_is_no_text_of_a_webhook_is_a_mistake_with_its_line() {
    for (lines, expected) in [
        ("secret = ''", "line 4: the secret is empty"),
        (
            "secret_base64 = 'YQ=='",
            "line 4: a webhook takes no secret_base64, only its text: secret, secret_file or secret_env",
        ),
        (
            "secret_hex = '00'",
            "line 4: a webhook takes no secret_hex, only its text: secret, secret_file or secret_env",
        ),
        (
            "public_key_file = 'ed25519.public.pem'",
            "line 4: a webhook takes no public_key_file, only its text: secret, secret_file or secret_env",
        ),
        (
            "private_key_file = 'ed25519.private.pem'",
            "line 4: a webhook takes no private_key_file, only its text: secret, secret_file or secret_env",
        ),
        ("name = 'x'", "line 1: this key has neither a secret nor a public or private key"),
        ("secret = 'a'\nscheme = ''", "line 5: scheme has to be a webhook's name"),
        ("secret = 'a'\nscheme = 1", "line 5: scheme has to be a string"),
    ] {
        assert_eq!(parse(&entry("a", lines)).unwrap_err().to_string(), expected);
    }
    let hmac =
        "[[key]]\nid = 'a'\nalgorithm = 'hmac-sha256'\nsecret = 'correct horse battery staple'\nscheme = 'stripe'";
    assert_eq!(parse(hmac).unwrap_err().to_string(), "line 5: only a key of the algorithm webhook has a scheme");
    let capital = entry("a", "secret = 'a'").replace("webhook", "Webhook");
    assert_eq!(parse(&capital).unwrap_err().to_string(), "line 3: unknown algorithm \"Webhook\"");
}

#[test]
fn a_text_that_the_webhook_cannot_decode_is_a_mistake_with_its_line() {
    let file = file(&[secret("a", "not Base64!")]);
    let gnatta = webhook("gnatta");
    let expected = "line 4: the secret is not valid Base64";
    assert_eq!(file.webhook_keys(&gnatta, NOW).unwrap_err().to_string(), expected);
    assert_eq!(file.webhook_keys_with_pending(&gnatta, NOW).unwrap_err().to_string(), expected);
    assert_eq!(file.webhook_keys_of(&gnatta, "a", NOW).unwrap_err().to_string(), expected);
    assert_eq!(file.webhook_signing_keys(&gnatta).unwrap_err().to_string(), expected);
    assert_eq!(file.webhook_signing_key(&gnatta, "a").unwrap_err().to_string(), expected);
    assert_eq!(file.webhook_ring(&gnatta, RingPolicy::default()).unwrap_err().to_string(), expected);
    assert!(file.webhook_keys_of(&gnatta, "b", NOW).unwrap().is_empty());
    assert_eq!(file.webhook_keys(&webhook("github"), NOW).unwrap().len(), 1);
    let front = parse(&secret("a", "whsec_")).unwrap();
    assert_eq!(front.webhook_keys(&webhook("svix"), NOW).unwrap_err().to_string(), "line 4: the secret is empty");
}

#[test]
fn an_entry_for_one_scheme_never_serves_another() {
    let file = file(&[entry("a", "secret = 'a secret of the shop'\nscheme = 'stripe'"), secret("b", "any")]);
    assert_eq!(ids(&file.webhook_keys(&webhook("stripe"), NOW).unwrap()), ["a", "b"]);
    let github = webhook("github");
    assert_eq!(ids(&file.webhook_keys(&github, NOW).unwrap()), ["b"]);
    assert!(file.webhook_keys_of(&github, "a", NOW).unwrap().is_empty());
    assert_eq!(file.webhook_signing_keys(&github).unwrap().len(), 1);
    assert_eq!(
        file.webhook_signing_key(&github, "a").unwrap_err().to_string(),
        "no key \"a\" serves the webhook github"
    );
    assert_eq!(file.webhook_ring(&github, RingPolicy::default()).unwrap().keys().len(), 1);
    assert!(file.serves_webhook(&github) && file.entries()[0].serves(&webhook("stripe")));
    assert!(!file.entries()[0].serves(&github));
}

#[test]
fn a_webhooks_entry_never_serves_draft_cavage() {
    let file = file(&[secret("a", "correct horse battery staple")]);
    assert!(file.verifying_keys("a").is_none());
    assert!(file.verifying_keys_at("a", NOW).is_empty());
    assert!(file.verifying_keys_with_pending_at("a", NOW).is_empty());
    assert_eq!(file.signing_key("a").unwrap_err().to_string(), "the key \"a\" serves webhooks alone");
    assert_eq!(file.signing_key("b").unwrap_err().to_string(), "there is no key \"b\"");
    assert!(file.ring(RingPolicy::default()).unwrap().keys().is_empty());
    assert!(file.ring_of("a", RingPolicy::default()).unwrap().keys().is_empty());
    assert_eq!(file.ids().collect::<Vec<_>>(), ["a"]);
}

#[test]
fn other_entries_never_serve_webhooks_even_beside_one_of_their_id() {
    let hmac = "[[key]]\nid = 'a'\nalgorithm = 'hmac-sha256'\nsecret = 'correct horse battery staple'\n";
    let alone = parse(hmac).unwrap();
    let github = webhook("github");
    assert!(alone.webhook_keys(&github, NOW).unwrap().is_empty());
    assert!(alone.webhook_signing_keys(&github).unwrap().is_empty());
    assert!(alone.webhook_ring(&github, RingPolicy::default()).unwrap().keys().is_empty());
    assert!(!alone.serves_webhook(&github));

    let both = file(&[secret("a", "test_key"), hmac.to_owned()]);
    assert_eq!(both.verifying_keys("a").map(<[_]>::len), Some(1));
    assert_eq!(both.signing_key("a").unwrap().metadata().algorithm, Algorithm::HmacSha256);
    assert_eq!(both.ring(RingPolicy::default()).unwrap().keys().len(), 1);
    let keys = only_keys(both.webhook_keys(&github, NOW).unwrap());
    assert_eq!(keys.len(), 1);

    // And were a key given to the wrong scheme, it would not be tried.
    let fields = [("host", "a")];
    let signer = Signer::new(Cavage::new(), both.signing_key("a").unwrap());
    let parts = signer.sign(&Request::new("GET", "/", &fields).with_body(b""), NOW).unwrap();
    let mut fields = vec![("host".to_owned(), b"a".to_vec())];
    fields.extend(parts.fields.into_iter().map(|field| (field.name.to_string(), field.value)));
    let request = Request::new("GET", "/", &fields).with_body(b"");
    let unverified = Verifier::new(Cavage::new(), Policy::default()).begin(&request, NOW).unwrap();
    assert_eq!(unverified.verify(&keys, b"").err(), Some(VerifyError::KeyOfOtherScheme));
}

#[test]
fn keys_verify_and_sign_by_their_states_and_the_newest_comes_first() {
    let until = NOW.as_secs() + 60;
    let state = |id: &str, lines: &str| entry(id, &format!("secret = 'the secret {id}'\n{lines}"));
    let file = file(&[
        state("u", ""),
        state("p", "state = 'pending'"),
        state("a", "state = 'active'\ncreated = 5"),
        state("n", "state = 'active'\ncreated = 6"),
        state("r", &format!("state = 'retiring'\nuntil = {until}")),
        state("d", "state = 'disposed'"),
        state("c", "state = 'compromised'"),
    ]);
    let github = webhook("github");
    assert_eq!(ids(&file.webhook_keys(&github, NOW).unwrap()), ["n", "a", "u", "r"]);
    assert_eq!(ids(&file.webhook_keys(&github, UnixTime::from_secs(until)).unwrap()), ["n", "a", "u"]);
    assert_eq!(ids(&file.webhook_keys_with_pending(&github, NOW).unwrap()), ["n", "a", "u", "p", "r"]);
    assert_eq!(file.webhook_keys_of(&github, "r", NOW).unwrap().len(), 1);
    for id in ["p", "d", "c"] {
        assert!(file.webhook_keys_of(&github, id, NOW).unwrap().is_empty(), "{id}");
        let error = file.webhook_signing_key(&github, id).unwrap_err().to_string();
        assert_eq!(error, format!("no key {id:?} is active"));
    }
    let signs = file.webhook_signing_keys(&github).unwrap();
    assert_eq!(signs.iter().map(|key| key.metadata().id.as_str()).collect::<Vec<_>>(), ["n", "a", "u"]);
    let ring = file.webhook_ring(&github, RingPolicy::default()).unwrap();
    assert_eq!(ring.keys().len(), 7);
    assert_eq!(ring.verifying(NOW, None).keys().len(), 4);
    assert_eq!(ring.signing(NOW).first().map(|key| key.metadata().id.as_str()), Some("n"));
}

#[test]
fn a_public_text_verifies_alone_and_a_private_one_does_both() {
    let v1a = webhook("standard-webhooks-v1a");
    let public = file(&[secret("a", &format!("whpk_{PUBLIC}"))]);
    let private = file(&[secret("a", &format!("whsk_{SEED}"))]);
    let signs = || private.webhook_signing_key(&v1a, "a").unwrap();
    for file in [&public, &private] {
        let keys = only_keys(file.webhook_keys(&v1a, NOW).unwrap());
        assert_eq!(verify(&v1a, signs(), &keys), Ok(0));
    }
    assert!(public.webhook_signing_keys(&v1a).unwrap().is_empty());
    assert_eq!(
        public.webhook_signing_key(&v1a, "a").unwrap_err().to_string(),
        "the key \"a\" verifies only: a public key cannot sign"
    );
    let can_sign =
        |file: &KeyFile| file.webhook_ring(&v1a, RingPolicy::default()).unwrap().keys()[0].signing_key().is_some();
    assert!(can_sign(&private) && !can_sign(&public));
    // Thirty-two bytes are a public key or a seed, and nothing tells which.
    let either = file(&[secret("a", SEED)]);
    assert!(!can_sign(&either));
    assert_eq!(either.webhook_signing_keys(&v1a).unwrap().len(), 1);
}
