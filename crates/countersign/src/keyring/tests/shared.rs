//! A ring that is changed while others read it.

use std::{
    error::Error,
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use super::*;
use crate::{
    cavage::Cavage, error::SignError, policy::Policy, request::Request, ring_signer::RingSigner, verifier::Verifier,
};

/// Remembers what it was to keep, and fails while it is told to.
#[derive(Clone, Default)]
struct Notes {
    lines: Arc<Mutex<Vec<String>>>,
    fails: Arc<AtomicBool>,
}

impl RingKeeper for Notes {
    fn keep(&self, before: &KeyRing, after: &KeyRing) -> Result<(), Box<dyn Error + Send + Sync>> {
        if self.fails.load(Ordering::SeqCst) {
            return Err(io::Error::other("the disk is full").into());
        }
        self.lines.lock().unwrap().push(format!("{} -> {}", shown(before), shown(after)));
        Ok(())
    }
}

#[test]
fn a_snapshot_stays_what_it_is_and_all_clones_are_one_ring() {
    let ring = SharedKeyRing::new(ring_of_all(RingPolicy::default()));
    let (before, clone) = (ring.snapshot(), ring.clone());
    ring.update(|ring| ring.dispose(&id("a"))).unwrap();
    assert_eq!(before.key(&id("a")).unwrap().state(), KeyState::Active);
    assert_eq!(clone.snapshot().key(&id("a")).unwrap().state(), KeyState::Disposed);
}

#[test]
fn a_change_is_made_as_a_whole_or_not_at_all() {
    let ring = SharedKeyRing::new(ring_of_all(RingPolicy::default()));
    let before = shown(&ring.snapshot());
    let refused = ring.update(|ring| {
        ring.dispose(&id("a"))?;
        ring.restore(&id("c"))
    });
    assert!(matches!(refused, Err(UpdateError::Refused(RingError::Compromised(_)))), "{refused:?}");
    assert_eq!(shown(&ring.snapshot()), before);
}

#[test]
fn what_cannot_be_kept_does_not_happen() {
    let notes = Notes::default();
    let ring = SharedKeyRing::kept_by(KeyRing::new(RingPolicy::default()), notes.clone());
    ring.update(|ring| ring.add_pending(key("a", 0))).unwrap();
    notes.fails.store(true, Ordering::SeqCst);
    let failed = ring.update(|ring| ring.activate(&id("a"), NOW));
    assert!(matches!(&failed, Err(UpdateError::NotKept(_))), "{failed:?}");
    assert_eq!(failed.unwrap_err().to_string(), "the changed ring cannot be kept: the disk is full");
    assert_eq!(shown(&ring.snapshot()), "a:pending");
    notes.fails.store(false, Ordering::SeqCst);
    ring.update(|ring| ring.activate(&id("a"), NOW)).unwrap();
    // What is refused is not kept either.
    ring.update(|ring| ring.activate(&id("a"), NOW)).unwrap_err();
    assert_eq!(*notes.lines.lock().unwrap(), [" -> a:pending", "a:pending -> a:active"]);
}

type Change = fn(&mut KeyRing) -> Result<(), RingError>;

#[test]
fn what_narrows_is_in_force_though_it_cannot_be_kept() {
    let notes = Notes::default();
    notes.fails.store(true, Ordering::SeqCst);
    let all = "p:pending a:active r:retiring d:disposed c:compromised";
    let cases: [(Change, &str); 11] = [
        (|ring| ring.dispose_compromised(&id("a")), "p:pending a:compromised r:retiring d:disposed c:compromised"),
        (|ring| ring.dispose(&id("p")), "p:disposed a:active r:retiring d:disposed c:compromised"),
        (|ring| ring.retire(&id("a"), DAY, NOW), "p:pending a:retiring r:retiring d:disposed c:compromised"),
        (|ring| ring.dispose_compromised(&id("d")), "p:pending a:active r:retiring d:compromised c:compromised"),
        // It stays for the purge that can be kept.
        (|ring| ring.purge(&id("d")), all),
        (
            |ring| {
                ring.dispose(&id("a"))?;
                ring.purge(&id("a"))
            },
            "p:pending a:compromised r:retiring d:disposed c:compromised",
        ),
        // What does anything else as well does not happen at all.
        (
            |ring| {
                ring.dispose(&id("a"))?;
                ring.activate(&id("p"), NOW)
            },
            all,
        ),
        (
            |ring| {
                ring.dispose(&id("a"))?;
                ring.restore(&id("a"))
            },
            all,
        ),
        (|ring| ring.restore(&id("d")), all),
        (
            |ring| {
                ring.dispose(&id("a"))?;
                ring.add_pending(key("n", 9))
            },
            all,
        ),
        (
            |ring| {
                let keys = ring.keys().iter().map(|known| key(known.id().as_str(), 0).in_state(KeyState::Disposed));
                *ring = KeyRing::with_keys(RingPolicy::default(), keys.collect::<Vec<_>>())?;
                Ok(())
            },
            all,
        ),
    ];
    for (change, expected) in cases {
        let ring = SharedKeyRing::kept_by(ring_of_all(RingPolicy::default()), notes.clone());
        let failed = ring.update(change);
        assert!(matches!(&failed, Err(UpdateError::NotKept(_))), "{failed:?}");
        assert_eq!(shown(&ring.snapshot()), expected);
    }
}

#[test]
fn a_retiring_key_that_cannot_be_kept_ends_no_later_than_before() {
    let notes = Notes::default();
    notes.fails.store(true, Ordering::SeqCst);
    for (until, expected) in [(later(60), later(60)), (later(90_000), later(86_400))] {
        let ring = SharedKeyRing::kept_by(ring_of_all(RingPolicy::default()), notes.clone());
        let change = |ring: &mut KeyRing| {
            let keys = ring.keys().iter().cloned().map(|key| match key.state() {
                KeyState::Retiring { .. } => key.in_state(KeyState::Retiring { until }),
                _ => key,
            });
            *ring = KeyRing::with_keys(ring.policy().clone(), keys.collect::<Vec<_>>())?;
            Ok(())
        };
        assert!(matches!(ring.update(change), Err(UpdateError::NotKept(_))));
        assert_eq!(ring.snapshot().key(&id("r")).unwrap().state(), KeyState::Retiring { until: expected });
    }
}

#[test]
fn a_change_that_panics_changes_nothing_and_the_ring_goes_on() {
    let ring = SharedKeyRing::new(ring_of_all(RingPolicy::default()));
    let before = shown(&ring.snapshot());
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        ring.update(|ring| {
            ring.dispose(&id("a"))?;
            assert!(ring.keys().is_empty(), "half-way");
            Ok(())
        })
    }));
    assert!(panicked.is_err());
    assert_eq!(shown(&ring.snapshot()), before);
    ring.update(|ring| ring.dispose(&id("a"))).unwrap();
    assert_eq!(ring.snapshot().key(&id("a")).unwrap().state(), KeyState::Disposed);
}

#[test]
fn the_secret_of_a_purged_key_is_gone_with_the_last_who_holds_it() {
    let signing = Arc::new(SigningKey::hmac_sha256("a", &secret("a")).unwrap());
    let weak = Arc::downgrade(&signing);
    let ring = SharedKeyRing::new(KeyRing::new(RingPolicy::default()));
    let key = RingKey::new(signing, NOW).unwrap();
    ring.update(|ring| ring.add_active(key, NOW)).unwrap();
    let signer = RingSigner::new(Cavage::new(), &ring, NOW).unwrap();
    signer.signer(NOW).unwrap();
    ring.update(|ring| ring.dispose(&id("a"))).unwrap();
    assert!(weak.upgrade().is_some(), "it may be restored");
    ring.update(|ring| ring.purge(&id("a"))).unwrap();
    assert_eq!(signer.signer(NOW).err(), Some(SignError::NoKey));
    assert!(weak.upgrade().is_none());
}

/// Signs with the keys of the moment and verifies with the keys of a later one, over and over, until told to stop.
fn exchange(signer: &RingSigner, ring: &SharedKeyRing, stop: &AtomicBool) -> usize {
    let verifier = Verifier::new(Cavage::new(), Policy::default());
    let mut exchanged = 0_usize;
    while !stop.load(Ordering::SeqCst) || exchanged == 0 {
        let mut fields = vec![("host".to_owned(), b"api.example".to_vec())];
        let parts = signer.signer(NOW).unwrap().sign(&Request::new("GET", "/", &fields).with_body(b""), NOW).unwrap();
        fields.extend(parts.fields.into_iter().map(|field| (field.name.to_string(), field.value)));
        let unverified = verifier.begin(&Request::new("GET", "/", &fields), NOW).unwrap();
        let claimed = unverified.key_id().unwrap().clone();
        let keys = ring.snapshot().verifying(NOW, Some(&claimed));
        let verified = unverified.verify(keys.keys(), b"").unwrap();
        assert_eq!(keys.matched(verified.key_index()).unwrap().id, claimed);
        exchanged = exchanged.saturating_add(1);
    }
    exchanged
}

#[test]
fn keys_are_rotated_while_others_sign_and_verify_and_no_request_is_lost() {
    let policy = RingPolicy::default().max_active(1).on_activate(OnActivate::RetireOld(DAY));
    let ring = SharedKeyRing::new(KeyRing::new(policy));
    ring.update(|ring| ring.add_active(key("0", 0), NOW)).unwrap();
    let signer = RingSigner::new(Cavage::new(), &ring, NOW).unwrap();
    let stop = AtomicBool::new(false);
    let exchanged: usize = thread::scope(|scope| {
        let threads: Vec<_> = (0..3).map(|_| scope.spawn(|| exchange(&signer, &ring, &stop))).collect();
        for rotation in 1..200 {
            let text = rotation.to_string();
            ring.update(|ring| {
                ring.add_pending(key(&text, rotation))?;
                ring.activate(&id(&text), NOW)
            })
            .unwrap();
        }
        stop.store(true, Ordering::SeqCst);
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert!(exchanged >= 3);
    let ring = ring.snapshot();
    assert_eq!((ring.keys().len(), ring.signing(NOW).len()), (200, 1));
    assert_eq!(ring.signing(NOW)[0].metadata().id, id("199"));
}
