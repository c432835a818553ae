//! Several rings in one file.

use super::*;

#[test]
fn rings_of_one_file_that_change_at_once_lose_nothing() {
    const ROUNDS: usize = 30;
    let folder = Folder::with("");
    let open = |name: &str| KeyRingFile::open_id(folder.path(), &id(name), RingPolicy::default()).unwrap();
    std::thread::scope(|scope| {
        for name in ["alice", "bob"] {
            let keys = open(name);
            scope.spawn(move || {
                for round in 0..ROUNDS {
                    let ring_id = format!("{name}-{round}");
                    keys.add_pending(hmac(name).called(id(&ring_id)), NOW).unwrap();
                    keys.ring().update(|ring| ring.activate(&id(&ring_id), NOW)).unwrap();
                }
            });
        }
    });
    for name in ["alice", "bob"] {
        let expected = (0..ROUNDS).map(|round| format!("{name}-{round}:active")).collect::<Vec<_>>().join(" ");
        assert_eq!(shown(&open(name).ring().snapshot()), expected);
    }
}

#[cfg(unix)]
#[test]
fn a_change_waits_for_whoever_holds_the_file_and_then_goes_by_the_one_in_its_place() {
    let folder = Folder::with("# one\n");
    let keys = folder.open(RingPolicy::default());
    let other = fs::File::open(folder.path()).unwrap();
    other.lock().unwrap();
    std::thread::scope(|scope| {
        let change = scope.spawn(|| keys.add_pending(hmac("a"), NOW));
        let still = |text: &str| {
            std::thread::sleep(std::time::Duration::from_millis(100));
            assert_eq!(folder.text(), text);
        };
        still("# one\n");
        // What holds the lock replaces the file, as a ring of another process does, and the next one holds that.
        let next = folder.0.path().join("next");
        fs::write(&next, "# two\n").unwrap();
        let next_holder = fs::File::open(&next).unwrap();
        next_holder.lock().unwrap();
        fs::rename(next, folder.path()).unwrap();
        drop(other);
        still("# two\n");
        drop(next_holder);
        change.join().unwrap().unwrap();
    });
    assert!(folder.text().starts_with("# two\n\n[[key]]\nid = \"a\"\n"), "{}", folder.text());
}

#[test]
fn two_rings_of_the_same_keys_do_not_overwrite_each_other() {
    let folder = Folder::with("");
    let (one, other) = (folder.open(RingPolicy::default()), folder.open(RingPolicy::default()));
    one.add_active(hmac("a"), NOW).unwrap();
    let refused = other.add_active(hmac("b"), NOW);
    assert!(matches!(refused, Err(KeyFileError::ChangedMeanwhile { .. })), "{refused:?}");
    assert_eq!(shown(&folder.open(RingPolicy::default()).ring().snapshot()), "a:active");
}
