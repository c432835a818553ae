//! How connections are made, shared, given up and made again.

use std::time::{Duration, Instant};

use countersign::{ReplayStore, Reserved};
use countersign_redis::{RedisReplayStore, StoreError};
use tokio::{net::TcpListener, time::sleep};

use crate::{
    fake::{Fake, Then, say},
    support::{NOW, PATIENT, acceptance},
};

/// Until the store works again, at most two seconds.
async fn recovers(store: &RedisReplayStore) {
    let begun = Instant::now();
    while let Err(error) = store.reserve(acceptance(1), NOW).await {
        assert!(begun.elapsed() < Duration::from_secs(2), "{error}");
        sleep(Duration::from_millis(10)).await;
    }
}

fn is_unreachable<T>(answer: &Result<T, StoreError>) -> bool {
    matches!(answer, Err(StoreError::Unreachable { .. }))
}

#[tokio::test]
async fn a_store_is_built_without_its_server_and_finds_it_when_it_comes() {
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let store = RedisReplayStore::new(&format!("redis://{port}")).unwrap();
    // Long enough for the rests between the attempts to have grown as long as they get.
    for _ in 0..100 {
        assert!(is_unreachable(&store.reserve(acceptance(1), NOW).await));
        sleep(Duration::from_millis(20)).await;
    }
    let _server = Fake::start_at(&port.to_string(), |_| say("+OK\r\n")).await;
    recovers(&store).await;
}

#[tokio::test]
async fn a_store_outlives_its_server() {
    let server = Fake::answering([say("+OK\r\n")]).await;
    let store = server.builder().connections(3).build().unwrap();
    for number in 0..6 {
        store.reserve(acceptance(number), NOW).await.unwrap();
    }
    assert_eq!(server.connections(), 3);
    let address = server.address.to_string();
    server.stop().await;
    for number in 0..20 {
        assert!(store.reserve(acceptance(number), NOW).await.is_err());
        sleep(Duration::from_millis(20)).await;
    }
    let _server = Fake::start_at(&address, |_| say("+OK\r\n")).await;
    recovers(&store).await;
}

#[tokio::test]
async fn a_thousand_requests_share_one_connection() {
    let server = Fake::answering([say("+OK\r\n")]).await;
    let store = server.store();
    let all = (0..1000).map(|number| {
        tokio::spawn({
            let store = store.clone();
            async move { store.reserve(acceptance(number), NOW).await }
        })
    });
    for one in all.collect::<Vec<_>>() {
        assert!(matches!(one.await.unwrap(), Ok(Reserved::New(_))));
    }
    assert_eq!((server.connections(), server.received().len()), (1, 1000));
}

#[tokio::test]
async fn after_a_failure_nothing_is_tried_for_a_moment() {
    let server = Fake::answering([Then::SayAndClose(Vec::new())]).await;
    let store = server.store();
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(2) {
        assert!(store.reserve(acceptance(1), NOW).await.is_err());
        sleep(Duration::from_millis(1)).await;
    }
    // At 0, 50, 150, 350, 750, 1250 and 1750 ms, where the machine is quick.
    assert!((3..=7).contains(&server.connections()), "{}", server.connections());
}

#[tokio::test]
async fn a_connection_that_rests_is_passed_over() {
    let mut first = true;
    let server =
        Fake::start(move |_| if std::mem::take(&mut first) { Then::SayAndClose(Vec::new()) } else { say("+OK\r\n") })
            .await;
    let store = server.builder().connections(2).build().unwrap();
    assert!(store.reserve(acceptance(1), NOW).await.is_err());
    for _ in 0..4 {
        assert!(store.reserve(acceptance(1), NOW).await.is_ok());
    }
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn a_server_that_became_a_replica_is_looked_up_anew() {
    let server = Fake::answering([say("+OK\r\n"), say("-READONLY no writes here\r\n"), say("+OK\r\n")]).await;
    let store = server.store();
    store.reserve(acceptance(1), NOW).await.unwrap();
    assert!(matches!(store.reserve(acceptance(1), NOW).await, Err(StoreError::Refused { .. })));
    recovers(&store).await;
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn a_server_that_answers_nonsense_is_not_believed_again_on_that_connection() {
    let server = Fake::answering([say("+OK\r\n"), say(":5\r\n"), say("+OK\r\n")]).await;
    let store = server.store();
    store.reserve(acceptance(1), NOW).await.unwrap();
    assert_eq!(store.reserve(acceptance(1), NOW).await, Err(StoreError::Unexpected { command: "SET NX" }));
    recovers(&store).await;
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn a_refusal_keeps_the_connection() {
    let server = Fake::answering([say("-OOM full\r\n"), say("-LOADING soon\r\n"), say("+OK\r\n")]).await;
    let store = server.store();
    assert!(store.reserve(acceptance(1), NOW).await.is_err());
    assert!(store.reserve(acceptance(1), NOW).await.is_err());
    assert!(store.reserve(acceptance(1), NOW).await.is_ok());
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn a_server_that_is_slow_once_keeps_its_connection_and_one_that_is_silent_does_not() {
    let mut count = 0;
    let server = Fake::start(move |_| {
        count += 1;
        if count == 2 || count > 3 { Then::Hang } else { say("+OK\r\n") }
    })
    .await;
    let store = server.builder().time_limit(Duration::from_millis(300)).build().unwrap();
    store.reserve(acceptance(1), NOW).await.unwrap();
    assert!(store.reserve(acceptance(1), NOW).await.is_err());
    assert_eq!(server.connections(), 1);
    let begun = Instant::now();
    while server.connections() == 1 {
        assert!(store.reserve(acceptance(1), NOW).await.is_err());
        assert!(begun.elapsed() < Duration::from_secs(3));
    }
    assert!(begun.elapsed() > Duration::from_millis(600), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_login_that_is_never_answered_is_over_in_time() {
    let server = Fake::answering([Then::Hang]).await;
    let limit = Duration::from_millis(100);
    let url = format!("redis://:secret@{}", server.address);
    let store = RedisReplayStore::builder(&url).connections(1).time_limit(limit).build().unwrap();
    assert_eq!(store.reserve(acceptance(1), NOW).await, Err(StoreError::TimedOut(limit)));
    let reason = "connecting took too long".to_owned();
    assert_eq!(store.reserve(acceptance(1), NOW).await, Err(StoreError::Unreachable { reason }));
}

#[tokio::test]
async fn whoever_gives_up_while_it_connects_keeps_nobody_from_it() {
    let mut first = true;
    let server = Fake::start(move |_| if std::mem::take(&mut first) { Then::Hang } else { say("+OK\r\n") }).await;
    let url = format!("redis://:secret@{}", server.address);
    let store = RedisReplayStore::builder(&url).connections(1).time_limit(PATIENT).build().unwrap();
    let impatient = tokio::time::timeout(Duration::from_millis(50), store.reserve(acceptance(1), NOW)).await;
    assert!(impatient.is_err());
    recovers(&store).await;
}

#[test]
fn a_connection_whose_runtime_ended_is_made_again_in_another() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let serving = runtime();
    let server = serving.block_on(Fake::answering([say("+OK\r\n")]));
    std::thread::spawn(move || serving.block_on(std::future::pending::<()>()));
    let store = server.store();
    runtime().block_on(store.reserve(acceptance(1), NOW)).unwrap();
    runtime().block_on(recovers(&store));
    assert_eq!(server.connections(), 2);
}
