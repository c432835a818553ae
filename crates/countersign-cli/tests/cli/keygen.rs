//! New keys: what is printed of them is a key file that works.

use std::{fs, path::PathBuf};

use crate::command::countersign;

const REQUEST: &str = "POST /orders HTTP/1.1\r\nHost: api.example\r\n\r\n{}";
const NOW: &str = "784111777";

/// A folder of its own for each test, empty at the start.
fn folder(test: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(test);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

#[test]
fn a_new_key_of_every_algorithm_signs_what_its_other_half_accepts() {
    let folder = folder("a-new-key");
    for algorithm in [
        "hmac-sha224",
        "hmac-sha256",
        "hmac-sha384",
        "hmac-sha512",
        "rsa-sha256",
        "rsa-pss-sha512",
        "ecdsa-sha256",
        "ecdsa-sha384",
        "ecdsa-sha512",
        "ed25519",
    ] {
        let private = folder.join(format!("{algorithm}.pem"));
        let private = private.to_str().unwrap();
        let mut args = vec!["keygen", "--algorithm", algorithm, "--id", "alice"];
        let is_symmetric = algorithm.starts_with("hmac");
        if !is_symmetric {
            args.extend(["--out", private]);
        }
        let made = countersign(&args, "");
        assert_eq!((made.status, made.stderr.as_str()), (0, ""), "{algorithm}");

        // Each half by itself: the secret is both.
        let (verifying, signing) = made.stdout.split_once("\n\n").unwrap_or((&made.stdout, &made.stdout));
        let [server, client] = [("server", verifying), ("client", signing)].map(|(side, text)| {
            let path = folder.join(format!("{algorithm}-{side}.toml"));
            fs::write(&path, text).unwrap();
            path.to_str().unwrap().to_owned()
        });
        let sign = |file: &str| countersign(&["sign", "--keys", file, "--keyId", "alice", "--now", NOW], REQUEST);
        let signed = sign(&client);
        assert_eq!((signed.status, signed.stderr.as_str()), (0, ""), "{algorithm}");
        let verified = countersign(&["verify", "--keys", &server, "--now", NOW], &signed.stdout);
        assert_eq!(
            verified.stdout, "accepted key=alice covered=\"(request-target) host date digest\"\n",
            "{algorithm}"
        );
        assert_eq!(sign(&server).status, if is_symmetric { 0 } else { 2 }, "{algorithm}");
    }
}

#[test]
fn a_private_key_is_its_owners_alone_and_never_written_over_another_file() {
    let path = folder("a-private-key").join("alice.pem");
    let out = path.to_str().unwrap();
    let args = ["keygen", "--algorithm", "ed25519", "--id", "alice", "--out", out];
    assert_eq!(countersign(&args, "").status, 0);
    let first = fs::read_to_string(&path).unwrap();
    assert!(first.starts_with("-----BEGIN PRIVATE KEY-----\n"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let again = countersign(&args, "");
    assert_eq!((again.status, again.stdout.as_str()), (2, ""));
    assert_eq!(again.stderr, format!("countersign: {out}: File exists (os error 17)\n"));
    assert_eq!(fs::read_to_string(&path).unwrap(), first);
}

#[test]
fn two_new_secrets_are_never_the_same() {
    let secret = || countersign(&["keygen", "--algorithm", "hmac-sha256", "--id", "alice"], "").stdout;
    assert_ne!(secret(), secret());
}
