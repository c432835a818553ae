//! The thread that looks.

use super::*;

const INTERVAL: Duration = Duration::from_millis(20);

impl Folder {
    fn watched(&self) -> KeyFileLoader {
        KeyFileLoader::open_with_interval(self.keys(), INTERVAL).unwrap()
    }
}

/// Waits for something, for no more than five seconds.
fn wait(mut until: impl FnMut() -> bool) -> bool {
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(5) {
        if until() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    false
}

fn pause() {
    std::thread::sleep(INTERVAL.saturating_mul(8));
}

#[test]
fn a_change_in_place_or_by_rename_is_taken_without_being_told() {
    let folder = Folder::with(&[key("alice", SECRET), key("bob", SECRET)].concat());
    let loader = folder.watched();
    folder.write("keys.toml", &key("alice", OTHER));
    assert!(wait(|| accepts(&loader, "alice", OTHER)));
    assert_eq!(verify(&loader, "bob", SECRET).unwrap_err(), VerifyError::UnknownKey);
    assert_eq!(verify(&loader, "alice", SECRET).unwrap_err(), VerifyError::SignatureMismatch);
    folder.rename_over("keys.toml", &key("carol", SECRET));
    assert!(wait(|| accepts(&loader, "carol", SECRET)));
    assert_eq!(verify(&loader, "alice", OTHER).unwrap_err(), VerifyError::UnknownKey);
}

#[cfg(unix)]
#[test]
fn a_link_that_is_pointed_elsewhere_is_followed() {
    let folder = Folder::new();
    folder.write("1.toml", &key("alice", SECRET));
    folder.write("2.toml", &key("alice", OTHER));
    std::os::unix::fs::symlink("1.toml", folder.keys()).unwrap();
    let loader = folder.watched();
    std::os::unix::fs::symlink("2.toml", folder.path("link")).unwrap();
    fs::rename(folder.path("link"), folder.keys()).unwrap();
    assert!(wait(|| accepts(&loader, "alice", OTHER)));
}

#[test]
fn a_broken_a_missing_and_an_empty_file_keep_the_old_keys() {
    let folder = Folder::with(&key("alice", SECRET));
    let loader = folder.watched();
    for text in ["", "[[key]", "[[key]]\nid = 'alice'"] {
        folder.write("keys.toml", text);
        pause();
        assert!(accepts(&loader, "alice", SECRET), "{text:?}");
    }
    fs::remove_file(folder.keys()).unwrap();
    pause();
    assert!(accepts(&loader, "alice", SECRET));
    folder.write("keys.toml", &key("alice", OTHER));
    assert!(wait(|| accepts(&loader, "alice", OTHER)));
}

#[test]
fn a_file_that_makes_sense_half_written_drops_no_key() {
    let folder = Folder::with(&[key("alice", SECRET), key("bob", SECRET)].concat());
    let loader = folder.unwatched();
    // Cut off behind the first of the two keys, it is a whole file of one.
    folder.write("keys.toml", &key("alice", OTHER));
    loader.store.poll();
    assert!(accepts(&loader, "alice", SECRET) && accepts(&loader, "bob", SECRET));
    folder.write("keys.toml", &[key("alice", OTHER), key("bob", OTHER)].concat());
    loader.store.poll();
    assert!(accepts(&loader, "alice", SECRET) && accepts(&loader, "bob", SECRET));
    loader.store.poll();
    assert!(accepts(&loader, "alice", OTHER) && accepts(&loader, "bob", OTHER));
}

#[test]
fn a_change_that_was_taken_back_before_the_next_look_is_none() {
    let folder = Folder::with(&key("alice", SECRET));
    let loader = folder.unwatched();
    for text in [key("alice", OTHER), key("alice", SECRET), key("alice", OTHER), key("alice", SECRET)] {
        folder.write("keys.toml", &text);
        loader.store.poll();
        assert!(accepts(&loader, "alice", SECRET));
    }
    assert_eq!(told(), [""; 0]);
}

#[test]
fn a_breakage_that_stays_is_told_once_and_mended_when_it_is_gone() {
    let folder = Folder::with("[[key]]\nid = 'alice'\nalgorithm = 'hmac-sha256'\nsecret_file = 'alice.secret'\n");
    folder.write("alice.secret", SECRET);
    let loader = folder.unwatched();
    fs::remove_file(folder.path("alice.secret")).unwrap();
    (0..5).for_each(|_| loader.store.poll());
    let path = folder.path("alice.secret").display().to_string();
    assert_eq!(told(), [format!("ERROR line 4: {path}: No such file or directory (os error 2)")]);
    assert!(accepts(&loader, "alice", SECRET));
    folder.write("alice.secret", OTHER);
    (0..5).for_each(|_| loader.store.poll());
    assert_eq!(told(), ["INFO 1"]);
    assert!(accepts(&loader, "alice", OTHER));
}

#[test]
fn the_thread_ends_with_the_last_handle() {
    let folder = Folder::with(&key("alice", SECRET));
    for interval in [INTERVAL, Duration::from_secs(3600)] {
        let loader = folder.unwatched();
        let watcher = store::watch(&loader.store, interval).unwrap();
        let other = loader.clone();
        drop(loader);
        std::thread::sleep(INTERVAL);
        assert!(!watcher.is_finished());
        drop(other);
        assert!(wait(|| watcher.is_finished()), "{interval:?}");
    }
}

#[test]
fn an_interval_of_nothing_is_one_that_leaves_time_for_others() {
    let folder = Folder::with(&key("alice", SECRET));
    let loader = KeyFileLoader::open_with_interval(folder.keys(), Duration::ZERO).unwrap();
    folder.write("keys.toml", &key("alice", OTHER));
    assert!(wait(|| accepts(&loader, "alice", OTHER)));
}

#[test]
fn without_watching_nothing_changes_by_itself() {
    let folder = Folder::with(&key("alice", SECRET));
    let loader = folder.unwatched();
    folder.write("keys.toml", &key("alice", OTHER));
    pause();
    assert!(accepts(&loader, "alice", SECRET));
}
