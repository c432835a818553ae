//! What a server says of itself.

use countersign_redis::{CheckError, Fsync, Persistence, StoreError};

use crate::fake::{Fake, Then, bulk, say};

const INFO: &str = "# Server\r\nredis_version:7.0.15\r\nredis_mode:standalone\r\n# Memory\r\nmaxmemory:1048576\r\n\
                    maxmemory_policy:allkeys-lru\r\n# Persistence\r\naof_enabled:0\r\n# Replication\r\nrole:master\r\n";

/// A server with these settings; none where `CONFIG` is forbidden.
async fn server(information: String, settings: Option<&'static [(&'static str, &'static str)]>) -> Fake {
    Fake::start(move |command| match (command[0].as_str(), settings) {
        ("INFO", _) => bulk(&information),
        (_, None) => say("-NOPERM this user has no permissions to run the 'config|get' command\r\n"),
        (_, Some(settings)) => match settings.iter().find(|(name, _)| *name == command[2]) {
            Some((name, value)) => pair(name, value),
            None => say("*0\r\n"),
        },
    })
    .await
}

fn pair(name: &str, value: &str) -> Then {
    say(&format!("*2\r\n${}\r\n{name}\r\n${}\r\n{value}\r\n", name.len(), value.len()))
}

#[tokio::test]
async fn a_server_that_can_be_relied_on_says_so() {
    let settings = &[("maxmemory-policy", "noeviction"), ("appendfsync", "always"), ("save", "")];
    let server = server(INFO.replace("aof_enabled:0", "aof_enabled:1"), Some(settings)).await;
    let report = server.store().check().await.unwrap();
    assert_eq!(report.len(), 1);
    assert_eq!(report[0].software, "redis 7.0.15");
    assert!(report[0].supports_leases);
    assert_eq!(report[0].persistence, Persistence::AppendOnly(Fsync::Always));
    assert_eq!(report[0].max_memory, Some(1_048_576));
    assert_eq!(report[0].to_string(), "redis 7.0.15, which keeps everything over a restart");
    assert_eq!(server.received().len(), 4);
}

#[tokio::test]
async fn a_server_that_evicts_is_refused() {
    for policy in ["allkeys-lru", "volatile-ttl", "volatile-lru", "allkeys-random", "allkeys-lfu"] {
        let server = server(INFO.replace("allkeys-lru", policy), None).await;
        assert_eq!(server.store().check().await, Err(CheckError::Evicts(policy.to_owned())));
    }
    let server = server(INFO.replace("allkeys-lru", "noeviction"), Some(&[("maxmemory-policy", "volatile-ttl")])).await;
    assert_eq!(server.store().check().await, Err(CheckError::Evicts("volatile-ttl".to_owned())));
}

#[tokio::test]
async fn a_server_that_does_not_tell_its_policy_is_refused() {
    let server = server(INFO.replace("maxmemory_policy:allkeys-lru\r\n", ""), None).await;
    assert_eq!(server.store().check().await, Err(CheckError::Store(StoreError::Unexpected { command: "INFO" })));
}

#[tokio::test]
async fn a_server_whose_config_is_forbidden_is_asked_otherwise() {
    let information = INFO.replace("allkeys-lru", "noeviction");
    let forbidden = server(information.clone(), None).await;
    assert_eq!(forbidden.store().check().await.unwrap()[0].persistence, Persistence::NoAppendOnly);
    let empty = server(information.replace("aof_enabled:0", "aof_enabled:1"), Some(&[])).await;
    assert_eq!(empty.store().check().await.unwrap()[0].persistence, Persistence::AppendOnly(Fsync::Unknown));
}

#[tokio::test]
async fn a_replica_is_refused() {
    let server = server(INFO.replace("allkeys-lru", "noeviction").replace("role:master", "role:slave"), None).await;
    assert_eq!(server.store().check().await, Err(CheckError::Replica));
}

#[tokio::test]
async fn what_is_kept_over_a_restart_is_told() {
    const SNAPSHOTS: &[(&str, &str)] = &[("save", "3600 1 300 100")];
    const NOTHING: &[(&str, &str)] = &[("save", "")];
    const EVERY_SECOND: &[(&str, &str)] = &[("appendfsync", "everysec"), ("save", "")];
    const NEVER: &[(&str, &str)] = &[("appendfsync", "no"), ("save", "")];
    let off = INFO.replace("allkeys-lru", "noeviction");
    let on = off.replace("aof_enabled:0", "aof_enabled:1");
    for (information, settings, expected) in [
        (&off, SNAPSHOTS, Persistence::Snapshots),
        (&off, NOTHING, Persistence::Nothing),
        (&off, EVERY_SECOND, Persistence::Nothing),
        (&on, EVERY_SECOND, Persistence::AppendOnly(Fsync::EverySecond)),
        (&on, NEVER, Persistence::AppendOnly(Fsync::Never)),
    ] {
        let server = server(information.clone(), Some(settings)).await;
        assert_eq!(server.store().check().await.unwrap()[0].persistence, expected);
    }
}

#[tokio::test]
async fn leases_need_redis_7_or_a_valkey() {
    for (version, software, supports_leases) in [
        ("redis_version:6.2.14", "redis 6.2.14", false),
        ("redis_version:7.0.0", "redis 7.0.0", true),
        ("redis_version:10.1.0", "redis 10.1.0", true),
        ("redis_version:7.2.4\r\nvalkey_version:9.1.2", "valkey 9.1.2", true),
    ] {
        let information = INFO.replace("allkeys-lru", "noeviction").replace("redis_version:7.0.15", version);
        let report = server(information, None).await.store().check().await.unwrap();
        assert_eq!((report[0].software.as_str(), report[0].supports_leases), (software, supports_leases));
    }
}

#[tokio::test]
async fn a_server_that_may_not_be_asked_is_an_error() {
    let server = Fake::answering([say("-NOPERM no INFO for you\r\n")]).await;
    let refused = StoreError::Refused { code: "NOPERM".to_owned(), detail: "no INFO for you".to_owned() };
    assert_eq!(server.store().check().await, Err(CheckError::Store(refused)));
}
