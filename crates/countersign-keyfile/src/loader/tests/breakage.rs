//! What changes the keys, and what does not.

use super::*;

#[test]
fn what_changed_is_in_force_after_a_reload_and_what_was_removed_is_not() {
    type Write = fn(&Folder, &str, &str);
    let ways: [Write; 2] = [Folder::write, Folder::rename_over];
    for write in ways {
        let folder = Folder::with(&[key("alice", SECRET), key("bob", SECRET)].concat());
        let loader = folder.unwatched();
        assert!(!loader.reload().unwrap());
        write(&folder, "keys.toml", &[key("alice", OTHER), key("carol", SECRET)].concat());
        // Nobody looked yet.
        assert!(accepts(&loader, "bob", SECRET));
        assert!(loader.reload().unwrap());
        assert!(accepts(&loader, "alice", OTHER) && accepts(&loader, "carol", SECRET));
        assert_eq!(verify(&loader, "alice", SECRET).unwrap_err(), VerifyError::SignatureMismatch);
        assert_eq!(verify(&loader, "bob", SECRET).unwrap_err(), VerifyError::UnknownKey);
        assert!(!loader.reload().unwrap());
        assert_eq!(told(), ["INFO 2"]);
    }
}

#[test]
fn one_key_of_a_ring_that_is_removed_no_longer_verifies() {
    let folder = Folder::with(&[key("alice", SECRET), key("alice", OTHER)].concat());
    let loader = folder.unwatched();
    folder.rename_over("keys.toml", &key("alice", OTHER));
    assert!(loader.reload().unwrap());
    assert_eq!(verify(&loader, "alice", OTHER).unwrap().1, 0);
    assert_eq!(verify(&loader, "alice", SECRET).unwrap_err(), VerifyError::SignatureMismatch);
}

#[test]
fn a_change_that_neither_time_nor_size_tells_is_taken() {
    let folder = Folder::with(&key("alice", SECRET));
    let loader = folder.unwatched();
    let before = fs::metadata(folder.keys()).unwrap().modified().unwrap();
    let same_length = "correct horse battery stapl3";
    folder.write("keys.toml", &key("alice", same_length));
    fs::File::options().write(true).open(folder.keys()).unwrap().set_modified(before).unwrap();
    assert!(loader.reload().unwrap());
    assert!(accepts(&loader, "alice", same_length) && !accepts(&loader, "alice", SECRET));
}

#[test]
fn a_file_that_a_key_names_counts_as_well() {
    let keys = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/keys");
    let text = "[[key]]\nid = 'alice'\nalgorithm = 'hmac-sha256'\nsecret_file = 'alice.secret'\n\
                [[key]]\nid = 'bob'\nalgorithm = 'ed25519'\npublic_key_file = 'bob.pem'\n";
    let folder = Folder::new();
    folder.write("alice.secret", SECRET);
    fs::copy(format!("{keys}/ed25519.public.pem"), folder.path("bob.pem")).unwrap();
    folder.write("keys.toml", text);
    let loader = folder.unwatched();
    folder.write("alice.secret", OTHER);
    assert!(loader.reload().unwrap());
    assert!(accepts(&loader, "alice", OTHER) && !accepts(&loader, "alice", SECRET));

    fs::remove_file(folder.path("bob.pem")).unwrap();
    folder.write("alice.secret", SECRET);
    let missing = format!("line 8: {}: No such file or directory (os error 2)", folder.path("bob.pem").display());
    assert_eq!(loader.reload().unwrap_err().to_string(), missing);
    assert!(accepts(&loader, "alice", OTHER) && !accepts(&loader, "alice", SECRET));

    fs::copy(format!("{keys}/ed25519.public.pem"), folder.path("bob.pem")).unwrap();
    assert!(loader.reload().unwrap());
    assert!(accepts(&loader, "alice", SECRET) && !accepts(&loader, "alice", OTHER));
    assert_eq!(told(), ["INFO 2".to_owned(), format!("ERROR {missing}"), "INFO 2".to_owned()]);
}

#[test]
fn what_cannot_be_used_keeps_the_keys_before_it_and_is_told_once() {
    let folder = Folder::with(&[key("alice", SECRET), key("bob", OTHER)].concat());
    let path = folder.keys().display().to_string();
    let loader = folder.unwatched();
    for (text, expected) in [
        ("", format!("{path}: no keys")),
        ("# all commented out\n", format!("{path}: no keys")),
        ("key = []\n", format!("{path}: no keys")),
        ("[[key]]\nid = 'alice'\nalgorithm = 'hmac-sha256'\nsecret = 'corre", "line 4: not TOML".to_owned()),
        ("[[key]]\nid = 'alice'\n", "line 1: this key has no algorithm".to_owned()),
        ("[[key]]\nid = 'alice'\nalgorithm = 'hmac-sha256'\nsecret = 'short'", {
            "line 4: a secret of 5 bytes is weak: it needs dangerous = true".to_owned()
        }),
    ] {
        folder.write("keys.toml", text);
        for _ in 0..3 {
            assert_eq!(loader.reload().unwrap_err().to_string(), expected, "{text:?}");
        }
        assert!(accepts(&loader, "alice", SECRET) && accepts(&loader, "bob", OTHER), "{text:?}");
    }
    fs::remove_file(folder.keys()).unwrap();
    for _ in 0..3 {
        assert!(loader.reload().is_err());
    }
    assert!(accepts(&loader, "alice", SECRET) && accepts(&loader, "bob", OTHER));
    let errors = told();
    assert_eq!(
        errors,
        [
            format!("ERROR {path}: no keys"),
            "ERROR line 4: not TOML".to_owned(),
            "ERROR line 1: this key has no algorithm".to_owned(),
            "ERROR line 4: a secret of 5 bytes is weak: it needs dangerous = true".to_owned(),
            format!("ERROR {path}: No such file or directory (os error 2)"),
        ]
    );
    assert!(!errors.concat().contains("corre") && !errors.concat().contains("short"));

    // What was in force all the time is in force again.
    folder.write("keys.toml", &[key("alice", SECRET), key("bob", OTHER)].concat());
    assert!(loader.reload().unwrap());
    assert!(!loader.reload().unwrap());
    assert_eq!(told(), ["INFO 2"]);
}

#[test]
fn clones_share_their_keys() {
    let folder = Folder::with(&key("alice", SECRET));
    let loader = folder.unwatched();
    let kept = loader.clone();
    folder.write("keys.toml", &key("alice", OTHER));
    assert!(kept.reload().unwrap());
    assert!(accepts(&loader, "alice", OTHER));
}

#[test]
fn an_id_that_stays_is_known_at_every_moment_of_a_reload() {
    let texts = [SECRET, OTHER].map(|secret| [key("alice", secret), key("bob", secret)].concat());
    let folder = Folder::with(&texts[0]);
    let loader = folder.unwatched();
    std::thread::scope(|scope| {
        let requests = scope.spawn(|| {
            for _ in 0..200 {
                let one_of_both = [SECRET, OTHER].map(|secret| verify(&loader, "bob", secret).err());
                assert!(!one_of_both.contains(&Some(VerifyError::UnknownKey)));
            }
        });
        for round in 1..=20 {
            folder.rename_over("keys.toml", &texts[round % 2]);
            assert!(loader.reload().unwrap());
        }
        requests.join().unwrap();
    });
}
