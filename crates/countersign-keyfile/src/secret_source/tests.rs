use std::{env, error::Error, ffi::OsStr, fs, process::Command};

use countersign::{Cavage, Request, Signer, UnixTime};

use super::*;

const KEYS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/keys");
const SECRET: &str = "correct horse battery staple";
const BASE64: &str = "Y29ycmVjdCBob3JzZSBiYXR0ZXJ5IHN0YXBsZQ==";
const HEX: &str = "636f727265637420686f727365206261747465727920737461706c65";
const TEXTS: [SecretText; 3] = [SecretText::Plain, SecretText::Base64, SecretText::Hex];

/// What a key writes onto one and the same request, so that two keys can be compared.
fn signed(key: SigningKey) -> Vec<Vec<u8>> {
    let fields = [("host", "api.example"), ("date", "Sun, 06 Nov 1994 08:49:37 GMT")];
    let request = Request::new("GET", "/", &fields).with_body(b"");
    let parts = Signer::new(Cavage::new(), key).sign(&request, UnixTime::from_secs(784_111_777)).unwrap();
    parts.fields.into_iter().map(|field| field.value).collect()
}

fn signed_with(secret: &Secret) -> Vec<Vec<u8>> {
    signed(SigningKey::hmac_sha256("alice", secret).unwrap())
}

fn is(secret: Result<Secret, SecretError>, bytes: &[u8]) -> bool {
    signed_with(&secret.unwrap()) == signed_with(&Secret::new(bytes).unwrap())
}

/// All that an error says, on every way to it.
fn said<T>(result: Result<T, SecretError>) -> [String; 4] {
    let error = result.err().unwrap();
    let cause = error.source();
    let display = cause.map(ToString::to_string).unwrap_or_default();
    let debug = cause.map(|cause| format!("{cause:?}")).unwrap_or_default();
    assert!(cause.and_then(Error::source).is_none());
    [error.to_string(), format!("{error:?}"), display, debug]
}

/// Whether this is the process in which a test with these variables goes on; otherwise runs the test again in one of its own,
/// since the environment of this one belongs to all tests.
fn with_variables(test: &str, variables: &[(&str, &OsStr)]) -> bool {
    const MARK: &str = "COUNTERSIGN_WITH_VARIABLES";
    if env::var_os(MARK).is_some() {
        return true;
    }
    let mut again = Command::new(env::current_exe().unwrap());
    again.args([&format!("secret_source::tests::{test}"), "--exact"]).env(MARK, "").envs(variables.iter().copied());
    let output = again.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
    false
}

fn file_with(content: impl AsRef<[u8]>) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), content).unwrap();
    file
}

#[test]
fn a_variable_gives_the_secret_that_its_text_stands_for() {
    let spaced = format!(" {SECRET}\n");
    let variables = [("A_PLAIN", SECRET), ("A_BASE64", BASE64), ("A_HEX", HEX), ("A_SPACED", &spaced)];
    let variables = variables.map(|(name, value)| (name, OsStr::new(value)));
    if with_variables("a_variable_gives_the_secret_that_its_text_stands_for", &variables) {
        assert!(is(secret_from_env("A_PLAIN", SecretText::Plain), SECRET.as_bytes()));
        assert!(is(secret_from_env("A_BASE64", SecretText::Base64), SECRET.as_bytes()));
        assert!(is(secret_from_env("A_HEX", SecretText::Hex), SECRET.as_bytes()));
        // Nothing is decoded or taken away unasked.
        assert!(is(secret_from_env("A_BASE64", SecretText::Plain), BASE64.as_bytes()));
        assert!(is(secret_from_env("A_SPACED", SecretText::Plain), spaced.as_bytes()));
        assert!(!is(secret_from_env("A_SPACED", SecretText::Plain), SECRET.as_bytes()));
    }
}

#[test]
fn a_variable_that_is_not_set_gives_no_key_of_any_kind() {
    let expected =
        ["the environment variable COUNTERSIGN_NOT_SET is not set", "NotSet { name: \"COUNTERSIGN_NOT_SET\" }", "", ""];
    for text in TEXTS {
        assert_eq!(said(secret_from_env("COUNTERSIGN_NOT_SET", text)), expected);
    }
    assert_eq!(said(private_key_from_env("COUNTERSIGN_NOT_SET", "alice", Algorithm::Ed25519)), expected);
    // No variable can be called so.
    for name in ["", "=", "A=B", "A\0B"] {
        let error = secret_from_env(name, SecretText::Plain).unwrap_err();
        assert!(matches!(error, SecretError::NotSet { name: named } if named == name), "{name:?}");
    }
}

/// The error of a variable, whole: so none of it is the value.
fn of_variable(name: &str, cause: &KeyError) -> [String; 4] {
    let debug = format!("{cause:?}");
    [
        format!("the environment variable {name}: {cause}"),
        format!("Variable {{ name: {name:?}, source: {debug} }}"),
        cause.to_string(),
        debug,
    ]
}

#[test]
fn a_variable_that_cannot_be_used_is_named_and_its_value_is_not() {
    let variables = [
        ("A_EMPTY", ""),
        ("A_SHORT", "hunter2"),
        ("A_SHORT_BASE64", "aHVudGVyMg=="),
        ("A_SHORT_HEX", "68756e74657232"),
        ("A_FIFTEEN", "123456789012345"),
        ("A_PLAIN", SECRET),
        ("A_BASE64_LINE", concat!("Y29ycmVjdCBob3JzZSBiYXR0ZXJ5IHN0YXBsZQ==", "\n")),
    ];
    let variables = variables.map(|(name, value)| (name, OsStr::new(value)));
    if !with_variables("a_variable_that_cannot_be_used_is_named_and_its_value_is_not", &variables) {
        return;
    }
    for text in TEXTS {
        assert_eq!(said(secret_from_env("A_EMPTY", text)), of_variable("A_EMPTY", &KeyError::EmptySecret));
    }
    let (base64, hex) = (KeyError::Encoding("Base64"), KeyError::Encoding("hexadecimal"));
    for (name, text, cause) in [
        ("A_SHORT", SecretText::Plain, KeyError::ShortSecret(7)),
        ("A_SHORT_BASE64", SecretText::Base64, KeyError::ShortSecret(7)),
        ("A_SHORT_HEX", SecretText::Hex, KeyError::ShortSecret(7)),
        ("A_FIFTEEN", SecretText::Plain, KeyError::ShortSecret(15)),
        ("A_PLAIN", SecretText::Base64, base64.clone()),
        ("A_BASE64_LINE", SecretText::Base64, base64),
        ("A_PLAIN", SecretText::Hex, hex),
    ] {
        assert_eq!(said(secret_from_env(name, text)), of_variable(name, &cause));
    }
    for (name, cause) in [("A_EMPTY", "no PEM block"), ("A_PLAIN", "no PEM block")] {
        let key = private_key_from_env(name, "alice", Algorithm::Ed25519);
        assert_eq!(said(key), of_variable(name, &KeyError::Unreadable(cause)));
    }
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_no_utf_8_is_never_shown() {
    use std::os::unix::ffi::OsStrExt;

    let value = OsStr::from_bytes(b"correct horse battery \xff staple");
    if !with_variables("a_variable_that_is_no_utf_8_is_never_shown", &[("A_BYTES", value)]) {
        return;
    }
    let expected = [
        "the environment variable A_BYTES: the secret is not valid UTF-8",
        "Variable { name: \"A_BYTES\", source: Encoding(\"UTF-8\") }",
        "the secret is not valid UTF-8",
        "Encoding(\"UTF-8\")",
    ];
    for text in TEXTS {
        assert_eq!(said(secret_from_env("A_BYTES", text)), expected);
    }
    assert_eq!(said(private_key_from_env("A_BYTES", "alice", Algorithm::Ed25519)), expected);
    let entry = "[[key]]\nid = 'alice'\nalgorithm = 'hmac-sha256'\nsecret_env = 'A_BYTES'";
    let error = crate::KeyFile::parse(entry, ".").unwrap_err();
    assert_eq!(
        format!("{error} {error:?}"),
        "line 4: the secret is not valid UTF-8 Key { line: 4, source: Encoding(\"UTF-8\") }"
    );
}

#[test]
fn a_file_gives_the_secret_that_its_text_stands_for_without_one_line_end() {
    for end in ["", "\n", "\r\n"] {
        for (text, content) in TEXTS.into_iter().zip([SECRET, BASE64, HEX]) {
            let file = file_with(format!("{content}{end}"));
            assert!(is(secret_from_file(file.path(), text), SECRET.as_bytes()), "{text:?} {end:?}");
        }
    }
    for (content, bytes) in [("\n\n", "\n"), ("\r", "\r"), (" \n", " ")] {
        let file = file_with(format!("{SECRET}{content}"));
        assert!(is(secret_from_file(file.path(), SecretText::Plain), format!("{SECRET}{bytes}").as_bytes()));
    }
    // Bytes that are no text are a secret too.
    let file = file_with([0xff; 16]);
    assert!(is(secret_from_file(file.path(), SecretText::Plain), &[0xff; 16]));
}

#[test]
fn a_file_that_cannot_be_used_is_named_and_its_content_is_not() {
    let long = "correct horse ".repeat(5000);
    let (base64, hex) = (KeyError::Encoding("Base64"), KeyError::Encoding("hexadecimal"));
    for (content, text, cause) in [
        ("", SecretText::Plain, KeyError::EmptySecret),
        ("\r\n", SecretText::Plain, KeyError::EmptySecret),
        ("\n", SecretText::Base64, KeyError::EmptySecret),
        ("\n", SecretText::Hex, KeyError::EmptySecret),
        ("hunter2\n", SecretText::Plain, KeyError::ShortSecret(7)),
        ("123456789012345\n", SecretText::Plain, KeyError::ShortSecret(15)),
        ("aHVudGVyMg==\n", SecretText::Base64, KeyError::ShortSecret(7)),
        ("68756e74657232\n", SecretText::Hex, KeyError::ShortSecret(7)),
        ("Y29ycmVjdCBob3JzZSBiYXR0ZXJ5IHN0YXBsZQ", SecretText::Base64, base64.clone()),
        ("Y29ycmVjdCBob3JzZSBiYXR0ZXJ5IHN0YXBsZQ==\n\n", SecretText::Base64, base64),
        (SECRET, SecretText::Hex, hex),
    ] {
        let file = file_with(content);
        let path = file.path().to_owned();
        let debug = format!("{cause:?}");
        let expected = [
            format!("{}: {cause}", path.display()),
            format!("File {{ path: {path:?}, source: {debug} }}"),
            cause.to_string(),
            debug,
        ];
        assert_eq!(said(secret_from_file(&path, text)), expected);
    }
    let file = file_with(&long);
    let said = said(secret_from_file(file.path(), SecretText::Plain));
    assert_eq!(said[0], format!("{}: longer than 64 KiB", file.path().display()));
    assert!(said.iter().all(|text| !text.contains("horse")), "{said:?}");
}

#[test]
fn what_is_no_file_gives_no_secret_and_no_private_key() {
    let folder = tempfile::tempdir().unwrap();
    let absent = folder.path().join("absent");
    for (path, expected) in [(folder.path(), io::ErrorKind::Other), (&absent, io::ErrorKind::NotFound)] {
        let secret = secret_from_file(path, SecretText::Plain).err();
        for error in [secret, private_key_from_file(path, "alice", Algorithm::Ed25519).err()] {
            let error = error.unwrap();
            let SecretError::Unreadable { path: named, source } = &error else { panic!("{error:?}") };
            assert_eq!((named.as_path(), source.kind()), (path, expected));
            assert_eq!(error.to_string(), format!("{}: {source}", path.display()));
        }
    }
    let error = secret_from_file(folder.path(), SecretText::Plain).unwrap_err();
    assert_eq!(error.to_string(), format!("{}: not a file", folder.path().display()));
}

#[test]
fn a_private_key_is_the_same_from_a_file_and_from_a_variable() {
    let path = Path::new(KEYS).join("ed25519.private.pem");
    let pem = fs::read_to_string(&path).unwrap();
    if with_variables("a_private_key_is_the_same_from_a_file_and_from_a_variable", &[("A_PEM", OsStr::new(&pem))]) {
        let expected = signed(SigningKey::from_pem("alice", Algorithm::Ed25519, &pem).unwrap());
        assert_eq!(signed(private_key_from_env("A_PEM", "alice", Algorithm::Ed25519).unwrap()), expected);
        assert_eq!(signed(private_key_from_file(&path, "alice", Algorithm::Ed25519).unwrap()), expected);
        let wrong = private_key_from_env("A_PEM", "alice", Algorithm::HmacSha256);
        assert_eq!(said(wrong), of_variable("A_PEM", &KeyError::WrongKind(Algorithm::HmacSha256)));
        let unnamed = private_key_from_env("A_PEM", "", Algorithm::Ed25519);
        assert_eq!(said(unnamed), of_variable("A_PEM", &KeyError::InvalidKeyId));
    }
}

#[test]
fn a_file_without_a_private_key_is_named_and_its_content_is_not() {
    let public = fs::read(Path::new(KEYS).join("ed25519.public.pem")).unwrap();
    let torn = b"-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIEqB".as_slice();
    let garbled = b"-----BEGIN PRIVATE KEY-----\nMC4CAQAw!horse!\n-----END PRIVATE KEY-----\n".as_slice();
    for (content, cause) in [
        (b"".as_slice(), "no PEM block"),
        (SECRET.as_bytes(), "no PEM block"),
        (torn, "no PEM block"),
        (garbled, "not PEM"),
        (&public, "a public key where a private one is wanted"),
    ] {
        let file = file_with(content);
        let said = said(private_key_from_file(file.path(), "alice", Algorithm::Ed25519));
        let path = file.path();
        let expected = [
            format!("{}: the key cannot be read: {cause}", path.display()),
            format!("File {{ path: {path:?}, source: Unreadable({cause:?}) }}"),
            format!("the key cannot be read: {cause}"),
            format!("Unreadable({cause:?})"),
        ];
        assert_eq!(said, expected);
    }
}
