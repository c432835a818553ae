//! A folder with a key file, which is changed in all the ways in which files are.

mod breakage;
mod watching;
mod webhooks;

use std::{
    cell::RefCell,
    collections::BTreeMap,
    fs,
    path::PathBuf,
    sync::{
        Once,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

use countersign::{Cavage, Policy, Request, Secret, Signer, SigningKey, UnixTime, Verifier, VerifyError};
use futures::FutureExt;
use tracing::{Event, Subscriber, field::Field, field::Visit};
use tracing_subscriber::{Layer, layer::Context, prelude::*};

use super::*;

const NOW: UnixTime = UnixTime::from_secs(784_111_777);
const SECRET: &str = "correct horse battery staple";
const OTHER: &str = "another secret that is long";

/// A folder of its own, removed when dropped.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        PerThread::listen();
        let name = format!("countersign-keyfile-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::SeqCst));
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn with(text: &str) -> Self {
        let folder = Self::new();
        folder.write("keys.toml", text);
        folder
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn keys(&self) -> PathBuf {
        self.path("keys.toml")
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    /// As careful programs replace a file.
    fn rename_over(&self, name: &str, text: &str) {
        self.write("new", text);
        fs::rename(self.path("new"), self.path(name)).unwrap();
    }

    fn unwatched(&self) -> KeyFileLoader {
        KeyFileLoader::open_unwatched(self.keys()).unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// An HMAC key of the file.
fn key(id: &str, secret: &str) -> String {
    format!("[[key]]\nid = '{id}'\nalgorithm = 'hmac-sha256'\nsecret = '{secret}'\n")
}

/// Who the loader says it was that signed a request with this secret, and which of the keys verified it.
fn verify(loader: &KeyFileLoader, id: &str, secret: &str) -> Result<(KeyOwner, usize), VerifyError> {
    let key = SigningKey::hmac_sha256(id, &Secret::new(secret).unwrap()).unwrap();
    let mut fields = vec![("host".to_owned(), b"api.example".to_vec())];
    let parts = Signer::new(Cavage::new(), key);
    let parts = parts.sign(&Request::new("GET", "/", &fields).with_body(b""), NOW).unwrap();
    fields.extend(parts.fields.into_iter().map(|field| (field.name.to_string(), field.value)));
    let request = Request::new("GET", "/", &fields).with_body(b"");
    let unverified = Verifier::new(Cavage::new(), Policy::default()).begin(&request, NOW).unwrap();
    let answer = loader.load(Claim::new(&unverified, &request)).now_or_never().unwrap();
    let Some(found) = answer.unwrap() else { return Err(VerifyError::UnknownKey) };
    let verified = unverified.verify(&found.keys, b"")?;
    Ok((found.caller, verified.key_index()))
}

fn accepts(loader: &KeyFileLoader, id: &str, secret: &str) -> bool {
    verify(loader, id, secret).is_ok()
}

type Told = (tracing::Level, BTreeMap<String, String>);

thread_local! {
    static EVENTS: RefCell<Vec<Told>> = const { RefCell::new(Vec::new()) };
}

/// What was logged on this thread since the last call: of each event its level, and what is wrong or the number of ids.
fn told() -> Vec<String> {
    let told = |(level, mut fields): Told| {
        let what = fields.remove("error").or_else(|| fields.remove("ids"));
        format!("{level} {}", what.unwrap_or_default())
    };
    EVENTS.take().into_iter().map(told).collect()
}

/// Keeps what each thread logs. One for the whole process: what one test sees must not hang on which of them runs first.
struct PerThread;

impl PerThread {
    fn listen() {
        static ONCE: Once = Once::new();
        ONCE.call_once(|| tracing_subscriber::registry().with(Self).init());
    }
}

impl<S: Subscriber> Layer<S> for PerThread {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut fields = Fields(BTreeMap::new());
        event.record(&mut fields);
        EVENTS.with_borrow_mut(|events| events.push((*event.metadata().level(), fields.0)));
    }
}

struct Fields(BTreeMap<String, String>);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}"));
    }
}

#[test]
fn all_keys_of_an_id_verify_in_the_order_of_the_file_and_name_their_owner() {
    let named = key("alice", OTHER) + "name = 'Alice'\n";
    let folder = Folder::with(&[key("alice", SECRET), named, key("bob", OTHER)].concat());
    let loader = folder.unwatched();
    let (owner, index) = verify(&loader, "alice", OTHER).unwrap();
    assert_eq!((owner.key_id().as_str(), owner.name(), index), ("alice", Some("Alice"), 1));
    assert_eq!(verify(&loader, "alice", SECRET).unwrap().1, 0);
    assert_eq!(verify(&loader, "bob", OTHER).unwrap().0.name(), None);
    assert_eq!(verify(&loader, "bob", SECRET).unwrap_err(), VerifyError::SignatureMismatch);
    assert_eq!(verify(&loader, "carol", SECRET).unwrap_err(), VerifyError::UnknownKey);
}

#[test]
fn a_file_that_cannot_be_used_is_refused_at_the_start() {
    let folder = Folder::new();
    let path = folder.keys().display().to_string();
    let open = || KeyFileLoader::open_unwatched(folder.keys()).unwrap_err().to_string();
    assert_eq!(open(), format!("{path}: No such file or directory (os error 2)"));
    for (text, expected) in [
        ("", format!("{path}: no keys")),
        ("# none yet\n", format!("{path}: no keys")),
        ("key = []", format!("{path}: no keys")),
        ("[[key]]\nid = ", "line 2: not TOML".to_owned()),
    ] {
        folder.write("keys.toml", text);
        assert_eq!(open(), expected, "{text}");
        assert_eq!(KeyFileLoader::open(folder.keys()).unwrap_err().to_string(), expected, "{text}");
    }
    let folder_itself = KeyFileLoader::open_unwatched(&folder.0).unwrap_err().to_string();
    assert_eq!(folder_itself, format!("{}: not a file", folder.0.display()));
}

#[test]
fn the_debug_form_shows_the_path_and_no_key() {
    let folder = Folder::with(&key("alice", SECRET));
    let debug = format!("{:?}", folder.unwatched());
    assert!(debug.contains("keys.toml") && !debug.contains("alice") && !debug.contains("horse"), "{debug}");
}

#[test]
fn a_key_verifies_by_its_state_at_the_moment_at_which_it_is_asked_for() {
    let until = NOW.plus(Duration::from_secs(60));
    let retiring = key("alice", SECRET) + &format!("state = 'retiring'\nuntil = {}\n", until.as_secs());
    let pending = key("alice", OTHER) + "state = 'pending'\n";
    let disposed = key("bob", OTHER) + "state = 'disposed'\n";
    let loader = Folder::with(&[retiring, pending, disposed].concat()).unwatched();
    let (now, then) = (loader.clone().clock(|| NOW), loader.clock(move || until));
    assert_eq!(verify(&now, "alice", SECRET).unwrap().1, 0);
    assert_eq!(verify(&now, "alice", OTHER).unwrap_err(), VerifyError::SignatureMismatch);
    assert_eq!(verify(&then, "alice", SECRET).unwrap_err(), VerifyError::UnknownKey);
    assert_eq!(verify(&then.clone().accept_pending(true), "alice", OTHER).unwrap().1, 0);
    assert_eq!(verify(&then.accept_pending(true), "alice", SECRET).unwrap_err(), VerifyError::SignatureMismatch);
    assert_eq!(verify(&now.clone().accept_pending(true), "alice", OTHER).unwrap().1, 1);
    // A file of disposed keys alone is one with keys, of which none verifies.
    assert_eq!(verify(&now.accept_pending(true), "bob", OTHER).unwrap_err(), VerifyError::UnknownKey);
}
