//! Changes that are in force though they cannot be kept, and those that are never kept.

use super::*;
use crate::KeyFileLoader;

const TEXT: &str = "[[key]]\nid = 'a'\nalgorithm = 'hmac-sha256'\nsecret = 'correct horse battery staple'\n";

fn not_kept<T: std::fmt::Debug>(failed: Result<T, UpdateError>) -> KeyFileError {
    let Err(UpdateError::NotKept(error)) = failed else { panic!("{failed:?}") };
    *error.downcast().unwrap()
}

/// Whether a server that follows the file lets this id in.
fn lets_in(loader: &KeyFileLoader, name: &str) -> bool {
    use futures::FutureExt;

    let key = countersign::SigningKey::hmac_sha256(name, &countersign::Secret::new("x".repeat(32)).unwrap()).unwrap();
    let signer = countersign::Signer::new(countersign::Cavage::new(), key);
    let mut fields = vec![("host".to_owned(), b"api.example".to_vec())];
    let parts = signer.sign(&countersign::Request::new("GET", "/", &fields).with_body(b""), NOW).unwrap();
    fields.extend(parts.fields.into_iter().map(|field| (field.name.to_string(), field.value)));
    let request = countersign::Request::new("GET", "/", &fields).with_body(b"");
    let verifier = countersign::Verifier::new(countersign::Cavage::new(), countersign::Policy::default());
    let claim = countersign::Claim::new(&verifier.begin(&request, NOW).unwrap(), &request);
    countersign::KeyLoader::load(loader, claim).now_or_never().unwrap().unwrap().is_some()
}

#[test]
fn the_last_entry_stays_so_that_servers_learn_of_its_end() {
    let folder = Folder::with(TEXT);
    let keys = folder.open(RingPolicy::default());
    let server = KeyFileLoader::open_unwatched(folder.path()).unwrap();
    assert!(lets_in(&server, "a"));
    keys.ring().update(|ring| ring.dispose_compromised(&id("a"))).unwrap();
    let path = fs::canonicalize(folder.path()).unwrap();
    let refused = not_kept(keys.ring().update(|ring| ring.purge(&id("a"))));
    let expected = "the last entry has to stay, or servers would go on with the keys before";
    assert_eq!(refused.to_string(), format!("{}: {expected}", path.display()));
    assert_eq!(folder.text(), format!("{TEXT}state = \"compromised\"\n"));
    assert!(server.reload().unwrap());
    assert!(!lets_in(&server, "a"));
    // It goes once there is another.
    assert_eq!(shown(&keys.ring().snapshot()), "a:compromised");
    keys.add_active(hmac("b"), NOW).unwrap();
    keys.ring().update(|ring| ring.purge(&id("a"))).unwrap();
    assert!(server.reload().unwrap());
    assert_eq!((lets_in(&server, "a"), lets_in(&server, "b")), (false, true));
    assert_eq!(shown(&folder.open(RingPolicy::default()).ring().snapshot()), "b:active");
}

#[test]
fn a_leaked_key_is_out_of_use_at_once_and_its_end_is_kept_later() {
    let folder = Folder::with(TEXT);
    let keys = folder.open(RingPolicy::default());
    folder.write("[[key]]\nid = ");
    let failed = not_kept(keys.ring().update(|ring| ring.dispose_compromised(&id("a"))));
    assert!(matches!(failed, KeyFileError::Syntax { line: 2 }), "{failed:?}");
    assert_eq!(shown(&keys.ring().snapshot()), "a:compromised");
    let failed = keys.add_active(hmac("b"), NOW);
    assert!(matches!(failed, Err(KeyFileError::Syntax { .. })), "{failed:?}");
    assert_eq!(shown(&keys.ring().snapshot()), "a:compromised");
    folder.write(TEXT);
    keys.ring().update(|_| Ok(())).unwrap();
    assert_eq!(folder.text(), format!("{TEXT}state = \"compromised\"\n"));
    keys.add_active(hmac("b"), NOW).unwrap();
    assert_eq!(shown(&folder.open(RingPolicy::default()).ring().snapshot()), "a:compromised b:active");
}

#[test]
fn what_is_wrong_with_other_entries_is_in_nobodys_way() {
    let folder = Folder::with(TEXT);
    let keys = KeyRingFile::open_id(folder.path(), &id("a"), RingPolicy::default()).unwrap();
    let broken = "[[key]]\nid = 'b'\nalgorithm = 'hmac-sha256'\nsecret_file = 'missing'\n\n[[key]]\nid = 'c'\n\n";
    folder.write(&format!("{broken}{TEXT}"));
    keys.add_active(hmac("a").called(id("a-2")), NOW).unwrap();
    keys.ring().update(|ring| ring.dispose_compromised(&id("a"))).unwrap();
    assert!(folder.text().starts_with(&format!("{broken}{TEXT}state = \"compromised\"\n\n[[key]]\nid = \"a\"\n")));
}

#[test]
fn a_key_whose_material_is_gone_can_still_be_disposed_of() {
    let folder = Folder::with("[[key]]\nid = 'a'\nalgorithm = 'hmac-sha256'\nsecret_file = 'a.secret'\n");
    let material = folder.0.path().join("a.secret");
    fs::write(&material, "correct horse battery staple").unwrap();
    let keys = folder.open(RingPolicy::default());
    fs::remove_file(material).unwrap();
    keys.ring().update(|ring| ring.dispose_compromised(&id("a"))).unwrap();
    assert!(folder.text().ends_with("state = \"compromised\"\n"));
    // And a key is added only where all of the ring can be used.
    let refused = keys.add_active(hmac("b"), NOW);
    assert!(matches!(refused, Err(KeyFileError::File { line: 4, .. })), "{refused:?}");
}

#[test]
fn another_key_of_the_same_name_is_not_taken_for_the_one_in_the_file() {
    let folder = Folder::with(TEXT);
    let keys = folder.open(RingPolicy::default());
    let made = || {
        let secret = countersign::Secret::new("another secret that is long").unwrap();
        let created = UnixTime::from_secs(0);
        RingKey::new(countersign::SigningKey::hmac_sha256("a", &secret).unwrap(), created).unwrap()
    };
    let again = not_kept(keys.ring().update(|ring| {
        ring.dispose(&id("a"))?;
        ring.purge(&id("a"))?;
        ring.add_active(made(), NOW)
    }));
    assert!(matches!(&again, KeyFileError::NoMaterial { id } if id == "a"), "{again:?}");
    let other = not_kept(keys.ring().update(|ring| {
        *ring = KeyRing::with_keys(ring.policy().clone(), [made().in_state(KeyState::Active)])?;
        Ok(())
    }));
    assert!(matches!(&other, KeyFileError::NoMaterial { id } if id == "a"), "{other:?}");
    assert_eq!((shown(&keys.ring().snapshot()), folder.text()), ("a:active".to_owned(), TEXT.to_owned()));
}
