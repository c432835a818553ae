//! What concerns a cache of keys, in process and by its loads.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use actix_web::rt::{System, time::sleep};
use countersign::{
    Cavage, Claim, Credential, KeyId, KeyLoader, Policy, Request, Secret, Signer, SigningKey, Verifier, VerifyingKey,
};
use countersign_cache::CachedKeys;
use futures::future::join_all;

use super::{case::Row, in_process::NOW, message::Message};

pub const ROWS: &[Row] = &[
    Row::lib("A46", "A key revoked or rotated", revoked_or_rotated),
    Row::lib("A149", "A flood of unknown key ids", unknown_flood)
        .but("an id that was never asked for is one load: how many of them a second is the server's own to limit"),
    Row::lib("A150", "A stampede on a cold cache", stampede),
    Row::not_tried("A151", "A slow loader", "how long others take meanwhile is a measurement under load"),
    Row::lib("A153", "Loading again on every failure", bad_signatures),
    Row::lib("A154", "Stale after a revocation", invalidated),
    Row::lib("A158", "Tenants mixed up", two_tenants),
];

const OLD: &str = "correct horse battery staple";
const NEW: &str = "incorrect horse battery staple";

/// How long keys are remembered here.
const TIME: Duration = Duration::from_millis(60);

/// The secrets of each id, which may change, and how often they were asked for.
#[derive(Clone, Default)]
struct Store {
    secrets: Arc<Mutex<BTreeMap<String, Vec<&'static str>>>>,
    loads: Arc<AtomicUsize>,
}

impl Store {
    fn with(id: &str, secrets: &[&'static str]) -> Self {
        let store = Self::default();
        store.set(id, secrets);
        store
    }

    fn set(&self, id: &str, secrets: &[&'static str]) {
        self.secrets.lock().unwrap().insert(id.to_owned(), secrets.to_vec());
    }

    fn loads(&self) -> usize {
        self.loads.load(Ordering::SeqCst)
    }

    /// A loader that takes so long. Where the claim tells its authority, that is part of the id.
    fn loader(&self, takes: Duration) -> impl KeyLoader<Caller = ()> + use<> {
        let store = self.clone();
        move |claim: Claim| {
            store.loads.fetch_add(1, Ordering::SeqCst);
            let id = claim.key_id().map(KeyId::as_str).unwrap_or_default();
            let id = claim.authority().map_or_else(|| id.to_owned(), |authority| format!("{id}@{authority}"));
            let secrets = store.secrets.lock().unwrap().get(&id).cloned();
            let key = |text: &&str| VerifyingKey::hmac_sha256(&Secret::new(*text).unwrap());
            let found = secrets.filter(|secrets| !secrets.is_empty());
            let found = found.map(|secrets| Credential::with_keys(secrets.iter().map(key).collect(), ()));
            async move {
                if !takes.is_zero() {
                    sleep(takes).await;
                }
                Ok::<_, Infallible>(found)
            }
        }
    }
}

fn signed(id: &str, host: &str, secret: &str) -> Message {
    let key = SigningKey::hmac_sha256(id, &Secret::new(secret).unwrap()).unwrap();
    Message::new("GET", "/a").field("Host", host).sign(&Signer::new(Cavage::new(), key), NOW)
}

/// Whether a request of alice's with this secret is accepted with the keys that are loaded.
async fn accepts<L: KeyLoader>(keys: &L, message: &Message) -> bool {
    let request = Request::new("GET", "/a", &message.fields);
    let unverified = Verifier::new(Cavage::new(), Policy::default()).begin(&request, NOW).unwrap();
    let found = keys.load(Claim::new(&unverified, &request)).await.map_err(Into::into).unwrap();
    found.is_some_and(|found| unverified.verify(&found.keys, b"").is_ok())
}

fn alice(secret: &str) -> Message {
    signed("alice", "api.example", secret)
}

fn revoked_or_rotated() {
    System::new().block_on(async {
        let store = Store::with("alice", &[OLD]);
        let keys = CachedKeys::new(store.loader(Duration::ZERO)).time_to_live(TIME).unknown_time_to_live(TIME);
        assert!(accepts(&keys, &alice(OLD)).await);
        // While both are there, both are accepted; then the new one alone.
        for (secrets, old, new) in [(&[OLD, NEW][..], true, true), (&[NEW], false, true), (&[], false, false)] {
            store.set("alice", secrets);
            sleep(TIME * 2).await;
            assert_eq!(accepts(&keys, &alice(OLD)).await, old, "{secrets:?}");
            assert_eq!(accepts(&keys, &alice(NEW)).await, new, "{secrets:?}");
        }
    });
}

fn unknown_flood() {
    System::new().block_on(async {
        let store = Store::with("alice", &[OLD]);
        let keys = CachedKeys::new(store.loader(Duration::ZERO)).unknown_capacity(100).capacity(100);
        assert!(accepts(&keys, &alice(OLD)).await);
        let request = alice(OLD);
        for number in 0..5_000 {
            let unknown = request.clone().resigned(|value| value.replacen("alice", &format!("m{number}"), 1));
            assert!(!accepts(&keys, &unknown).await);
        }
        assert_eq!(store.loads(), 5_001);
        // What is known was not driven out.
        assert!(accepts(&keys, &alice(OLD)).await);
        assert_eq!(store.loads(), 5_001);
    });
}

fn stampede() {
    System::new().block_on(async {
        let store = Store::with("alice", &[OLD]);
        let keys = CachedKeys::new(store.loader(Duration::from_millis(100)));
        let request = alice(OLD);
        let answers = join_all((0..1_000).map(|_| accepts(&keys, &request))).await;
        assert_eq!((answers, store.loads()), (vec![true; 1_000], 1));
    });
}

fn bad_signatures() {
    System::new().block_on(async {
        let store = Store::with("alice", &[OLD]);
        let keys = CachedKeys::new(store.loader(Duration::ZERO));
        let wrong = alice(NEW);
        for _ in 0..1_000 {
            assert!(!accepts(&keys, &wrong).await);
        }
        assert_eq!(store.loads(), 1);
    });
}

fn invalidated() {
    System::new().block_on(async {
        let store = Store::with("alice", &[OLD]);
        let keys = CachedKeys::new(store.loader(Duration::ZERO));
        assert!(accepts(&keys, &alice(OLD)).await);
        store.set("alice", &[]);
        keys.invalidate(&"alice".parse().unwrap());
        assert!(!accepts(&keys, &alice(OLD)).await);
        // Nor is it remembered for longer than it is told that an id is unknown.
        store.set("alice", &[NEW]);
        keys.invalidate(&"alice".parse().unwrap());
        assert!(accepts(&keys, &alice(NEW)).await);
    });
}

fn two_tenants() {
    System::new().block_on(async {
        let store = Store::with("alice@one.example", &[OLD]);
        store.set("alice@two.example", &[NEW]);
        let keys = CachedKeys::new(store.loader(Duration::ZERO)).per_authority();
        for _ in 0..2 {
            for (host, own, other) in [("one.example", OLD, NEW), ("two.example", NEW, OLD)] {
                assert!(accepts(&keys, &signed("alice", host, own)).await, "{host}");
                assert!(!accepts(&keys, &signed("alice", host, other)).await, "{host}");
                assert!(!accepts(&keys, &signed("alice", "three.example", own)).await, "{host}");
            }
        }
        assert_eq!(store.loads(), 3);
    });
}
