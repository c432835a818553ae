//! A store that is asked, and what the tests ask it.

mod answers;
mod flight;
mod forgetting;
mod limits;

use std::{
    future::ready,
    io,
    sync::{
        LazyLock, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use countersign::{Cavage, Policy, Request, Secret, UnixTime, Verifier, VerifyingKey};
use futures::{
    channel::oneshot,
    executor::block_on,
    future::{BoxFuture, join_all},
    poll,
};

use super::*;

type Found = Option<Credential<&'static str>>;

static VERIFIER: LazyLock<Verifier> =
    LazyLock::new(|| Verifier::new(Cavage::new(), Policy::dangerous_requiring_nothing()));

/// What a request claims that is signed by `id`.
fn claim_to(id: &str, host: &str, target: &str) -> Claim {
    let signature = format!(r#"keyId="{id}",headers="host",signature="AAAA""#);
    let fields = [("host", host), ("signature", &signature)];
    let request = Request::new("GET", target, &fields);
    Claim::new(&VERIFIER.begin(&request, UnixTime::from_secs(0)).unwrap(), &request)
}

fn claim(id: &str) -> Claim {
    claim_to(id, "api.example", "/orders")
}

fn id(id: &str) -> KeyId {
    id.parse().unwrap()
}

fn credential(caller: &'static str) -> Credential<&'static str> {
    let secret = Secret::new("correct horse battery staple").unwrap();
    Credential::new(VerifyingKey::hmac_sha256(&secret), caller)
}

type Step = BoxFuture<'static, io::Result<Found>>;

/// A store that is asked for one answer after the other, and keeps what it was asked.
#[derive(Clone, Default)]
struct Store {
    asked: Arc<Mutex<Vec<Claim>>>,
    steps: Arc<Mutex<Vec<Step>>>,
}

impl Store {
    /// Gives these answers in turn, and knows `"alice"` alone once they are used up.
    fn answering(steps: impl IntoIterator<Item = Step>) -> Self {
        let steps: Vec<_> = steps.into_iter().collect();
        Self { steps: Arc::new(Mutex::new(steps.into_iter().rev().collect())), ..Self::default() }
    }

    fn loads(&self) -> usize {
        self.asked.lock().unwrap().len()
    }

    fn cached(&self) -> CachedKeys<Self> {
        CachedKeys::new(self.clone())
    }
}

impl KeyLoader for Store {
    type Caller = &'static str;
    type Error = io::Error;

    async fn load(&self, claim: Claim) -> io::Result<Found> {
        let known = claim.key_id().is_some_and(|id| id.as_str().starts_with("alice"));
        self.asked.lock().unwrap().push(claim);
        let step = self.steps.lock().unwrap().pop();
        match step {
            Some(step) => step.await,
            None => Ok(known.then(|| credential("Alice"))),
        }
    }
}

fn at_once(answer: io::Result<Found>) -> Step {
    Box::pin(ready(answer))
}

/// An answer that comes when it is sent.
fn later() -> (oneshot::Sender<io::Result<Found>>, Step) {
    let (sender, answer) = oneshot::channel();
    (sender, Box::pin(async { answer.await.unwrap() }))
}

fn caller(answer: Result<Found, LoadError>) -> Option<&'static str> {
    answer.unwrap().map(|credential| credential.caller)
}

async fn load(keys: &CachedKeys<Store>, id: &str) -> Option<&'static str> {
    caller(keys.load(claim(id)).await)
}
