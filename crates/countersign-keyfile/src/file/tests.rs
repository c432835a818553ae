mod states;

use countersign::{Algorithm, Cavage, Policy, Request, Signer, UnixTime, Verifier, VerifyError};

use super::*;
use crate::{SourceKind, Weakness};

const KEYS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/keys");
const NOW: UnixTime = UnixTime::from_secs(784_111_777);

fn parse(text: &str) -> Result<KeyFile, KeyFileError> {
    KeyFile::parse(text, KEYS)
}

/// One key with these lines behind its id.
fn key(lines: &str) -> Result<KeyFile, KeyFileError> {
    parse(&format!("[[key]]\nid = 'alice'\n{lines}"))
}

fn message(result: Result<KeyFile, KeyFileError>) -> String {
    result.unwrap_err().to_string()
}

/// Whether what one file's key signs is accepted with another file's.
fn verify(signing: &KeyFile, verifying: &KeyFile) -> Result<usize, VerifyError> {
    let signer = Signer::new(Cavage::new(), signing.signing_key("alice").unwrap());
    let mut fields = vec![("host".to_owned(), b"api.example".to_vec())];
    let parts = signer.sign(&Request::new("GET", "/", &fields).with_body(b""), NOW).unwrap();
    fields.extend(parts.fields.into_iter().map(|field| (field.name.to_string(), field.value)));
    let request = Request::new("GET", "/", &fields).with_body(b"");
    let unverified = Verifier::new(Cavage::new(), Policy::default()).begin(&request, NOW).unwrap();
    let keys = verifying.verifying_keys("alice").unwrap();
    unverified.verify(keys, b"").map(|verified| verified.key_index())
}

#[test]
fn one_secret_is_the_same_however_it_is_given() {
    let text = key("algorithm = 'hmac-sha256'\nsecret = 'correct horse battery staple'").unwrap();
    for source in [
        "secret_base64 = 'Y29ycmVjdCBob3JzZSBiYXR0ZXJ5IHN0YXBsZQ=='",
        "secret_hex = '636f727265637420686F727365206261747465727920737461706c65'",
        "secret_file = 'crlf.secret'",
        "secret = \"correct horse battery st\\u0061ple\"",
    ] {
        let other = key(&format!("algorithm = 'hmac-sha256'\n{source}")).unwrap();
        assert_eq!(verify(&text, &other), Ok(0), "{source}");
    }
    let other = key("algorithm = 'hmac-sha256'\nsecret = 'correct horse battery stapler'").unwrap();
    assert_eq!(verify(&text, &other), Err(VerifyError::SignatureMismatch));
}

#[test]
fn a_secret_comes_from_the_environment() {
    // Cargo sets this one.
    let file = key("algorithm = 'hmac-sha256'\nsecret_env = 'CARGO_MANIFEST_DIR'").unwrap();
    let text = key(&format!("algorithm = 'hmac-sha256'\nsecret = '{}'", env!("CARGO_MANIFEST_DIR"))).unwrap();
    assert_eq!(verify(&file, &text), Ok(0));
    assert_eq!(
        message(key("algorithm = 'hmac-sha256'\nsecret_env = 'COUNTERSIGN_NOT_SET'")),
        "line 4: the environment variable COUNTERSIGN_NOT_SET is not set"
    );
}

#[test]
fn a_public_key_verifies_what_the_private_key_signs() {
    let private = key("algorithm = 'ed25519'\nprivate_key_file = 'ed25519.private.pem'").unwrap();
    let public = key("algorithm = 'ed25519'\npublic_key_file = 'ed25519.public.pem'").unwrap();
    let pem = std::fs::read_to_string(Path::new(KEYS).join("ed25519.public.pem")).unwrap();
    let text = key(&format!("algorithm = 'ed25519'\npublic_key = '''\n{pem}'''")).unwrap();
    assert_eq!(verify(&private, &private), Ok(0));
    assert_eq!(verify(&private, &public), Ok(0));
    assert_eq!(verify(&private, &text), Ok(0));
    assert!(private.entries()[0].can_sign() && !public.entries()[0].can_sign());
    assert_eq!(
        public.signing_key("alice").unwrap_err().to_string(),
        "the key \"alice\" verifies only: a public key cannot sign"
    );
}

#[test]
fn entries_of_one_id_verify_in_order_and_the_first_that_can_sign_signs() {
    let ring = parse(
        "[[key]]\nid = 'alice'\nalgorithm = 'ed25519'\npublic_key_file = 'ed25519.public.pem'\n\
         [[key]]\nid = 'bob'\nalgorithm = 'ed25519'\npublic_key_file = 'ed25519.public.pem'\n\
         [[key]]\nid = 'alice'\nalgorithm = 'hmac-sha512'\nsecret = 'correct horse battery staple'\n\
         [[key]]\nid = 'alice'\nalgorithm = 'hmac-sha256'\nsecret = 'correct horse battery staple'\n",
    )
    .unwrap();
    let algorithms = |id| ring.verifying_keys(id).unwrap().iter().map(VerifyingKey::algorithm).collect::<Vec<_>>();
    assert_eq!(algorithms("alice"), [Algorithm::Ed25519, Algorithm::HmacSha512, Algorithm::HmacSha256]);
    assert_eq!(ring.ids().collect::<Vec<_>>(), ["alice", "bob"]);
    assert_eq!(ring.signing_key("alice").unwrap().metadata().algorithm, Algorithm::HmacSha512);
    assert_eq!(verify(&ring, &ring), Ok(1));
    assert_eq!(ring.entries().iter().map(Entry::line).collect::<Vec<_>>(), [1, 5, 9, 13]);
    assert!(ring.verifying_keys("carol").is_none());
    assert_eq!(ring.signing_key("carol").unwrap_err().to_string(), "there is no key \"carol\"");
}

#[test]
fn a_name_tells_who_the_keys_of_an_id_belong_to() {
    let secret = "algorithm = 'hmac-sha256'\nsecret = 'correct horse battery staple'\n";
    let entry = |id: &str, name: &str| format!("[[key]]\nid = '{id}'\n{name}\n{secret}");
    let file =
        [entry("alice", ""), entry("alice", "name = 'Alice'"), entry("alice", "name = 'Alice'"), entry("bob", "")];
    let file = parse(&file.concat()).unwrap();
    assert_eq!((file.name("alice"), file.name("bob"), file.name("carol")), (Some("Alice"), None, None));
    assert_eq!(file.entries().iter().map(Entry::name).collect::<Vec<_>>(), [None, Some("Alice"), Some("Alice"), None]);
}

#[test]
fn two_keys_of_one_id_cannot_belong_to_two() {
    let secret = "algorithm = 'hmac-sha256'\nsecret = 'correct horse battery staple'";
    let entry = |name: &str| format!("[[key]]\nid = 'alice'\n{secret}\nname = '{name}'\n");
    let text = [entry("Alice"), entry("Alice"), entry("Bob")].concat();
    let expected = "line 15: the key \"alice\" has another name on line 5";
    assert_eq!(message(parse(&text)), expected);
    let report: Vec<_> = inspect(&text, Path::new(KEYS)).unwrap().into_iter().map(|key| key.is_ok()).collect();
    assert_eq!(report, [true, true, false]);
}

#[test]
fn what_is_weak_needs_dangerous() {
    for (lines, line, weakness) in [
        ("algorithm = 'hmac-sha256'\nsecret = '123456789012345'", 4, Weakness::ShortSecret(15)),
        ("algorithm = 'hmac-sha256'\nsecret_base64 = 'MTIz'", 4, Weakness::ShortSecret(3)),
        ("algorithm = 'hmac-sha1'\nsecret = '1234567890123456'", 3, Weakness::Sha1),
        ("algorithm = 'ecdsa-sha1'\npublic_key_file = 'p256.public.pem'", 3, Weakness::Sha1),
        ("algorithm = 'rsa-sha256'\npublic_key_file = 'rsa1024.public.pem'", 4, Weakness::ShortRsa(1024)),
        ("algorithm = 'rsa-sha256'\npublic_key_file = 'rsa-exponent-35.public.pem'", 4, Weakness::SmallRsaExponent),
    ] {
        assert_eq!(message(key(lines)), format!("line {line}: {weakness} is weak: it needs dangerous = true"));
        assert_eq!(message(key(&format!("{lines}\ndangerous = false"))), message(key(lines)));
        let dangerous = key(&format!("{lines}\ndangerous = true")).unwrap();
        assert_eq!(dangerous.entries()[0].weaknesses(), [weakness], "{lines}");
    }
    let both = key("algorithm = 'rsa-sha1'\npublic_key_file = 'rsa1024.public.pem'\ndangerous = true").unwrap();
    assert_eq!(both.entries()[0].weaknesses(), [Weakness::Sha1, Weakness::ShortRsa(1024)]);
    let none = key("algorithm = 'hmac-sha256'\nsecret = '1234567890123456'\ndangerous = true").unwrap();
    assert_eq!(none.entries()[0].weaknesses(), []);
}

#[test]
fn an_empty_secret_is_refused_even_where_danger_is_accepted() {
    let empty = key("algorithm = 'hmac-sha256'\nsecret = ''\ndangerous = true");
    assert_eq!(message(empty), "line 4: the secret is empty");
}

#[test]
fn every_mistake_is_named_with_its_line() {
    for (text, expected) in [
        ("id = 'alice'", "line 1: unknown field \"id\""),
        ("\n[key]\nid = 'alice'", "line 2: key has to be a table in double brackets"),
        ("key = [1]", "line 1: key has to be a table in double brackets"),
        ("[[key]]\nid = 'alice'\n\n[[keys]]", "line 4: unknown field \"keys\""),
        ("[[key]]\nid = 'alice'\nalgorithm = 'hmac-sha256'\nsecret = 'x\n", "line 4: not TOML"),
        ("[[key]]\nid = 'alice'\nid = 'bob'", "line 3: not TOML"),
        ("# none\n\n[[key]]\nalgorithm = 'hmac-sha256'\nsecret = 'x'", "line 3: this key has no id"),
        ("[[key]]\nid = 'alice'\nsecret = 'x'", "line 1: this key has no algorithm"),
        (
            "[[key]]\nid = 'alice'\nalgorithm = 'hmac-sha256'",
            "line 1: this key has neither a secret nor a public or private key",
        ),
        ("[[key]]\nid = ''\nalgorithm = 'hmac-sha256'\nsecret = 'x'", "line 2: not a usable key id"),
        ("[[key]]\nid = 7\nalgorithm = 'hmac-sha256'\nsecret = 'x'", "line 2: id has to be a string"),
        ("[[key]]\nid = 'x'\nname = 7\nalgorithm = 'hmac-sha256'\nsecret = 'x'", "line 3: name has to be a string"),
        ("[[key]]\nid = 'alice'\nalgorithm = 'hs2019'\nsecret = 'x'", "line 3: unknown algorithm \"hs2019\""),
        ("[[key]]\nid = 'alice'\nalgorithm = 'HMAC-SHA256'\nsecret = 'x'", "line 3: unknown algorithm \"HMAC-SHA256\""),
    ] {
        assert_eq!(message(parse(text)), expected, "{text}");
    }
    for (lines, expected) in [
        ("algorithm = 'hmac-sha256'\nsecret = 12", "line 4: secret has to be a string"),
        ("algorithm = 'hmac-sha256'\nsecret = 'x'\ndangerous = 'yes'", "line 5: dangerous has to be true or false"),
        ("algorithm = 'hmac-sha256'\nsecret_base64 = 'x y'", "line 4: the secret is not valid Base64"),
        ("algorithm = 'hmac-sha256'\nsecret_hex = 'abc'", "line 4: the secret is not valid hexadecimal"),
        ("algorithm = 'ed25519'\nsecret = 'x'", "line 4: ed25519 takes no secret"),
        ("algorithm = 'hmac-sha256'\npublic_key = 'x'", "line 4: hmac-sha256 takes no public_key"),
        ("algorithm = 'ed25519'\npublic_key = 'x'", "line 4: the key cannot be read: no PEM block"),
        ("algorithm = 'rsa-sha256'\npublic_key_file = 'ed25519.public.pem'", "line 4: the key is none for rsa-sha256"),
        (
            "algorithm = 'ecdsa-sha384'\nprivate_key_file = 'p256.private.pem'",
            "line 4: ecdsa-sha384 is not offered with this key",
        ),
    ] {
        assert_eq!(message(key(lines)), expected, "{lines}");
    }
    let missing = message(key("algorithm = 'hmac-sha256'\nsecret_file = 'missing.secret'"));
    assert_eq!(missing, format!("line 4: {KEYS}/missing.secret: No such file or directory (os error 2)"));
    assert_eq!(message(key("algorithm = 'hmac-sha256'\nsecret_file = '.'")), format!("line 4: {KEYS}/.: not a file"));
}

#[test]
fn every_source_excludes_every_other() {
    for first in SourceKind::ALL {
        for second in SourceKind::ALL.iter().filter(|second| second != &first) {
            let text = format!("algorithm = 'hmac-sha256'\n{first} = 'x'\n{second} = 'x'");
            assert_eq!(message(key(&text)), format!("line 5: {second} beside {first}: a key has exactly one of them"));
        }
    }
}

#[test]
fn no_message_and_no_debug_form_shows_a_secret() {
    let secret = "hunter2hunter2";
    for lines in [
        format!("algorithm = 'hmac-sha256'\nsecret = '{secret}'"),
        format!("algorithm = 'hmac-sha256'\nsecret = '{secret}"),
        format!("algorithm = 'hmac-sha256'\nsecret = {secret}"),
        format!("algorithm = 'hmac-sha256'\nsecret '{secret}'"),
        format!("algorithm = 'hmac-sha256'\nsecret_base64 = '{secret}!'"),
        format!("algorithm = 'hmac-sha256'\nsecret_hex = '{secret}'"),
        format!("algorithm = 'hmac-sha256'\nsecret = ['{secret}']"),
        format!("algorithm = 'hmac-sha256'\nsecrets = '{secret}'"),
        format!("algorithm = 'hmac-sha256'\ndangerous = '{secret}'\nsecret = 'x'"),
        format!("algorithm = 'hmac-sha256'\nsecret = '{secret}'\nsecret = '{secret}'"),
        format!("algorithm = 'ed25519'\npublic_key = '{secret}'"),
    ] {
        let error = key(&lines).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{lines}: {error:?}");
    }
    let file = key(&format!("algorithm = 'hmac-sha256'\nsecret = '{secret}{secret}'")).unwrap();
    assert!(!format!("{file:?}").contains("hunter2"));
}

#[test]
fn a_report_judges_each_key_by_itself() {
    let report = KeyFile::inspect(Path::new(KEYS).join("mixed.toml")).unwrap();
    let lines: Vec<_> = report.iter().map(|key| key.as_ref().map(Entry::line).map_err(ToString::to_string)).collect();
    let weak = "line 9: a secret of 5 bytes is weak: it needs dangerous = true".to_owned();
    assert_eq!(lines, [Ok(1), Err(weak.clone())]);
    assert_eq!(KeyFile::read(Path::new(KEYS).join("mixed.toml")).unwrap_err().to_string(), weak);
}

#[test]
fn a_key_file_that_is_not_there_is_named() {
    let error = KeyFile::read("/nowhere/keys.toml").unwrap_err();
    assert_eq!(error.to_string(), "/nowhere/keys.toml: No such file or directory (os error 2)");
}
