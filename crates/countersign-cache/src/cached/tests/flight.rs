//! One load at a time, and what becomes of it.

use std::{collections::VecDeque, error::Error};

use super::*;

#[test]
fn when_the_request_that_loads_is_dropped_the_next_one_loads() {
    let (never, step) = later();
    let store = Store::answering([step]);
    let keys = store.cached();
    block_on(async {
        let mut first = Box::pin(load(&keys, "alice"));
        let mut waiting = Box::pin(load(&keys, "alice"));
        assert!(poll!(&mut first).is_pending());
        assert!(poll!(&mut waiting).is_pending());
        assert_eq!(store.loads(), 1);
        drop(first);
        assert_eq!(waiting.await, Some("Alice"));
        assert_eq!(load(&keys, "alice").await, Some("Alice"));
    });
    assert!(never.is_canceled());
    assert_eq!(store.loads(), 2);
}

#[test]
fn any_number_of_requests_that_load_may_be_dropped_one_after_the_other() {
    let nevers: Vec<_> = (0..400).map(|_| later()).collect();
    let (senders, steps): (Vec<_>, Vec<_>) = nevers.into_iter().unzip();
    let store = Store::answering(steps);
    let keys = store.cached();
    block_on(async {
        let mut requests: VecDeque<_> = (0..401).map(|_| Box::pin(load(&keys, "alice"))).collect();
        while requests.len() > 1 {
            for request in &mut requests {
                assert!(poll!(request).is_pending());
            }
            requests.pop_front();
        }
        assert_eq!(join_all(requests).await, [Some("Alice")]);
    });
    assert_eq!((store.loads(), keys.flights.count()), (401, 0));
    drop(senders);
}

#[test]
fn a_load_that_everybody_left_is_forgotten() {
    let (_never, step) = later();
    let store = Store::answering([step]);
    let keys = store.cached();
    block_on(async {
        let mut requests: Vec<_> = (0..3).map(|_| Box::pin(load(&keys, "alice"))).collect();
        for request in &mut requests {
            assert!(poll!(request).is_pending());
        }
        assert_eq!(keys.flights.count(), 1);
        drop(requests);
        assert_eq!(keys.flights.count(), 0);
        assert_eq!(load(&keys, "alice").await, Some("Alice"));
        assert_eq!((store.loads(), keys.flights.count()), (2, 0));
    });
}

#[test]
fn whoever_comes_after_an_error_loads_though_others_have_yet_to_be_told_of_it() {
    let (answer, step) = later();
    let store = Store::answering([step]);
    let keys = store.cached();
    block_on(async {
        let mut first = Box::pin(keys.load(claim("alice")));
        let mut waiting = Box::pin(keys.load(claim("alice")));
        assert!(poll!(&mut first).is_pending());
        assert!(poll!(&mut waiting).is_pending());
        answer.send(Err(io::Error::other("down"))).unwrap();
        assert!(first.await.is_err());
        assert_eq!(load(&keys, "alice").now_or_never(), Some(Some("Alice")));
        assert!(waiting.await.is_err());
    });
    assert_eq!((store.loads(), keys.flights.count()), (2, 0));
}

#[test]
fn whoever_leaves_a_load_that_is_over_leaves_the_next_one_alone() {
    let (failing, (next, last)) = (later(), later());
    let store = Store::answering([failing.1, last]);
    let keys = store.cached();
    block_on(async {
        let mut first = Box::pin(keys.load(claim("alice")));
        let mut waiting = Box::pin(keys.load(claim("alice")));
        assert!(poll!(&mut first).is_pending());
        assert!(poll!(&mut waiting).is_pending());
        failing.0.send(Err(io::Error::other("down"))).unwrap();
        assert!(first.await.is_err());
        let mut second = Box::pin(load(&keys, "alice"));
        assert!(poll!(&mut second).is_pending());
        drop(waiting);
        let mut third = Box::pin(load(&keys, "alice"));
        assert!(poll!(&mut third).is_pending());
        assert_eq!((store.loads(), keys.flights.count()), (2, 1));
        next.send(Ok(Some(credential("Alice")))).unwrap();
        assert_eq!((second.await, third.await), (Some("Alice"), Some("Alice")));
    });
    assert_eq!((store.loads(), keys.flights.count()), (2, 0));
}

#[test]
fn a_request_that_is_dropped_while_it_waits_holds_nobody_up() {
    let (answer, step) = later();
    let store = Store::answering([step]);
    let keys = store.cached();
    block_on(async {
        let mut first = Box::pin(load(&keys, "alice"));
        let mut waiting = Box::pin(load(&keys, "alice"));
        let mut last = Box::pin(load(&keys, "alice"));
        assert!(poll!(&mut first).is_pending());
        assert!(poll!(&mut waiting).is_pending());
        assert!(poll!(&mut last).is_pending());
        drop(waiting);
        answer.send(Ok(Some(credential("Alice")))).unwrap();
        assert_eq!((first.await, last.await), (Some("Alice"), Some("Alice")));
    });
    assert_eq!(store.loads(), 1);
}

#[test]
fn an_error_is_told_to_all_who_wait_with_its_source_and_not_remembered() {
    let (answer, step) = later();
    let store = Store::answering([step]);
    let keys = store.cached();
    block_on(async {
        let mut first = Box::pin(keys.load(claim("alice")));
        let mut waiting = Box::pin(keys.load(claim("alice")));
        assert!(poll!(&mut first).is_pending());
        assert!(poll!(&mut waiting).is_pending());
        answer.send(Err(io::Error::new(io::ErrorKind::TimedOut, "the database is down"))).unwrap();
        for error in [first.await.unwrap_err(), waiting.await.unwrap_err()] {
            assert_eq!(error.to_string(), "the database is down");
            let source = error.source().and_then(|source| source.downcast_ref::<io::Error>()).unwrap();
            assert_eq!(source.kind(), io::ErrorKind::TimedOut);
        }
        assert_eq!(store.loads(), 1);
        assert_eq!(load(&keys, "alice").await, Some("Alice"));
    });
    assert_eq!(store.loads(), 2);
}

#[test]
fn a_panic_is_an_error_for_all_who_wait_and_not_remembered() {
    let (answer, step) = later();
    let store = Store::answering([step]);
    let keys = store.cached();
    block_on(async {
        let mut requests: Vec<_> = (0..300).map(|_| Box::pin(keys.load(claim("alice")))).collect();
        for request in &mut requests {
            assert!(poll!(request).is_pending());
        }
        // The loader unwraps what never comes.
        drop(answer);
        for answer in join_all(requests).await {
            assert_eq!(answer.unwrap_err().to_string(), "the loader panicked");
        }
        assert_eq!(store.loads(), 1);
        assert_eq!(load(&keys, "alice").await, Some("Alice"));
    });
}

#[test]
fn a_thousand_requests_at_once_make_one_load() {
    for (id, known) in [("alice", Some("Alice")), ("mallory", None)] {
        let (answer, step) = later();
        let store = Store::answering([step]);
        let keys = store.cached();
        block_on(async {
            let mut requests: Vec<_> = (0..1000).map(|_| Box::pin(load(&keys, id))).collect();
            for request in &mut requests {
                assert!(poll!(request).is_pending());
            }
            answer.send(Ok(known.map(credential))).unwrap();
            assert_eq!(join_all(requests).await, vec![known; 1000]);
        });
        assert_eq!(store.loads(), 1, "{id}");
    }
}

#[test]
fn what_was_found_unknown_meanwhile_is_not_loaded_again() {
    let store = Store::default();
    let keys = store.cached();
    let late = keys.memory.question(keys.asked(claim("mallory")));
    block_on(async {
        // One that looked before another was told, and has its turn after that.
        assert!(keys.memory.recall(&late).is_none());
        assert_eq!(load(&keys, "mallory").await, None);
        assert_eq!(caller(keys.miss(late).await), None);
    });
    assert_eq!(store.loads(), 1);
}

#[test]
fn a_thousand_requests_on_eight_threads_make_one_load() {
    let loads = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&loads);
    let keys = CachedKeys::new(move |_: Claim| {
        counted.fetch_add(1, Ordering::SeqCst);
        async {
            futures_pause().await;
            Ok::<_, io::Error>(Some(credential("Alice")))
        }
    });
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let answers = block_on(join_all((0..125).map(|_| keys.load(claim("alice")))));
                assert!(answers.into_iter().all(|answer| caller(answer) == Some("Alice")));
            });
        }
    });
    assert_eq!(loads.load(Ordering::SeqCst), 1);
}

/// Lets others run for a while.
async fn futures_pause() {
    for _ in 0..10_000 {
        let mut again = true;
        futures::future::poll_fn(|cx| {
            cx.waker().wake_by_ref();
            if std::mem::take(&mut again) { std::task::Poll::Pending } else { std::task::Poll::Ready(()) }
        })
        .await;
    }
}
