//! One load at a time for each question.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures::lock::Mutex as Turns;

/// The loads that are under way, with what is asked and who waits for the answer.
///
/// Whoever has its turn and finds no answer loads. A load is dropped with the request that makes it; the turn goes to the next one
/// then. Each waits for as long as it likes: there is no number of dropped loads after which something gives up.
pub(crate) struct Flights<K, A>(Mutex<HashMap<K, Flight<A>>>);

struct Flight<A> {
    answer: Arc<Turns<Option<A>>>,
    seats: usize,
}

/// A request's place in a load; nobody has to remember to leave it.
struct Seat<'f, K: Eq + Hash, A> {
    flights: &'f Flights<K, A>,
    key: &'f K,
    answer: Arc<Turns<Option<A>>>,
}

impl<K: Clone + Eq + Hash, A: Clone> Flights<K, A> {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(HashMap::new()))
    }

    /// The answer of the load that is under way, or else of this one.
    pub(crate) async fn join(&self, key: &K, load: impl Future<Output = A>) -> A {
        let seat = self.board(key);
        let mut answer = seat.answer.lock().await;
        if let Some(answer) = &*answer {
            return answer.clone();
        }
        let loaded = load.await;
        *answer = Some(loaded.clone());
        // It is for those who wait: whoever comes from now on asks anew. For as long as somebody loads it is this flight that is there.
        self.lock().remove(key);
        loaded
    }

    fn board<'f>(&'f self, key: &'f K) -> Seat<'f, K, A> {
        let mut flights = self.lock();
        let flight = flights.entry(key.clone()).or_insert_with(|| Flight { answer: Arc::default(), seats: 0 });
        flight.seats = flight.seats.saturating_add(1);
        Seat { flights: self, key, answer: Arc::clone(&flight.answer) }
    }
}

impl<K, A> Flights<K, A> {
    fn lock(&self) -> MutexGuard<'_, HashMap<K, Flight<A>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(test)]
    pub(crate) fn count(&self) -> usize {
        self.lock().len()
    }
}

impl<K: Eq + Hash, A> Drop for Seat<'_, K, A> {
    fn drop(&mut self) {
        let mut flights = self.flights.lock();
        // Once there is an answer, another flight of the same key may be there.
        let Some(flight) = flights.get_mut(self.key).filter(|flight| Arc::ptr_eq(&flight.answer, &self.answer)) else {
            return;
        };
        flight.seats = flight.seats.saturating_sub(1);
        if flight.seats == 0 {
            flights.remove(self.key);
        }
    }
}
