//! What goes wrong leaves both the ring and the file as they were.

use super::*;
use crate::ring_file::write::replace;

const TEXT: &str = "[[key]]\nid = 'a'\nalgorithm = 'hmac-sha256'\nsecret = 'correct horse battery staple'\n";

/// What a change that cannot be kept says.
fn not_kept(keys: &KeyRingFile) -> String {
    let before = shown(&keys.ring().snapshot());
    let failed = keys.ring().update(|ring| ring.dispose(&id("a")));
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
    for text in
        [format!("{TEXT}state = 'pending'\n"), format!("{TEXT}{other}"), format!("{TEXT}created = 5\n"), String::new()]
    {
        folder.write(&text);
        assert_eq!(not_kept(&keys), format!("{}: the keys in it are no longer those of the ring", path.display()));
        assert_eq!(folder.text(), text);
    }
    folder.write("[[key]]\nid = ");
    assert_eq!(not_kept(&keys), "line 2: not TOML");
    // A comment is no change of the ring, and is kept.
    folder.write(&format!("# mine\n{TEXT}"));
    keys.ring().update(|ring| ring.dispose(&id("a"))).unwrap();
    assert_eq!(folder.text(), format!("# mine\n{TEXT}state = \"disposed\"\n"));
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
fn the_file_is_its_owners_alone_and_a_link_to_it_stays_one() {
    use std::os::unix::fs::{PermissionsExt, symlink};

    let folder = Folder::with(TEXT);
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o644)).unwrap();
    let link = folder.0.path().join("link.toml");
    symlink("keys.toml", &link).unwrap();
    let keys = KeyRingFile::open(&link, RingPolicy::default()).unwrap();
    keys.ring().update(|ring| ring.dispose(&id("a"))).unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert!(folder.text().contains("disposed"));
    assert_eq!(fs::metadata(folder.path()).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_dir(folder.0.path()).unwrap().count(), 2);
}
