//! Servers that are gone, stopped, full, or somebody else's copy.

use std::time::{Duration, Instant};

use countersign::{ReplayStore, Reserved};
use countersign_redis::{CheckError, RedisReplayStore, StoreError};
use tokio::time::sleep;

use super::server::Server;
use crate::support::{NOW, acceptance};

const LIMIT: Duration = Duration::from_millis(200);

/// Asks every few milliseconds, as a server under load does, and says how long it took until there was an answer.
pub(super) async fn recovers(store: &RedisReplayStore, number: u32) -> Reserved {
    let begun = Instant::now();
    loop {
        match store.reserve(acceptance(number), NOW).await {
            Ok(answer) => {
                println!("back after {:?}", begun.elapsed());
                return answer;
            }
            Err(error) => assert!(begun.elapsed() < Duration::from_secs(2), "{error}"),
        }
        sleep(Duration::from_millis(5)).await;
    }
}

/// For so long no request passes, and none waits longer than it may.
pub(super) async fn fails_for(store: &RedisReplayStore, span: Duration, number: u32) {
    let begun = Instant::now();
    while begun.elapsed() < span {
        let asked = Instant::now();
        let error = store.reserve(acceptance(number), NOW).await.unwrap_err();
        assert!(asked.elapsed() < LIMIT * 2, "{:?}: {error}", asked.elapsed());
        sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
#[ignore = "starts redis-server"]
async fn a_server_that_logs_each_change_remembers_what_it_was_told_before_it_was_killed() {
    let mut server = Server::start(&["--appendonly", "yes", "--appendfsync", "always"]);
    let store = server.store();
    for number in 0..100 {
        assert!(matches!(store.reserve(acceptance(number), NOW).await, Ok(Reserved::New(_))));
    }
    server.kill();
    server.start_again();
    assert_eq!(recovers(&store, 0).await, Reserved::Seen);
    for number in 0..100 {
        assert_eq!(store.reserve(acceptance(number), NOW).await, Ok(Reserved::Seen), "{number}");
    }
}

#[tokio::test]
#[ignore = "starts redis-server"]
async fn a_server_without_persistence_forgets_as_documented() {
    let mut server = Server::start(&[]);
    let store = server.store();
    assert!(matches!(store.reserve(acceptance(1), NOW).await, Ok(Reserved::New(_))));
    server.kill();
    server.start_again();
    assert!(matches!(recovers(&store, 1).await, Reserved::New(_)));
}

#[tokio::test]
#[ignore = "starts redis-server"]
async fn a_server_that_is_killed_is_found_again_however_long_it_was_gone() {
    let mut server = Server::start(&[]);
    let store = server.builder().build().unwrap();
    recovers(&store, 1).await;
    for outage in [100, 1000, 8000] {
        server.kill();
        fails_for(&store, Duration::from_millis(outage), 1).await;
        server.start_again();
        recovers(&store, 1).await;
    }
}

#[tokio::test]
#[ignore = "starts redis-server"]
async fn a_server_that_is_stopped_fails_in_time_and_is_found_again() {
    let server = Server::start(&[]);
    let store = server.builder().time_limit(LIMIT).build().unwrap();
    recovers(&store, 1).await;
    for outage in [300, 3000, 8000] {
        server.pause();
        fails_for(&store, Duration::from_millis(outage), 2).await;
        server.resume();
        assert_eq!(recovers(&store, 1).await, Reserved::Seen);
    }
    // It was told while it was stopped, and nobody heard the answer.
    assert_eq!(recovers(&store, 2).await, Reserved::Seen);
}

#[tokio::test]
#[ignore = "starts redis-server"]
async fn a_server_that_is_full_refuses_and_forgets_nothing() {
    let server = Server::start(&["--maxmemory", "3mb", "--maxmemory-policy", "noeviction"]);
    let store = server.store();
    assert_eq!(store.check().await.unwrap()[0].max_memory, Some(3 * 1024 * 1024));
    let mut number = 0;
    let full = loop {
        match store.reserve(acceptance(number), NOW).await {
            Ok(answer) => assert!(matches!(answer, Reserved::New(_))),
            Err(error) => break error,
        }
        number += 1;
    };
    assert!(matches!(&full, StoreError::Refused { code, .. } if code == "OOM"), "{full}");
    assert!(number > 1000, "{number}");
    let _: String = server.ask(&["CONFIG", "SET", "maxmemory", "0"]);
    for told in 0..number {
        assert_eq!(store.reserve(acceptance(told), NOW).await, Ok(Reserved::Seen), "{told}");
    }
    assert!(matches!(store.reserve(acceptance(number), NOW).await, Ok(Reserved::New(_))));
}

#[tokio::test]
#[ignore = "starts redis-server"]
async fn a_server_that_evicts_does_not_pass_the_check() {
    let server = Server::start(&["--maxmemory-policy", "volatile-ttl"]);
    assert_eq!(server.store().check().await, Err(CheckError::Evicts("volatile-ttl".to_owned())));
}

#[tokio::test]
#[ignore = "starts redis-server"]
async fn a_replica_is_an_error_until_it_is_one_no_longer() {
    let master = Server::start(&[]);
    let replica = Server::start(&["--replicaof", "127.0.0.1", &master.port.to_string()]);
    let store = replica.store();
    assert_eq!(store.check().await, Err(CheckError::Replica));
    let error = store.reserve(acceptance(1), NOW).await.unwrap_err();
    assert!(matches!(&error, StoreError::Refused { code, .. } if code == "READONLY"), "{error}");
    let _: String = replica.ask(&["REPLICAOF", "NO", "ONE"]);
    assert!(matches!(recovers(&store, 1).await, Reserved::New(_)));
}
