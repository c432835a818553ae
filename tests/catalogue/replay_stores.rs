//! Replays to servers that share a store, and to stores that are full or do not answer.

use std::{
    future::pending,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use countersign::{Acceptance, MemoryReplayStore, ReplayStore, Reserved, Ticket, UnixTime};
use countersign_actix::ReplayProtection;

use super::{
    instance::{Clock, Instance, Outcome, accepted, memory, refused, request, unavailable},
    served::panic_quietly,
};

pub fn second_instance() {
    let clock = Clock::new();
    let store = memory();
    let [one, two] = [(); 2].map(|()| Instance::start(&clock, store.clone()));
    let (first, second) = (request(clock.now()), request(clock.now()));
    assert_eq!([one.send_one(&first), two.send_one(&first)], [accepted(), refused("replayed")]);
    assert_eq!([two.send_one(&second), one.send_one(&second)], [accepted(), refused("replayed")]);
    assert_eq!((one.calls(), two.calls()), (1, 1));
    // A memory of its own is what it takes for one to know nothing of the other.
    let apart = Instance::start(&clock, memory());
    assert_eq!(apart.send_one(&first), accepted());
}

/// With a key, and more requests than there is room for.
pub fn flood() {
    const ROOM: usize = 500;
    let clock = Clock::new();
    let store = MemoryReplayStore::new(ROOM, clock.now());
    let server = Instance::start(&clock, store.clone());
    let old = request(clock.now());
    assert_eq!(server.send_one(&old), accepted());
    let fresh = |count: usize| (0..count).map(|_| request(clock.now())).collect::<Vec<_>>();
    let others = fresh(ROOM - 1);
    assert_eq!(server.send(&others), vec![accepted(); ROOM - 1]);
    for second in [0, 100, 300] {
        clock.set(second);
        assert_eq!(server.send(&fresh(50)), vec![unavailable(); 50], "second {second}");
        assert_eq!(server.send_one(&old), refused("replayed"), "second {second}");
        assert_eq!(server.send(&others), vec![refused("replayed"); ROOM - 1], "second {second}");
    }
    assert_eq!((server.calls(), store.len()), (ROOM, ROOM));
    // Once all of it is too old there is room, and still none for what was accepted.
    clock.set(301);
    assert_eq!(server.send(&fresh(50)), vec![accepted(); 50]);
    assert_eq!(server.send_one(&old), refused("too-old"));
}

/// Nothing is looked up whose signature does not hold.
pub fn wrong_signatures() {
    const EACH: usize = 100;
    const TIMES: usize = 100;
    let clock = Clock::new();
    let store = MemoryReplayStore::new(10, clock.now());
    let server = Instance::start(&clock, store.clone());
    let seen = request(clock.now());
    assert_eq!(server.send_one(&seen), accepted());
    for _ in 0..TIMES {
        let wrong = (0..EACH).map(|_| {
            let message = request(clock.now());
            let mut bytes = message.signature_bytes();
            bytes[0] ^= 1;
            message.with_signature_bytes(&bytes)
        });
        let wrong: Vec<_> = wrong.collect();
        assert_eq!(server.send(&wrong), vec![refused("signature-mismatch"); EACH]);
    }
    assert_eq!((store.len(), server.calls()), (1, 1));
    assert_eq!(server.send_one(&seen), refused("replayed"));
    assert_eq!(server.send_one(&request(clock.now())), accepted());
}

/// What a scripted store does when it is asked.
#[derive(Clone, Copy, Debug)]
enum Mood {
    Well,
    Down,
    Hanging,
    Panicking,
    Says(Reserved),
}

#[derive(Clone)]
struct Scripted {
    mood: Arc<Mutex<Mood>>,
    memory: MemoryReplayStore,
}

impl Scripted {
    fn new() -> Self {
        Self { mood: Arc::new(Mutex::new(Mood::Well)), memory: memory() }
    }

    fn be(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }
}

impl ReplayStore for Scripted {
    type Error = Box<dyn std::error::Error + Send + Sync>;

    async fn reserve(&self, acceptance: Acceptance, now: UnixTime) -> Result<Reserved, Self::Error> {
        let mood = *self.mood.lock().unwrap();
        match mood {
            Mood::Well => Ok(self.memory.reserve(acceptance, now).await?),
            Mood::Down => Err("connection refused".into()),
            Mood::Hanging => pending().await,
            Mood::Panicking => panic_quietly(),
            Mood::Says(reserved) => Ok(reserved),
        }
    }

    async fn commit(&self, _: Acceptance, _: Ticket, _: UnixTime) -> Result<(), Self::Error> {
        Ok(())
    }

    async fn release(&self, _: Acceptance, _: Ticket) -> Result<(), Self::Error> {
        Ok(())
    }
}

/// How long a store may take here.
const DEADLINE: Duration = Duration::from_millis(50);

/// In this mood nothing is accepted, and before and behind it everything is once.
fn holds_in(mood: Mood, expected: Outcome) -> Duration {
    let (clock, store) = (Clock::new(), Scripted::new());
    let server = Instance::protected(1, &clock, ReplayProtection::new(store.clone()).deadline(DEADLINE));
    let [seen, other] = [(); 2].map(|()| request(clock.now()));
    assert_eq!(server.send_one(&seen), accepted());
    store.be(mood);
    let start = Instant::now();
    let both = [server.send_one(&seen), server.send_one(&other)];
    let took = start.elapsed() / 2;
    assert_eq!(both, [expected.clone(), expected], "{mood:?}");
    assert_eq!(server.calls(), 1, "{mood:?}");
    store.be(Mood::Well);
    assert_eq!([server.send_one(&seen), server.send_one(&other)], [refused("replayed"), accepted()], "{mood:?}");
    took
}

/// In this mood everything is accepted by the name that says so, and counted.
fn lets_through_in(mood: Mood) {
    let (clock, store) = (Clock::new(), Scripted::new());
    let open = ReplayProtection::new(store.clone()).deadline(DEADLINE).dangerous_failing_open();
    let server = Instance::protected(1, &clock, open.clone());
    let [seen, other] = [(); 2].map(|()| request(clock.now()));
    assert_eq!([server.send_one(&seen), server.send_one(&seen)], [accepted(), refused("replayed")]);
    store.be(mood);
    assert_eq!(server.statuses(&[seen.clone(), other]), [200, 200], "{mood:?}");
    assert_eq!((open.let_through(), server.calls()), (2, 3), "{mood:?}");
    store.be(Mood::Well);
    assert_eq!(server.send_one(&seen), refused("replayed"), "{mood:?}");
    assert_eq!(open.let_through(), 2, "{mood:?}");
}

pub fn down() {
    holds_in(Mood::Down, unavailable());
    lets_through_in(Mood::Down);
}

pub fn hanging() {
    let took = holds_in(Mood::Hanging, unavailable());
    // How late a busy machine is with it is not the server's.
    assert!(took >= DEADLINE && took < DEADLINE * 20, "{took:?}");
    lets_through_in(Mood::Hanging);
}

pub fn nonsense() {
    holds_in(Mood::Panicking, unavailable());
    lets_through_in(Mood::Panicking);
    // Of a request nobody is to say how it ended.
    holds_in(Mood::Says(Reserved::UnderWay), refused("replayed"));
    holds_in(Mood::Says(Reserved::Seen), refused("replayed"));
    holds_in(Mood::Says(Reserved::Forgotten), refused("before-memory"));
}
