//! Replays to a server whose clock moves, or that was started again.

use countersign::{MemoryReplayStore, UnixTime};

use super::{
    in_process::signer,
    instance::{Clock, Instance, START, accepted, at, memory, refused, request},
    lab::coverage,
    message::Message,
    subject::{REQUEST_ID, new_id},
};

/// A clock that steps back finds again what it has seen, and lets nothing pass that it cannot know of.
pub fn clock_steps_back() {
    let clock = Clock::new();
    let server = Instance::start(&clock, memory());
    let seen = request(clock.now());
    assert_eq!(server.send_one(&seen), accepted());
    clock.set(-600);
    assert_eq!(server.send_one(&seen), refused("in-future"));
    clock.set(5);
    assert_eq!(server.send_one(&seen), refused("replayed"));

    // Whatever comes late enough drives it out of the memory.
    let later = request(clock.set(400));
    assert_eq!(server.send(&[later.clone(), seen.clone()]), [accepted(), refused("too-old")]);
    clock.set(5);
    assert_eq!(server.send_one(&seen), refused("before-memory"));
    // Ten minutes back, where it was never seen: what was signed there is from before what is remembered by now.
    let early = request(clock.set(-200));
    assert_eq!(server.send_one(&early), refused("before-memory"));
    assert_eq!(server.calls(), 2);
}

/// What was signed before a server started is refused, since nobody knows whether it was accepted.
pub fn restart() {
    let clock = Clock::new();
    let seen = request(clock.now());
    let before = Instance::start(&clock, memory());
    assert_eq!(before.send_one(&seen), accepted());
    drop(before);
    clock.set(20);
    let after = Instance::start(&clock, MemoryReplayStore::new(100, at(10)));
    assert_eq!(after.send_one(&seen), refused("before-memory"));
    let new = request(clock.now());
    assert_eq!(after.send(&[new.clone(), new]), [accepted(), refused("replayed")]);
    assert_eq!(after.calls(), 1);
}

/// Signed ahead of the server's clock, by less than the skew.
fn ahead(created: UnixTime) -> Message {
    let message = Message::new("GET", "/a").field("Host", "api.example").field("X-Request-Id", new_id());
    message.sign(&signer().covering(coverage(&["(request-target)", "host", "(created)", REQUEST_ID])), created)
}

/// At each second of its life, while other requests have the memory forget what it may.
pub fn forgotten_early() {
    for dated in [false, true] {
        let clock = Clock::new();
        let server = Instance::start(&clock, memory());
        let created = UnixTime::from_secs(START + 29);
        let message = if dated { request(created) } else { ahead(created) };
        for second in 0..=340 {
            let other = request(clock.set(second));
            let expected = match second {
                0 => accepted(),
                1..=329 => refused("replayed"),
                _ => refused("too-old"),
            };
            assert_eq!(server.send(&[other, message.clone()]), [accepted(), expected], "{dated}, second {second}");
        }
        assert_eq!(server.calls(), 341 + 1);
    }
}
