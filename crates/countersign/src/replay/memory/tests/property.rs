//! The store against a model of a few lines, in random sequences of calls whose clock also steps back.

use std::{collections::BTreeMap, time::Duration};

use proptest::{collection::vec, prelude::*};

use super::{Acceptance, MemoryReplayStore, Reserved, Ticket, at, numbered};

#[derive(Clone, Debug)]
enum Call {
    Reserve {
        number: u64,
        signed_at: Option<u64>,
        lasts: u64,
        lease: Option<u64>,
    },
    /// Of one of those that were reserved, by its place.
    Commit(usize),
    Release(usize),
}

#[derive(Clone, Copy, Debug)]
struct Held {
    until: u64,
    /// The last second of the lease, and whose it is.
    lease: Option<(u64, Ticket)>,
}

impl Held {
    fn is_over(self, now: u64) -> bool {
        self.until.max(self.lease.map_or(0, |(last, _)| last)) < now
    }
}

#[derive(Debug)]
struct Model {
    capacity: usize,
    begins: u64,
    latest: u64,
    held: BTreeMap<u64, Held>,
}

impl Model {
    fn is_full(&self) -> bool {
        self.counted() >= self.capacity
    }

    fn counted(&self) -> usize {
        self.held.values().filter(|held| !held.is_over(self.latest)).count()
    }

    /// Whether the store's answer is right; what it says is then taken in.
    fn reserve(&mut self, number: u64, asked: &Acceptance, now: u64, answer: Option<Reserved>) -> bool {
        self.latest = self.latest.max(now);
        let (latest, until) = (self.latest, asked.until.as_secs());
        let lease = asked.lease.map(|lease| latest.saturating_add(lease.as_secs()));
        if asked.signed_at.is_some_and(|signed_at| signed_at.as_secs() < self.begins) || until < latest {
            return answer == Some(Reserved::Forgotten);
        }
        let is_full = self.is_full();
        if let Some(held) = self.held.get_mut(&number) {
            match (held.lease, answer) {
                (None, Some(Reserved::Seen)) => {
                    held.until = held.until.max(until);
                    return true;
                }
                // Whether it was purged already is nobody's to know.
                (None, _) if !held.is_over(latest) => return false,
                (Some((last, _)), _) if last >= latest => {
                    held.until = held.until.max(until);
                    return answer == Some(Reserved::UnderWay);
                }
                (Some(_), Some(Reserved::New(ticket))) => {
                    *held = Held { until: held.until.max(until), lease: lease.map(|last| (last, ticket)) };
                    return true;
                }
                _ => {}
            }
        }
        match answer {
            None => is_full,
            Some(Reserved::New(ticket)) if !is_full => {
                self.held.insert(number, Held { until, lease: lease.map(|last| (last, ticket)) });
                true
            }
            _ => false,
        }
    }

    fn commit(&mut self, number: u64, asked: &Acceptance, now: u64, is_ok: bool) -> bool {
        self.latest = self.latest.max(now);
        let (is_full, until) = (self.is_full(), asked.until.as_secs());
        let held = self.held.get(&number).filter(|held| !held.is_over(self.latest));
        match held.map(|held| held.until) {
            None if until < self.latest => is_ok,
            None if is_full => !is_ok,
            earlier => {
                self.held.insert(number, Held { until: until.max(earlier.unwrap_or_default()), lease: None });
                is_ok
            }
        }
    }

    fn release(&mut self, number: u64, ticket: Ticket) {
        if self.held.get(&number).and_then(|held| held.lease).is_some_and(|(_, whose)| whose == ticket) {
            self.held.remove(&number);
        }
    }
}

fn call() -> impl Strategy<Value = Call> {
    let reserve = (0_u64..6, prop::option::weighted(0.5, 95_u64..130), 0_u64..25, prop::option::of(0_u64..12));
    prop_oneof![
        4 => reserve.prop_map(|(number, signed_at, lasts, lease)| Call::Reserve { number, signed_at, lasts, lease }),
        1 => any::<usize>().prop_map(Call::Commit),
        1 => any::<usize>().prop_map(Call::Release),
    ]
}

/// Seconds that pass before a call; now and then the clock steps back.
fn step() -> impl Strategy<Value = i64> {
    prop_oneof![4 => 0_i64..3, 1 => 5_i64..20, 1 => -30_i64..0]
}

type Granted = (u64, Acceptance, Ticket);

fn chosen(reserved: &[Granted], place: usize) -> Option<Granted> {
    place.checked_rem(reserved.len()).map(|at| reserved[at])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_024, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_store_answers_as_the_model_does(calls in vec((step(), call()), 1..60), capacity in 0_usize..6) {
        let store = MemoryReplayStore::new(capacity, at(100));
        let mut model = Model { capacity, begins: 100, latest: 100, held: BTreeMap::new() };
        let (mut now, mut reserved) = (100_u64, Vec::new());
        for (step, call) in calls {
            now = now.saturating_add_signed(step);
            match call {
                Call::Reserve { number, signed_at, lasts, lease } => {
                    let asked = Acceptance::new(numbered(number), signed_at.map(at), at(now.saturating_add(lasts)));
                    let asked = Acceptance { lease: lease.map(Duration::from_secs), ..asked };
                    let answer = store.0.reserve(&asked, at(now)).ok();
                    prop_assert!(model.reserve(number, &asked, now, answer), "{asked:?} at {now}: {answer:?}, {model:?}");
                    if let Some(Reserved::New(ticket)) = answer {
                        prop_assert!(reserved.iter().all(|(other, _, had)| *other != number || *had != ticket));
                        reserved.push((number, asked, ticket));
                    }
                }
                Call::Commit(place) => {
                    if let Some((number, asked, _)) = chosen(&reserved, place) {
                        let is_ok = store.0.commit(&asked, at(now)).is_ok();
                        prop_assert!(model.commit(number, &asked, now, is_ok), "{asked:?} at {now}: {is_ok}, {model:?}");
                    }
                }
                Call::Release(place) => {
                    if let Some((number, asked, ticket)) = chosen(&reserved, place) {
                        store.0.release(&asked, ticket);
                        model.release(number, ticket);
                    }
                }
            }
            prop_assert!(model.counted() <= store.len() && store.len() <= capacity, "{store:?}, {model:?}");
        }
    }
}
