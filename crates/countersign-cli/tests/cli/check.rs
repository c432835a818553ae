//! What `keys check` warns of, which its transcripts leave out, since it depends on the checkout.
#![cfg(unix)]

use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf};

use crate::command::{Ended, countersign, run};

fn check(name: &str, mode: u32, keys: usize) -> (String, Ended) {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let key = "[[key]]\nid = 'alice'\nalgorithm = 'hmac-sha256'\nsecret = 'correct horse battery staple'\n";
    fs::write(&path, key.repeat(keys)).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    let path = path.to_str().unwrap();
    (path.to_owned(), countersign(&["keys", "check", path], ""))
}

#[test]
fn a_file_that_others_can_read_is_warned_of_and_taken() {
    let (_, ended) = check("own.toml", 0o600, 1);
    assert_eq!((ended.status, ended.stderr.as_str()), (0, ""));
    for mode in [0o640, 0o604] {
        let (path, ended) = check("shared.toml", mode, 1);
        assert_eq!(ended.stderr, format!("countersign: warning: {path}: others can read the secret in this file\n"));
        assert_eq!(ended.stdout, "line 1: alice hmac-sha256 from secret, signs and verifies\n");
        assert_eq!(ended.status, 0);
    }
}

#[test]
fn more_keys_of_one_id_than_are_tried_are_warned_of() {
    assert_eq!(check("four.toml", 0o600, 4).1.stderr, "");
    let five = check("five.toml", 0o600, 5).1;
    let warning = "countersign: warning: alice has 5 keys, of which a policy tries 4 unless it is told otherwise\n";
    assert_eq!((five.status, five.stderr.as_str()), (0, warning));
}

#[test]
fn more_keys_of_one_webhook_than_are_tried_are_warned_of_whatever_they_are_called() {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("webhooks.toml");
    let check = |of_stripe: usize, of_any: usize| {
        let entry = |id: usize, scheme: &str| {
            format!("[[key]]\nid = '{id}'\nalgorithm = 'webhook'\nsecret = 'correct horse battery staple'\n{scheme}\n")
        };
        let of_stripe = (0..of_stripe).map(|id| entry(id, "scheme = 'stripe'"));
        let text: String = of_stripe.chain((0..of_any).map(|id| entry(id, ""))).collect();
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        countersign(&["keys", "check", path.to_str().unwrap()], "").stderr
    };
    let warning = |webhook: &str| {
        format!(
            "countersign: warning: the webhook {webhook} has 5 keys, of which a policy tries 4 unless it is told otherwise\n"
        )
    };
    assert_eq!(check(4, 0), "");
    assert_eq!(check(2, 2), "");
    assert_eq!(check(5, 0), warning("stripe"));
    assert_eq!(check(1, 4), warning("stripe"));
    assert_eq!(check(0, 5), warning("any"));
}

#[test]
fn a_private_key_that_others_can_read_is_warned_of_and_a_public_one_is_not() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("readable");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    let made = folder.join("key.pem");
    let keygen = ["keygen", "--algorithm", "ed25519", "--id", "alice", "--out", made.to_str().unwrap()];
    let entries = countersign(&keygen, "");
    let file = folder.join("keys.toml");
    fs::write(&file, entries.stdout).unwrap();
    // The path of a file in another folder than the present one leads there from everywhere.
    let quiet = countersign(&["keys", "check", file.to_str().unwrap()], "");
    assert_eq!((quiet.status, quiet.stderr.as_str()), (0, ""));
    fs::set_permissions(&made, fs::Permissions::from_mode(0o644)).unwrap();
    let warned = countersign(&["keys", "check", file.to_str().unwrap()], "");
    let made = made.canonicalize().unwrap();
    let warning = format!("countersign: warning: {}: others can read the secret in this file\n", made.display());
    assert_eq!((warned.status, warned.stderr), (0, warning));
}

#[test]
fn a_key_id_cannot_be_taken_for_the_rest_of_the_line() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let file = folder.join("spaced.toml");
    let key =
        "[[key]]\nid = 'a covered=\"host\"'\nalgorithm = 'hmac-sha256'\nsecret = 'correct horse battery staple'\n";
    fs::write(&file, key).unwrap();
    let file = file.to_str().unwrap();
    let sign = ["sign", "--keys", file, "--keyId", "a covered=\"host\"", "--headers", "date", "--now", "784111777"];
    let signed = countersign(&sign, "GET / HTTP/1.1\nHost: a\n\n");
    let verify = ["verify", "--keys", file, "--headers", "date", "--now", "784111777"];
    let verdict = countersign(&verify, &signed.stdout).stdout;
    assert_eq!(verdict, "accepted key=a\\u{20}covered=\\u{22}host\\u{22} covered=\"date\"\n");
}

#[test]
fn a_variable_that_is_not_text_is_named_and_not_shown() {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt, process::Command};

    let sign = |value: Option<&[u8]>| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
        command.args(["sign", "--secret-env", "COUNTERSIGN_TEST", "--keyId", "alice"]).env_remove("COUNTERSIGN_TEST");
        if let Some(value) = value {
            command.env("COUNTERSIGN_TEST", OsStr::from_bytes(value));
        }
        run(&mut command, "GET / HTTP/1.1\nHost: api.example\n\n")
    };
    for (value, cause) in [(Some(&b"hunter2\xFF"[..]), "not UTF-8"), (None, "not set")] {
        let stderr = format!("countersign: COUNTERSIGN_TEST: the environment variable is {cause}\n");
        assert_eq!(sign(value), Ended { status: 2, stdout: String::new(), stderr });
    }
}
