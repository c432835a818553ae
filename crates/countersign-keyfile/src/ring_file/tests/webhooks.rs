//! Rings of webhooks' keys.

use countersign::webhook::Webhook;

use super::*;

const OTHERS: &str =
    "# By hand.\n[[key]]\nid = 'alice'\nalgorithm = 'hmac-sha256'\nsecret = 'correct horse battery staple'\n";

fn stripe() -> Webhook {
    Webhook::preset("stripe").unwrap()
}

fn open(folder: &Folder) -> KeyRingFile {
    KeyRingFile::open_webhook(folder.path(), &stripe(), RingPolicy::one_at_a_time()).unwrap()
}

#[test]
fn a_ring_of_a_webhook_lives_beside_other_keys_and_is_found_again() {
    let folder = Folder::with(OTHERS);
    let keys = open(&folder);
    keys.add_active(NewKey::for_webhook(id("shop-1"), "whsec_1").only_for("stripe"), NOW).unwrap();
    keys.add_pending(NewKey::for_webhook(id("shop-2"), "whsec_\"2\""), NOW).unwrap();
    keys.ring().update(|ring| ring.activate(&id("shop-2"), NOW)).unwrap();
    let added = format!(
        "\n[[key]]\nid = \"shop-1\"\nalgorithm = \"webhook\"\nscheme = \"stripe\"\nsecret = \"whsec_1\"\nstate = \"disposed\"\ncreated = {0}\n\
         \n[[key]]\nid = \"shop-2\"\nalgorithm = \"webhook\"\nsecret = \"whsec_\\\"2\\\"\"\nstate = \"active\"\ncreated = {0}\n",
        NOW.as_secs()
    );
    assert_eq!(folder.text(), format!("{OTHERS}{added}"));
    let again = open(&folder).ring().snapshot();
    assert_eq!(shown(&again), shown(&keys.ring().snapshot()));
    assert!(again.verifying(NOW, None).keys().iter().all(|key| key.scheme() == Some(&stripe().name())));
    assert_eq!(shown(&folder.open(RingPolicy::one_at_a_time()).ring().snapshot()), "alice:active");
}

#[test]
fn a_key_that_does_not_serve_the_ring_is_not_added() {
    let folder = Folder::with(OTHERS);
    let refused = |keys: &KeyRingFile, key: NewKey| keys.add_pending(key, NOW).unwrap_err().to_string();
    let webhooks = open(&folder);
    let expected = "the key \"1\" is none of this ring's";
    assert_eq!(refused(&webhooks, NewKey::for_webhook(id("1"), "text").only_for("github")), expected);
    assert_eq!(refused(&webhooks, hmac("1")), expected);
    assert_eq!(refused(&folder.open(RingPolicy::default()), NewKey::for_webhook(id("1"), "text")), expected);
    let alice = KeyRingFile::open_id(folder.path(), &id("alice"), RingPolicy::default()).unwrap();
    assert_eq!(refused(&alice, hmac("1")), expected);
    let line = refused(&folder.open(RingPolicy::default()), hmac("1").only_for("stripe"));
    assert_eq!(line, "line 6: only a key of the algorithm webhook has a scheme");
    assert_eq!(folder.text(), OTHERS);
}

#[test]
fn a_text_that_the_webhook_cannot_decode_is_not_added() {
    let folder = Folder::with(OTHERS);
    let gnatta = Webhook::preset("gnatta").unwrap();
    let keys = KeyRingFile::open_webhook(folder.path(), &gnatta, RingPolicy::default()).unwrap();
    let refused = keys.add_active(NewKey::for_webhook(id("1"), "not Base64!"), NOW).unwrap_err();
    assert_eq!(refused.to_string(), "line 6: the secret is not valid Base64");
    assert_eq!(folder.text(), OTHERS);
    assert!(!format!("{:?}", NewKey::for_webhook(id("1"), "hush")).contains("hush"));
}
