//! What `keys check` warns of, which its transcripts leave out, since it depends on the checkout.
#![cfg(unix)]

use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf};

use crate::command::{Ended, countersign};

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
        assert_eq!(ended.stderr, format!("countersign: warning: {path}: others can read this file\n"));
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
