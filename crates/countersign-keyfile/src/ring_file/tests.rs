//! A folder with a key file, whose keys are changed.

mod sharing;
mod text;
mod trouble;
mod unkept;
mod webhooks;

use countersign::{Algorithm, KeyState, OnActivate, RingPolicy};

use super::*;
use crate::kind::SourceKind;

const NOW: UnixTime = UnixTime::from_secs(1_700_000_000);

fn id(text: &str) -> KeyId {
    text.parse().unwrap()
}

fn hmac(text: &str) -> NewKey {
    NewKey::from_secret(id(text), Algorithm::HmacSha256, format!("{text} is a long secret").as_bytes())
}

/// A folder of its own, with a key file in it.
struct Folder(tempfile::TempDir);

impl Folder {
    fn with(text: &str) -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        folder.write(text);
        folder
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("keys.toml")
    }

    fn write(&self, text: &str) {
        fs::write(self.path(), text).unwrap();
    }

    fn text(&self) -> String {
        fs::read_to_string(self.path()).unwrap()
    }

    fn open(&self, policy: RingPolicy) -> KeyRingFile {
        KeyRingFile::open(self.path(), policy).unwrap()
    }
}

/// The ids and states of all keys, oldest first.
fn shown(ring: &KeyRing) -> String {
    let keys = ring.keys().iter().map(|key| format!("{}:{}", key.id(), key.state()));
    keys.collect::<Vec<_>>().join(" ")
}

#[test]
fn whatever_becomes_of_a_ring_is_found_when_the_file_is_opened_again() {
    let folder = Folder::with("");
    let policy = RingPolicy::one_at_a_time();
    let keys = folder.open(policy.clone());
    let again = |expected: &str| {
        assert_eq!(shown(&keys.ring().snapshot()), expected);
        let again = folder.open(policy.clone());
        assert_eq!(shown(&again.ring().snapshot()), expected);
        let signs = |ring: &KeyRing| ring.signing(NOW).iter().map(|key| key.metadata().clone()).collect::<Vec<_>>();
        assert_eq!(signs(&again.ring().snapshot()), signs(&keys.ring().snapshot()));
    };
    let change = |change: &dyn Fn(&mut KeyRing) -> Result<(), RingError>| keys.ring().update(change).unwrap();
    keys.add_pending(hmac("1"), NOW).unwrap();
    again("1:pending");
    change(&|ring| ring.activate(&id("1"), NOW));
    again("1:active");
    keys.add_pending(hmac("2"), NOW).unwrap();
    change(&|ring| ring.activate(&id("2"), NOW));
    again("1:disposed 2:active");
    change(&|ring| ring.restore(&id("1")));
    again("1:pending 2:active");
    change(&|ring| ring.retire(&id("2"), std::time::Duration::from_secs(60), NOW));
    again("1:pending 2:retiring");
    let retiring = KeyState::Retiring { until: UnixTime::from_secs(1_700_000_060) };
    assert_eq!(folder.open(policy.clone()).ring().snapshot().key(&id("2")).unwrap().state(), retiring);
    keys.add_active(hmac("3"), NOW).unwrap();
    again("1:pending 2:retiring 3:active");
    change(&|ring| ring.dispose_compromised(&id("2")));
    again("1:pending 2:compromised 3:active");
    change(&|ring| ring.purge(&id("2")));
    again("1:pending 3:active");
    change(&|ring| {
        ring.dispose(&id("1"))?;
        ring.purge(&id("1"))?;
        ring.dispose(&id("3"))
    });
    again("3:disposed");
}

#[test]
fn a_key_that_was_added_signs_with_the_secret_that_it_was_given() {
    let folder = Folder::with("");
    let keys = folder.open(RingPolicy::default());
    keys.add_active(hmac("from bytes"), NOW).unwrap();
    let text = "a secret \"with\" \\ and \u{1} and ü";
    keys.add_active(NewKey::from_source(id("text"), Algorithm::HmacSha512, SourceKind::Secret, text), NOW).unwrap();
    let secret = |of: &str| {
        let file = KeyFile::read(folder.path()).unwrap();
        let raw = toml::from_str::<toml::Table>(&folder.text()).unwrap();
        let place = file.entries().iter().position(|entry| entry.id().as_str() == of).unwrap();
        raw["key"][place].clone()
    };
    assert_eq!(secret("text")["secret"].as_str(), Some(text));
    assert_eq!(secret("from bytes")["secret_base64"].as_str(), Some("ZnJvbSBieXRlcyBpcyBhIGxvbmcgc2VjcmV0"));
    assert_eq!(secret("text")["algorithm"].as_str(), Some("hmac-sha512"));
}

#[test]
fn the_keys_of_one_id_are_a_ring_beside_those_of_others() {
    let bob = "[[key]]\nid = 'bob'\nalgorithm = 'hmac-sha256'\nsecret = 'correct horse battery staple'\n";
    let folder = Folder::with(&format!("{bob}\n{bob}"));
    let policy = RingPolicy::default().max_active(1).on_activate(OnActivate::DisposeOld);
    let alice = KeyRingFile::open_id(folder.path(), &id("alice"), policy.clone()).unwrap();
    for number in ["1", "2"] {
        alice.add_active(hmac("alice").called(id(number)).named("Alice"), NOW).unwrap();
    }
    let again = KeyRingFile::open_id(folder.path(), &id("alice"), policy).unwrap();
    assert_eq!(shown(&again.ring().snapshot()), "1:disposed 2:active");
    assert!(
        folder
            .text()
            .starts_with(&format!("{bob}\n{bob}\n[[key]]\nid = \"alice\"\nring_id = \"1\"\nname = \"Alice\"\n"))
    );
    // Two of bob's keys are called the same, which is nothing to alice's ring, and no ring of bob's.
    let bob = KeyRingFile::open_id(folder.path(), &id("bob"), RingPolicy::default());
    assert!(matches!(bob, Err(KeyFileError::SecondRingId { line: 6, .. })), "{bob:?}");
}

#[test]
fn a_key_that_is_none_is_refused_with_the_line_where_it_would_stand() {
    let folder = Folder::with("# none yet\n");
    let keys = folder.open(RingPolicy::default());
    let refused = |key: NewKey| keys.add_pending(key, NOW).unwrap_err().to_string();
    let short = || NewKey::from_secret(id("short"), Algorithm::HmacSha256, b"short");
    assert_eq!(refused(short()), "line 2: a secret of 5 bytes is weak: it needs dangerous = true");
    let public = NewKey::from_source(id("x"), Algorithm::HmacSha256, SourceKind::PublicKey, "PEM");
    assert_eq!(refused(public), "line 2: hmac-sha256 takes no public_key");
    assert_eq!(folder.text(), "# none yet\n");
    keys.add_pending(short().dangerous_weak(), NOW).unwrap();
    assert!(folder.text().contains("dangerous = true\n"));
    let twice = keys.add_pending(short().dangerous_weak(), NOW);
    assert!(matches!(twice, Err(KeyFileError::Ring(RingError::DuplicateId(_)))), "{twice:?}");
}

#[test]
fn neither_a_file_nor_a_new_key_shows_a_secret() {
    let folder = Folder::with("");
    let key = NewKey::from_source(id("a"), Algorithm::HmacSha256, SourceKind::Secret, "hunter2hunter2hunter2");
    assert!(!format!("{key:?}").contains("hunter2"));
    let keys = folder.open(RingPolicy::default());
    keys.add_active(key, NOW).unwrap();
    let debug = format!("{keys:?}");
    assert!(debug.contains("keys.toml") && !debug.contains("hunter2"), "{debug}");
}
