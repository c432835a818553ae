//! What is sent, and what each answer to it means.

use std::time::{Duration, Instant};

use countersign::{Acceptance, Fingerprint, ReplayStore, Reserved, Ticket, UnixTime};
use countersign_redis::StoreError;

use crate::{
    fake::{Fake, Then, bulk, say},
    support::{NOW, PATIENT, acceptance, leased},
};

fn unexpected<T>(command: &'static str) -> Result<T, StoreError> {
    Err(StoreError::Unexpected { command })
}

#[tokio::test]
async fn a_request_is_reserved_by_one_command() {
    let server = Fake::answering([say("+OK\r\n"), say("$-1\r\n")]).await;
    let store = server.store();
    assert!(matches!(store.reserve(acceptance(7), NOW).await, Ok(Reserved::New(_))));
    assert_eq!(store.reserve(acceptance(7), NOW).await, Ok(Reserved::Seen));
    // 300 seconds, the second that counts, and the margin.
    let set = ["SET", "countersign:{AAAABwAAAAAAAAAAAAAAAA}", "1", "NX", "PX", "361000"];
    assert_eq!(server.received(), [set, set]);
}

#[tokio::test]
async fn a_lease_is_reserved_by_one_command() {
    let server = Fake::answering([say("$-1\r\n"), bulk("t0123456789abcdef"), bulk("1")]).await;
    let store = server.store();
    let Ok(Reserved::New(Ticket(ticket))) = store.reserve(leased(7), NOW).await else { panic!("not new") };
    assert_eq!(store.reserve(leased(7), NOW).await, Ok(Reserved::UnderWay));
    assert_eq!(store.reserve(leased(7), NOW).await, Ok(Reserved::Seen));
    let token = |more| format!("t{:016x}", ticket.wrapping_add(more));
    for (at, command) in server.received().iter().enumerate() {
        let key = "countersign:{AAAABwAAAAAAAAAAAAAAAA}";
        assert_eq!(command[..], ["SET", key, &token(at as u64), "NX", "GET", "PX", "30000"]);
    }
    assert_eq!(server.received().len(), 3);
}

#[tokio::test]
async fn a_lease_is_committed_by_one_command_for_the_time_that_is_left() {
    let server = Fake::answering([say("+OK\r\n")]).await;
    let later = NOW.plus(Duration::from_secs(100));
    assert_eq!(server.store().commit(leased(7), Ticket(5), later).await, Ok(()));
    assert_eq!(server.received(), [["SET", "countersign:{AAAABwAAAAAAAAAAAAAAAA}", "1", "PX", "261000"]]);
}

#[tokio::test]
async fn what_is_committed_too_late_is_remembered_for_the_margin() {
    let server = Fake::answering([say("+OK\r\n")]).await;
    assert_eq!(server.store().commit(leased(7), Ticket(5), NOW.plus(Duration::from_secs(301))).await, Ok(()));
    assert_eq!(server.received()[0][4], "61000");
}

#[tokio::test]
async fn a_lease_is_released_by_one_command_that_names_its_ticket() {
    let server = Fake::answering([say(":1\r\n"), say(":0\r\n")]).await;
    let store = server.store();
    assert_eq!(store.release(leased(7), Ticket(0xabc)).await, Ok(()));
    // Somebody else's by now, or gone.
    assert_eq!(store.release(leased(7), Ticket(0xabc)).await, Ok(()));
    let received = server.received();
    assert_eq!(received.len(), 2);
    assert_eq!(received[0][0], "EVAL");
    assert_eq!(received[0][2..], ["1", "countersign:{AAAABwAAAAAAAAAAAAAAAA}", "t0000000000000abc"]);
}

#[tokio::test]
async fn the_time_to_live_is_bounded_and_never_zero() {
    let until = |until| Acceptance::new(Fingerprint::from_bytes([0; 32]), None, UnixTime::from_secs(until));
    for (acceptance, now, margin, expected) in [
        (until(u64::MAX), 0, Duration::MAX, "4611686018427387903"),
        (until(u64::MAX), 0, Duration::ZERO, "4611686018427387903"),
        (until(1000), 1000, Duration::ZERO, "1000"),
        (until(1000), 999, Duration::from_micros(1500), "2001"),
        (until(1000).leased_for(Duration::ZERO), 1000, Duration::ZERO, "1"),
        (until(1000).leased_for(Duration::MAX), 1000, Duration::ZERO, "4611686018427387903"),
    ] {
        let is_leased = acceptance.lease.is_some();
        let server = Fake::answering([say(if is_leased { "$-1\r\n" } else { "+OK\r\n" })]).await;
        let store = server.builder().margin(margin).build().unwrap();
        let reserved = store.reserve(acceptance, UnixTime::from_secs(now)).await;
        assert!(matches!(reserved, Ok(Reserved::New(_))), "{acceptance:?}");
        assert_eq!(server.received()[0].last().unwrap(), expected, "{acceptance:?}");
    }
}

#[tokio::test]
async fn a_request_whose_time_is_over_is_refused_without_a_word_to_the_server() {
    let server = Fake::answering([say("+OK\r\n")]).await;
    let late = NOW.plus(Duration::from_secs(301));
    assert_eq!(server.store().reserve(acceptance(7), late).await, Ok(Reserved::Forgotten));
    assert_eq!(server.store().reserve(leased(7), late).await, Ok(Reserved::Forgotten));
    assert_eq!(server.received(), Vec::<Vec<String>>::new());
}

#[tokio::test]
async fn two_requests_and_two_prefixes_have_keys_of_their_own() {
    let server = Fake::answering([say("+OK\r\n")]).await;
    let (one, other) = (server.store(), server.builder().prefix("orders/eu").build().unwrap());
    for (store, number) in [(&one, 1), (&one, 2), (&other, 2)] {
        store.reserve(acceptance(number), NOW).await.unwrap();
    }
    let keys = server.received().into_iter().map(|command| command[1].clone()).collect::<Vec<_>>();
    assert_eq!(
        keys,
        [
            "countersign:{AAAAAQAAAAAAAAAAAAAAAA}",
            "countersign:{AAAAAgAAAAAAAAAAAAAAAA}",
            "orders/eu:{AAAAAgAAAAAAAAAAAAAAAA}"
        ]
    );
}

#[tokio::test]
async fn an_answer_that_means_nothing_is_an_error() {
    for answer in [
        "+OKAY\r\n",
        "+QUEUED\r\n",
        "+\r\n",
        ":1\r\n",
        ":0\r\n",
        "$0\r\n\r\n",
        "$1\r\n0\r\n",
        "$2\r\nOK\r\n",
        "$2\r\n11\r\n",
        "$17\r\nt0123456789ABCDEF\r\n",
        "$17\r\nt+123456789abcdef\r\n",
        "$16\r\nt0123456789abcde\r\n",
        "$17\r\nu0123456789abcdef\r\n",
        "*0\r\n",
        "*1\r\n$-1\r\n",
        "*-1x\r\n",
        "HTTP/1.1 400 Bad Request\r\n\r\n",
        "\0\0\0\0\r\n",
    ] {
        let server = Fake::answering([say(answer)]).await;
        assert_eq!(server.store().reserve(acceptance(7), NOW).await, unexpected("SET NX"), "{answer:?}");
        assert_eq!(server.store().reserve(leased(7), NOW).await, unexpected("SET NX GET"), "{answer:?}");
        assert_eq!(server.store().commit(leased(7), Ticket(5), NOW).await, unexpected("SET"), "{answer:?}");
        let released = server.store().release(leased(7), Ticket(5)).await;
        assert_eq!(
            released,
            if [":1\r\n", ":0\r\n"].contains(&answer) { Ok(()) } else { unexpected("EVAL") },
            "{answer:?}"
        );
    }
}

#[tokio::test]
async fn an_answer_of_another_command_is_an_error() {
    let server = Fake::answering([bulk("1")]).await;
    assert_eq!(server.store().reserve(acceptance(7), NOW).await, unexpected("SET NX"));
    let server = Fake::answering([say("+OK\r\n")]).await;
    assert_eq!(server.store().reserve(leased(7), NOW).await, unexpected("SET NX GET"));
    assert_eq!(server.store().release(leased(7), Ticket(5)).await, unexpected("EVAL"));
    assert_eq!(server.store().ping().await, unexpected("PING"));
    let server = Fake::answering([say("$-1\r\n")]).await;
    assert_eq!(server.store().commit(leased(7), Ticket(5), NOW).await, unexpected("SET"));
    assert_eq!(server.store().release(leased(7), Ticket(5)).await, unexpected("EVAL"));
    let server = Fake::answering([say(":2\r\n")]).await;
    assert_eq!(server.store().release(leased(7), Ticket(5)).await, unexpected("EVAL"));
}

#[tokio::test]
async fn every_refusal_of_the_server_is_an_error() {
    for (code, detail) in [
        ("MOVED", "3999 127.0.0.1:6381"),
        ("ASK", "3999 127.0.0.1:6381"),
        ("READONLY", "You can't write against a read only replica."),
        ("LOADING", "Redis is loading the dataset in memory"),
        ("OOM", "command not allowed when used memory > 'maxmemory'."),
        ("WRONGTYPE", "Operation against a key holding the wrong kind of value"),
        ("NOAUTH", "Authentication required."),
        ("NOPERM", "this user has no permissions to run the 'set' command"),
        ("CLUSTERDOWN", "The cluster is down"),
        ("TRYAGAIN", "Multiple keys request during rehashing of slot"),
        ("MASTERDOWN", "Link with MASTER is down"),
        ("MISCONF", "Errors writing to the AOF file"),
        ("NOREPLICAS", "Not enough good replicas to write."),
        ("BUSY", "Redis is busy running a script."),
        ("ERR", "syntax error"),
        ("NOSUCHTHING", "of which nobody ever heard"),
    ] {
        let refused = StoreError::Refused { code: code.to_owned(), detail: detail.to_owned() };
        let server = Fake::answering([say(&format!("-{code} {detail}\r\n"))]).await;
        assert_eq!(server.store().reserve(acceptance(7), NOW).await, Err(refused.clone()));
        assert_eq!(server.store().reserve(leased(7), NOW).await, Err(refused.clone()));
        assert_eq!(server.store().commit(leased(7), Ticket(5), NOW).await, Err(refused.clone()));
        assert_eq!(server.store().release(leased(7), Ticket(5)).await, Err(refused.clone()));
        assert_eq!(server.store().ping().await, Err(refused));
        // None of them was sent a second time.
        assert_eq!(server.received().len(), 5, "{code}");
    }
}

#[tokio::test]
async fn an_answer_that_does_not_come_is_an_error_in_time() {
    let limit = Duration::from_millis(100);
    for then in [Then::Hang, say("$1000\r\nnearly"), say("+O"), say("$-1")] {
        let server = Fake::answering([then]).await;
        let store = server.builder().time_limit(limit).build().unwrap();
        let begun = Instant::now();
        assert_eq!(store.reserve(leased(7), NOW).await, Err(StoreError::TimedOut(limit)));
        assert!((limit..PATIENT).contains(&begun.elapsed()), "{:?}", begun.elapsed());
    }
}

#[tokio::test]
async fn a_connection_that_ends_before_the_answer_is_an_error() {
    for start in ["", "$-1", "$4\r\nse", "+OK\r"] {
        let server = Fake::answering([Then::SayAndClose(start.as_bytes().to_vec())]).await;
        let lost = server.store().reserve(acceptance(7), NOW).await;
        assert!(matches!(lost, Err(StoreError::Lost { .. } | StoreError::Unexpected { .. })), "{start:?}: {lost:?}");
        assert_eq!(server.received().len(), 1);
    }
}

#[tokio::test]
async fn the_third_version_of_the_protocol_says_the_same() {
    let hello = |answer: &'static str| {
        Fake::start(move |command| if command[0] == "HELLO" { say("%1\r\n+proto\r\n:3\r\n") } else { say(answer) })
    };
    for (answer, expected) in
        [("_\r\n", Ok(Reserved::Seen)), ("#t\r\n", unexpected("SET NX")), (",1\r\n", unexpected("SET NX"))]
    {
        let server = hello(answer).await;
        let url = format!("{}/?protocol=resp3", server.url());
        let store = countersign_redis::RedisReplayStore::builder(&url).time_limit(PATIENT).build().unwrap();
        assert_eq!(store.reserve(acceptance(7), NOW).await, expected, "{answer:?}");
    }
}
