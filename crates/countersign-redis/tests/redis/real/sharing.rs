//! What a fleet shares.

use std::time::Duration;

use countersign::{ReplayStore, Reserved, Ticket};
use countersign_redis::{Fsync, Persistence, RedisReplayStore, StoreError};
use tokio::{task::JoinSet, time::sleep};

use super::server::Server;
use crate::support::{NOW, acceptance, leased};

fn ticket(reserved: Result<Reserved, StoreError>) -> Ticket {
    match reserved {
        Ok(Reserved::New(ticket)) => ticket,
        other => panic!("not new: {other:?}"),
    }
}

/// How many of a hundred tasks, spread over stores, are the first.
async fn first_of_a_hundred(stores: &[RedisReplayStore], number: u32, is_leased: bool) -> usize {
    let mut tasks = JoinSet::new();
    for task in 0..100 {
        let store = stores[task % stores.len()].clone();
        let acceptance = if is_leased { leased(number) } else { acceptance(number) };
        tasks.spawn(async move { store.reserve(acceptance, NOW).await.unwrap() });
    }
    let answers = tasks.join_all().await;
    let others = if is_leased { Reserved::UnderWay } else { Reserved::Seen };
    assert!(answers.iter().all(|answer| matches!(answer, Reserved::New(_)) || *answer == others));
    answers.iter().filter(|answer| matches!(answer, Reserved::New(_))).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "starts redis-server"]
async fn of_a_hundred_at_once_exactly_one_is_new() {
    let server = Server::start(&[]);
    let stores = [server.store(), server.store()];
    for round in 0..200 {
        assert_eq!(first_of_a_hundred(&stores, round, round % 2 == 0).await, 1, "round {round}");
    }
}

#[tokio::test]
#[ignore = "starts redis-server"]
async fn an_entry_lives_as_long_as_its_request_and_the_margin() {
    let server = Server::start(&[]);
    let store = server.builder().margin(Duration::from_secs(20)).build().unwrap();
    ticket(store.reserve(acceptance(1), NOW).await);
    let left: u64 = server.ask(&["PTTL", "countersign:{AAAAAQAAAAAAAAAAAAAAAA}"]);
    assert!((316_000..=321_000).contains(&left), "{left}");

    let brief = server.builder().margin(Duration::ZERO).build().unwrap();
    let last_moment = acceptance(2).until;
    ticket(brief.reserve(acceptance(2), last_moment).await);
    assert_eq!(brief.reserve(acceptance(2), last_moment).await, Ok(Reserved::Seen));
    sleep(Duration::from_millis(1100)).await;
    ticket(brief.reserve(acceptance(2), last_moment).await);
}

#[tokio::test]
#[ignore = "starts redis-server"]
async fn the_longest_time_is_one_that_the_server_takes() {
    let server = Server::start(&[]);
    let store = server.builder().margin(Duration::MAX).build().unwrap();
    let ticket = ticket(store.reserve(leased(1).leased_for(Duration::MAX), NOW).await);
    assert_eq!(store.commit(leased(1), ticket, NOW).await, Ok(()));
    assert_eq!(store.reserve(acceptance(1), NOW).await, Ok(Reserved::Seen));
}

#[tokio::test]
#[ignore = "starts redis-server"]
async fn a_lease_is_under_way_until_it_is_committed() {
    let server = Server::start(&[]);
    let (one, other) = (server.store(), server.store());
    let ticket = ticket(one.reserve(leased(1), NOW).await);
    assert_eq!(one.reserve(leased(1), NOW).await, Ok(Reserved::UnderWay));
    assert_eq!(other.reserve(leased(1), NOW).await, Ok(Reserved::UnderWay));
    // Without a lease of its own a request is not told apart, and refused all the same.
    assert_eq!(other.reserve(acceptance(1), NOW).await, Ok(Reserved::Seen));
    assert_eq!(one.commit(leased(1), ticket, NOW).await, Ok(()));
    assert_eq!(other.reserve(leased(1), NOW).await, Ok(Reserved::Seen));
    let left: u64 = server.ask(&["PTTL", "countersign:{AAAAAQAAAAAAAAAAAAAAAA}"]);
    assert!((356_000..=361_000).contains(&left), "{left}");
    // What is committed is no longer the ticket's to release.
    assert_eq!(one.release(leased(1), ticket).await, Ok(()));
    assert_eq!(other.reserve(leased(1), NOW).await, Ok(Reserved::Seen));
}

#[tokio::test]
#[ignore = "starts redis-server"]
async fn a_lease_that_is_released_may_come_again() {
    let server = Server::start(&[]);
    let (one, other) = (server.store(), server.store());
    let first = ticket(one.reserve(leased(1), NOW).await);
    assert_eq!(one.release(leased(1), first).await, Ok(()));
    let second = ticket(other.reserve(leased(1), NOW).await);
    assert_ne!(first, second);
    // The first ticket ends nothing of the second's.
    assert_eq!(one.release(leased(1), first).await, Ok(()));
    assert_eq!(one.reserve(leased(1), NOW).await, Ok(Reserved::UnderWay));
}

#[tokio::test]
#[ignore = "starts redis-server"]
async fn a_lease_that_is_over_is_the_next_ones() {
    let server = Server::start(&[]);
    let store = server.store();
    let brief = leased(1).leased_for(Duration::from_millis(100));
    let first = ticket(store.reserve(brief, NOW).await);
    sleep(Duration::from_millis(200)).await;
    ticket(store.reserve(leased(1), NOW).await);
    assert_eq!(store.release(leased(1), first).await, Ok(()));
    assert_eq!(store.reserve(leased(1), NOW).await, Ok(Reserved::UnderWay));
    // It was done after all, by whoever took too long.
    assert_eq!(store.commit(leased(1), first, NOW).await, Ok(()));
    assert_eq!(store.reserve(leased(1), NOW).await, Ok(Reserved::Seen));
}

#[tokio::test]
#[ignore = "starts redis-server"]
async fn somebody_elses_key_is_never_new() {
    let server = Server::start(&[]);
    let store = server.store();
    let key = "countersign:{AAAAAQAAAAAAAAAAAAAAAA}";
    let _: u64 = server.ask(&["RPUSH", key, "1"]);
    assert_eq!(store.reserve(acceptance(1), NOW).await, Ok(Reserved::Seen));
    for refused in [store.reserve(leased(1), NOW).await.map(|_| ()), store.release(leased(1), Ticket(1)).await] {
        assert!(matches!(&refused, Err(StoreError::Refused { code, .. }) if code == "WRONGTYPE"), "{refused:?}");
    }
    for value in ["", "0", "2", "seen", "t123"] {
        let _: u64 = server.ask(&["DEL", key]);
        let _: String = server.ask(&["SET", key, value]);
        assert_eq!(store.reserve(acceptance(1), NOW).await, Ok(Reserved::Seen));
        let leased = store.reserve(leased(1), NOW).await;
        assert_eq!(leased, Err(StoreError::Unexpected { command: "SET NX GET" }), "{value:?}");
        // The answer made no sense, so there is a moment without a connection.
        sleep(Duration::from_millis(600)).await;
    }
}

#[tokio::test]
#[ignore = "starts redis-server"]
async fn a_server_tells_what_it_keeps() {
    for (arguments, expected) in [
        (&[][..], Persistence::Nothing),
        (&["--appendonly", "yes", "--appendfsync", "always"], Persistence::AppendOnly(Fsync::Always)),
        (&["--appendonly", "yes"], Persistence::AppendOnly(Fsync::EverySecond)),
        (&["--save", "60 1"], Persistence::Snapshots),
    ] {
        let server = Server::start(arguments);
        let store = server.store();
        store.ping().await.unwrap();
        let report = store.check().await.unwrap();
        assert_eq!(report.len(), 1);
        assert!(report[0].supports_leases);
        assert_eq!((report[0].persistence, report[0].max_memory), (expected, None));
        println!("{}", report[0]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "starts redis-server"]
async fn an_entry_takes_as_much_memory_as_documented() {
    const ENTRIES: u32 = 100_000;
    // Committed is the same value as accepted at once.
    for (is_leased, limit) in [(false, 150), (true, 200)] {
        let server = Server::start(&[]);
        let used = || -> u64 {
            let memory: String = server.ask(&["INFO", "memory"]);
            let line = memory.lines().find_map(|line| line.strip_prefix("used_memory:"));
            line.unwrap().parse().unwrap()
        };
        let before = used();
        let begun = std::time::Instant::now();
        let store = server.store();
        let mut tasks = JoinSet::new();
        for task in 0..50 {
            let store = store.clone();
            tasks.spawn(async move {
                for number in (task..ENTRIES).step_by(50) {
                    // Spread as hashes are.
                    let number = number.wrapping_mul(0x9e37_79b9);
                    let acceptance = if is_leased { leased(number) } else { acceptance(number) };
                    ticket(store.reserve(acceptance, NOW).await);
                }
            });
        }
        tasks.join_all().await;
        let elapsed = begun.elapsed();
        let each = (used() - before) / u64::from(ENTRIES);
        println!("{each} bytes an entry, leased: {is_leased}; {ENTRIES} in {elapsed:?}");
        assert!((50..limit).contains(&each), "{each}");
    }
}
