//! Loaders for webhooks, which follow the same file.

use countersign::webhook::Webhook;

use super::*;
use crate::WebhookKeyLoader;

const BODY: &[u8] = br#"{"n":1}"#;

fn entry(id: &str, text: &str, lines: &str) -> String {
    format!("[[key]]\nid = '{id}'\nalgorithm = 'webhook'\nsecret = '{text}'\n{lines}\n")
}

fn webhook(name: &str) -> Webhook {
    Webhook::preset(name).unwrap()
}

/// Whose key verifies what the provider signs with this text under this id.
fn verify_webhook(loader: &WebhookKeyLoader, webhook: &Webhook, id: &str, text: &str) -> Result<String, VerifyError> {
    let signer = Signer::new(webhook.clone(), webhook.dangerous_short_signing_key(id, text).unwrap());
    let mut fields = vec![("host".to_owned(), b"api.example".to_vec())];
    let parts = signer.sign(&Request::new("POST", "/", &fields).with_body(BODY), NOW).unwrap();
    fields.extend(parts.fields.into_iter().map(|field| (field.name.to_string(), field.value)));
    let request = Request::new("POST", "/", &fields).with_body(BODY);
    let unverified = Verifier::new(webhook.clone(), webhook.policy()).begin(&request, NOW).unwrap();
    let answer = loader.load(Claim::new(&unverified, &request)).now_or_never().unwrap();
    let Some(found) = answer.unwrap() else { return Err(VerifyError::UnknownKey) };
    let verified = unverified.verify(&found.keys, BODY)?;
    Ok(found.caller.matched(&verified).unwrap().key_id().to_string())
}

#[test]
fn a_request_that_names_no_key_gets_all_of_them_and_the_caller_tells_whose_it_was() {
    let folder = Folder::with(&[entry("a", "one", "name = 'A'"), entry("b", "two", "name = 'B'")].concat());
    let github = webhook("github");
    let loader = folder.unwatched().for_webhook(&github).unwrap();
    assert_eq!(verify_webhook(&loader, &github, "x", "one"), Ok("a".to_owned()));
    assert_eq!(verify_webhook(&loader, &github, "x", "two"), Ok("b".to_owned()));
    assert_eq!(verify_webhook(&loader, &github, "a", "three"), Err(VerifyError::SignatureMismatch));
}

#[test]
fn a_request_that_names_a_key_gets_that_one_alone() {
    let folder = Folder::with(&[entry("a", "one", ""), entry("b", "two", "")].concat());
    let worldpay = webhook("worldpay");
    let loader = folder.unwatched().for_webhook(&worldpay).unwrap();
    assert_eq!(verify_webhook(&loader, &worldpay, "b", "two"), Ok("b".to_owned()));
    assert_eq!(verify_webhook(&loader, &worldpay, "a", "two"), Err(VerifyError::SignatureMismatch));
    assert_eq!(verify_webhook(&loader, &worldpay, "c", "two"), Err(VerifyError::UnknownKey));
}

#[test]
fn neither_loader_gets_the_keys_of_the_other() {
    let folder = Folder::with(&[entry("a", SECRET, ""), key("b", SECRET)].concat());
    let loader = folder.unwatched();
    let worldpay = webhook("worldpay");
    let webhooks = loader.for_webhook(&worldpay).unwrap();
    assert!(accepts(&loader, "b", SECRET));
    assert_eq!(verify(&loader, "a", SECRET).unwrap_err(), VerifyError::UnknownKey);
    assert_eq!(verify_webhook(&webhooks, &worldpay, "a", SECRET), Ok("a".to_owned()));
    assert_eq!(verify_webhook(&webhooks, &worldpay, "b", SECRET), Err(VerifyError::UnknownKey));
}

#[test]
fn each_webhook_has_its_own_keys_of_one_file() {
    let of = |scheme: &str| format!("scheme = '{scheme}'");
    let folder = Folder::with(&[entry("a", "one", &of("github")), entry("b", "two", &of("worldpay"))].concat());
    let (github, worldpay) = (webhook("github"), webhook("worldpay"));
    let loader = folder.unwatched();
    let (first, second) = (loader.for_webhook(&github).unwrap(), loader.for_webhook(&worldpay).unwrap());
    assert_eq!(verify_webhook(&first, &github, "x", "one"), Ok("a".to_owned()));
    assert_eq!(verify_webhook(&first, &github, "x", "two"), Err(VerifyError::SignatureMismatch));
    assert_eq!(verify_webhook(&second, &worldpay, "b", "two"), Ok("b".to_owned()));
    let none = loader.for_webhook(&webhook("stripe")).unwrap_err();
    assert_eq!(none.to_string(), "no key serves the webhook stripe");
    folder.write("keys.toml", &entry("c", "three", ""));
    assert!(loader.reload().unwrap());
    assert_eq!(verify_webhook(&first, &github, "x", "three"), Ok("c".to_owned()));
    assert_eq!(verify_webhook(&second, &worldpay, "c", "three"), Ok("c".to_owned()));
}

#[test]
fn a_text_that_cannot_be_decoded_leaves_the_keys_before_it_in_force_and_a_removed_one_is_gone() {
    let folder = Folder::with(&[entry("a", "b25l", ""), key("b", SECRET)].concat());
    let loader = folder.unwatched();
    let gnatta = webhook("gnatta");
    let webhooks = loader.for_webhook(&gnatta).unwrap();
    told();
    folder.write("keys.toml", &entry("a", "not Base64!", ""));
    assert_eq!(loader.reload().unwrap_err().to_string(), "line 4: the secret is not valid Base64");
    assert_eq!(told().len(), 1);
    assert_eq!(verify_webhook(&webhooks, &gnatta, "x", "b25l"), Ok("a".to_owned()));
    assert!(accepts(&loader, "b", SECRET));
    // Another scheme's cannot be wrong for this one.
    folder.write("keys.toml", &[entry("a", "not Base64!", "scheme = 'github'"), key("b", SECRET)].concat());
    assert!(loader.reload().unwrap());
    assert_eq!(verify_webhook(&webhooks, &gnatta, "x", "b25l"), Err(VerifyError::UnknownKey));
    let bad = loader.for_webhook(&Webhook::new("github", webhook("gnatta").spec().clone()).unwrap());
    assert_eq!(bad.unwrap_err().to_string(), "line 4: the secret is not valid Base64");
    assert!(accepts(&loader, "b", SECRET));
}

#[test]
fn states_count_at_the_moment_of_the_request() {
    let until = NOW.as_secs() + 60;
    let text = [
        entry("p", "one", "state = 'pending'"),
        entry("r", "two", &format!("state = 'retiring'\nuntil = {until}")),
        entry("d", "three", "state = 'disposed'"),
    ];
    let folder = Folder::with(&text.concat());
    let github = webhook("github");
    let at = |secs: u64, pending: bool, text: &str| {
        let loader = folder.unwatched().clock(move || UnixTime::from_secs(secs)).accept_pending(pending);
        verify_webhook(&loader.for_webhook(&github).unwrap(), &github, "x", text)
    };
    assert_eq!(at(until - 1, false, "two"), Ok("r".to_owned()));
    assert_eq!(at(until, false, "two"), Err(VerifyError::UnknownKey));
    assert_eq!(at(until - 1, false, "one"), Err(VerifyError::SignatureMismatch));
    assert_eq!(at(until - 1, true, "one"), Ok("p".to_owned()));
    assert_eq!(at(until - 1, true, "three"), Err(VerifyError::SignatureMismatch));
}

#[test]
fn a_webhook_that_is_asked_for_again_has_one_place_and_reads_nothing() {
    let folder = Folder::with(&entry("a", "one", ""));
    let loader = folder.unwatched();
    let github = webhook("github");
    let first = loader.for_webhook(&github).unwrap();
    folder.write("keys.toml", "broken");
    let second = loader.for_webhook(&webhook("github")).unwrap();
    assert_eq!((first.place, second.place), (0, 0));
    assert_eq!(verify_webhook(&second, &github, "x", "one"), Ok("a".to_owned()));
    // Another layout of the same name is another webhook.
    let other = Webhook::new("github", webhook("shopify").spec().clone()).unwrap();
    assert!(matches!(loader.for_webhook(&other), Err(KeyFileError::Syntax { .. })));
    folder.write("keys.toml", &entry("a", "one", "state = 'disposed'"));
    assert!(loader.reload().unwrap());
    assert!(matches!(loader.for_webhook(&github), Err(KeyFileError::NoWebhookKey { .. })));
    folder.write("keys.toml", &entry("b", "two", ""));
    assert!(loader.reload().unwrap());
    assert_eq!(loader.for_webhook(&other).unwrap().place, 1);
}
