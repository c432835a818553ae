//! What goes wrong leaves both the ring and the file as they were.

use super::*;
use crate::ring_file::write::replace;

const TEXT: &str = "[[key]]\nid = 'a'\nalgorithm = 'hmac-sha256'\nsecret = 'correct horse battery staple'\n";

/// What a change that cannot be kept says. It does more than to take keys out of use, so that it does not happen.
fn not_kept(keys: &KeyRingFile) -> String {
    let before = shown(&keys.ring().snapshot());
    let failed = keys.ring().update(|ring| {
        ring.dispose(&id("a"))?;
        ring.restore(&id("a"))
    });
    assert_eq!(shown(&keys.ring().snapshot()), before);
    let Err(UpdateError::NotKept(error)) = failed else { panic!("{failed:?}") };
    error.to_string()
}

#[test]
fn a_file_that_cannot_be_written_leaves_the_ring_as_it_was() {
    let folder = Folder::with(TEXT);
    let keys = folder.open(RingPolicy::default());
    fs::remove_file(folder.path()).unwrap();
    let path = fs::canonicalize(folder.0.path()).unwrap().join("keys.toml");
    assert_eq!(not_kept(&keys), format!("{}: No such file or directory (os error 2)", path.display()));
    let added = keys.add_pending(hmac("b"), NOW);
    assert!(matches!(added, Err(KeyFileError::Unreadable { .. })), "{added:?}");
    assert_eq!(shown(&keys.ring().snapshot()), "a:active");
    // It comes back, and goes on.
    folder.write(TEXT);
    keys.ring().update(|ring| ring.dispose(&id("a"))).unwrap();
}

#[test]
fn what_others_changed_meanwhile_is_not_overwritten() {
    let folder = Folder::with(TEXT);
    let keys = folder.open(RingPolicy::default());
    let path = fs::canonicalize(folder.path()).unwrap();
    let other = "[[key]]\nid = 'b'\nalgorithm = 'hmac-sha256'\nsecret = 'correct horse battery staple'\n";
    let changed = |from: &str, to: &str| TEXT.replace(from, to);
    for text in [
        format!("{TEXT}state = 'pending'\n"),
        format!("{TEXT}{other}"),
        format!("{TEXT}created = 5\n"),
        String::new(),
        changed("correct", "incorrect"),
        changed("hmac-sha256", "hmac-sha512"),
        changed("secret =", "secret_env ="),
        changed("id = 'a'", "id = 'b'\nring_id = 'a'"),
        // Which of the two is the ring's?
        format!("{TEXT}\n{TEXT}"),
    ] {
        folder.write(&text);
        assert_eq!(not_kept(&keys), format!("{}: the keys in it are no longer those of the ring", path.display()));
        assert_eq!(folder.text(), text);
    }
    folder.write("[[key]]\nid = ");
    assert_eq!(not_kept(&keys), "line 2: not TOML");
    // A comment is no change of the ring, and is kept; so is who the key belongs to.
    folder.write(&format!("# mine\n{TEXT}name = 'Alice'\n"));
    keys.ring().update(|ring| ring.dispose(&id("a"))).unwrap();
    assert_eq!(folder.text(), format!("# mine\n{TEXT}name = 'Alice'\nstate = \"disposed\"\n"));
}

#[test]
fn entries_of_other_rings_may_change_meanwhile() {
    let folder = Folder::with(TEXT);
    let keys = KeyRingFile::open_id(folder.path(), &id("a"), RingPolicy::default()).unwrap();
    let text = format!("{}\n{TEXT}", TEXT.replace("'a'", "'b'"));
    folder.write(&text);
    keys.ring().update(|ring| ring.dispose(&id("a"))).unwrap();
    assert_eq!(folder.text(), format!("{text}state = \"disposed\"\n"));
}

#[test]
fn a_key_without_its_material_is_not_added() {
    let folder = Folder::with(TEXT);
    let keys = folder.open(RingPolicy::default());
    let secret = countersign::Secret::new("correct horse battery staple").unwrap();
    let key = RingKey::new(countersign::SigningKey::hmac_sha256("b", &secret).unwrap(), NOW).unwrap();
    let refused = keys.ring().update(|ring| ring.add_pending(key.clone())).unwrap_err();
    let expected =
        "the changed ring cannot be kept: the key \"b\" was added without its material, so that it cannot be kept";
    assert_eq!(refused.to_string(), expected);
    assert_eq!((shown(&keys.ring().snapshot()), folder.text()), ("a:active".to_owned(), TEXT.to_owned()));
    // Nor is the material of a key that was refused taken for another's.
    keys.add_pending(hmac("a"), NOW).unwrap_err();
    keys.ring().update(|ring| ring.add_pending(key)).unwrap_err();
    assert_eq!(folder.text(), TEXT);
}

#[test]
fn a_change_that_would_give_one_id_two_names_is_not_written() {
    let text = format!("{TEXT}name = 'Alice'\n");
    let folder = Folder::with(&text);
    let keys = folder.open(RingPolicy::default());
    let refused = keys.add_pending(hmac("a").called(id("a-2")).named("Bob"), NOW);
    assert!(matches!(refused, Err(KeyFileError::SecondName { .. })), "{refused:?}");
    assert_eq!((shown(&keys.ring().snapshot()), folder.text()), ("a:active".to_owned(), text));
}

#[test]
fn tables_within_a_line_are_left_alone() {
    let text = "key = [{ id = 'a', algorithm = 'hmac-sha256', secret = 'correct horse battery staple' }]\n";
    let folder = Folder::with(text);
    let keys = folder.open(RingPolicy::default());
    assert_eq!(not_kept(&keys), "line 1: key has to be a table in double brackets");
    assert_eq!(folder.text(), text);
}

#[test]
fn a_failed_write_leaves_the_other_file_as_it_was_and_nothing_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    // A folder is no file to take the place of.
    let path = folder.path().join("keys.toml");
    fs::create_dir(&path).unwrap();
    assert!(replace(&path, "text").is_err());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    assert!(replace(&folder.path().join("missing").join("keys.toml"), "text").is_err());
}

#[test]
fn many_changes_at_once_are_all_written() {
    let folder = Folder::with("");
    let keys = folder.open(RingPolicy::default());
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let keys = &keys;
            scope.spawn(move || {
                for number in 0..5 {
                    let text = format!("{thread}-{number}");
                    keys.add_pending(hmac(&text), NOW).unwrap();
                    keys.ring().update(|ring| ring.activate(&id(&text), NOW)).unwrap();
                }
            });
        }
    });
    let file = KeyFile::read(folder.path()).unwrap();
    assert_eq!(file.entries().len(), 20);
    assert!(file.entries().iter().all(|entry| entry.state() == Some(KeyState::Active)));
    assert_eq!(shown(&folder.open(RingPolicy::default()).ring().snapshot()), shown(&keys.ring().snapshot()));
}

#[cfg(unix)]
#[test]
fn nobody_reads_the_file_but_its_owner_and_the_group_that_did() {
    use std::os::unix::fs::PermissionsExt;

    for (before, after) in
        [(0o644, 0o640), (0o640, 0o640), (0o660, 0o640), (0o600, 0o600), (0o604, 0o600), (0o400, 0o400)]
    {
        let folder = Folder::with(TEXT);
        let keys = folder.open(RingPolicy::default());
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(before)).unwrap();
        keys.ring().update(|ring| ring.dispose(&id("a"))).unwrap();
        assert!(folder.text().contains("disposed"));
        assert_eq!(fs::metadata(folder.path()).unwrap().permissions().mode() & 0o7777, after, "{before:o}");
    }
}

#[cfg(unix)]
#[test]
fn a_link_stays_one_and_what_keys_name_is_beside_it() {
    use std::os::unix::fs::symlink;

    let real = Folder::with("");
    let folder = Folder(tempfile::tempdir().unwrap());
    symlink(real.path(), folder.path()).unwrap();
    fs::write(folder.0.path().join("a.secret"), "a secret beside the link").unwrap();
    let keys = folder.open(RingPolicy::default());
    let key = |text: &str| NewKey::from_source(id(text), Algorithm::HmacSha256, SourceKind::SecretFile, "a.secret");
    keys.add_active(key("a"), NOW).unwrap();
    let again = folder.open(RingPolicy::default());
    again.add_active(key("b"), NOW).unwrap();
    assert_eq!(KeyFile::read(folder.path()).unwrap().ids().collect::<Vec<_>>(), ["a", "b"]);
    assert!(fs::symlink_metadata(folder.path()).unwrap().is_symlink());
    assert!(real.text().contains("a.secret"));
}

#[cfg(unix)]
#[test]
fn nothing_is_left_beside_a_file_that_was_written() {
    use std::os::unix::fs::symlink;

    let folder = Folder::with(TEXT);
    let link = folder.0.path().join("link.toml");
    symlink("keys.toml", &link).unwrap();
    let keys = KeyRingFile::open(&link, RingPolicy::default()).unwrap();
    keys.ring().update(|ring| ring.dispose(&id("a"))).unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert!(folder.text().contains("disposed"));
    assert_eq!(fs::read_dir(folder.0.path()).unwrap().count(), 2);
}
