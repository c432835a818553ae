//! A password is nowhere to be read.

use std::time::Duration;

use countersign::ReplayStore;
use countersign_redis::{RedisReplayStore, SettingsError, StoreError};

use crate::{
    fake::{Fake, say},
    support::{NOW, PATIENT, acceptance},
};

const SECRET: &str = "hunter2";

#[tokio::test]
async fn a_server_that_repeats_what_it_was_sent_tells_nobody() {
    for protocol in ["", "/?protocol=resp3"] {
        let server =
            Fake::start(|command| say(&format!("-ERR unknown command with args: {}\r\n", command.join(" ")))).await;
        let url = format!("redis://alice:{SECRET}@{}{protocol}", server.address);
        let store = RedisReplayStore::builder(&url).time_limit(PATIENT).build().unwrap();
        let error = store.reserve(acceptance(1), NOW).await.unwrap_err();
        assert!(matches!(error, StoreError::Unreachable { .. }), "{error:?}");
        assert!(server.received()[0].contains(&SECRET.to_owned()));
        let again = store.reserve(acceptance(1), NOW).await.unwrap_err();
        let check = store.check().await.unwrap_err();
        let shown = format!("{error} {error:?} {again} {again:?} {check} {check:?} {store:?}");
        assert!(!shown.contains(SECRET), "{shown}");
    }
}

#[tokio::test]
async fn a_wrong_password_is_told_without_it() {
    let server = Fake::answering([say("-WRONGPASS invalid username-password pair\r\n")]).await;
    let store = RedisReplayStore::builder(&format!("redis://:{SECRET}@{}", server.address))
        .time_limit(PATIENT)
        .build()
        .unwrap();
    let error = store.ping().await.unwrap_err();
    assert_eq!(error.to_string(), "no connection to the store: authentication failed");
}

#[test]
fn settings_show_hosts_and_no_passwords() {
    let builder = RedisReplayStore::builder("redis://alice:hunter2@localhost:7000/3");
    let expected =
        "servers: [\"localhost:7000\"], prefix: \"countersign\", margin: 60s, time_limit: 200ms, connections: 2, ..";
    assert_eq!(format!("{builder:?}"), format!("Builder {{ {expected} }}"));
    let store = builder.time_limit(Duration::from_millis(200)).build().unwrap();
    assert_eq!(format!("{store:?}"), format!("RedisReplayStore {{ {expected} }}"));
}

#[test]
fn a_url_that_is_none_is_not_repeated() {
    for url in [
        "redis//:hunter2@localhost",
        "http://:hunter2@localhost",
        "redis://:hunter2@localhost:x",
        "redis://:hunter2@h/?protocol=hunter2",
        "hunter2",
        "redis://:x@h/hunter2",
    ] {
        let error = RedisReplayStore::new(url).unwrap_err();
        assert_eq!(error, SettingsError::Url { reason: "it cannot be read as one" }, "{url}");
        assert!(!format!("{error} {error:?}").contains(SECRET), "{error}");
    }
}
