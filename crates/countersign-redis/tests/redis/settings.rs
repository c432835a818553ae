//! Settings that make no sense.

use std::time::Duration;

use countersign_redis::{RedisReplayStore, SettingsError};

const URL: &str = "redis://localhost";

#[test]
fn a_prefix_is_short_and_plain() {
    for prefix in ["", "a b", "{x}", "a{", "ä", "a\r\nb", "*", &"x".repeat(65)] {
        let store = RedisReplayStore::builder(URL).prefix(prefix).build();
        assert_eq!(store.unwrap_err(), SettingsError::Prefix, "{prefix:?}");
    }
    for prefix in ["x", "a-b_c.d:e/F9", &"x".repeat(64)] {
        assert!(RedisReplayStore::builder(URL).prefix(prefix).build().is_ok(), "{prefix:?}");
    }
}

#[test]
fn a_limit_of_nothing_is_refused() {
    let store = RedisReplayStore::builder(URL).time_limit(Duration::ZERO).build();
    assert_eq!(store.unwrap_err(), SettingsError::Zero("the time limit"));
    let store = RedisReplayStore::builder(URL).connections(0).build();
    assert_eq!(store.unwrap_err(), SettingsError::Zero("the number of connections"));
}

#[test]
fn valkey_and_sockets_have_urls_too() {
    for url in ["valkey://localhost", "redis://localhost/4", "redis://[::1]:7000", "unix:///run/redis.sock"] {
        assert!(RedisReplayStore::new(url).is_ok(), "{url}");
    }
}

#[cfg(not(feature = "tls"))]
#[test]
fn tls_is_never_left_out_silently() {
    for url in ["rediss://localhost", "valkeys://localhost"] {
        assert_eq!(RedisReplayStore::new(url).unwrap_err(), SettingsError::NoTls);
    }
}

#[cfg(feature = "tls")]
#[test]
fn a_certificate_is_always_checked() {
    assert!(RedisReplayStore::new("rediss://localhost").is_ok());
    assert!(RedisReplayStore::new("valkeys://localhost").is_ok());
    assert_eq!(RedisReplayStore::new("rediss://localhost/#insecure").unwrap_err(), SettingsError::Insecure);
}

#[cfg(feature = "tls")]
#[test]
fn certificates_are_read_when_the_store_is_built() {
    let store = RedisReplayStore::builder("rediss://localhost").root_certificates("nothing of the kind");
    let reason = "there is no root among them".to_owned();
    assert_eq!(store.build().unwrap_err(), SettingsError::Certificates { reason });
    let store =
        RedisReplayStore::builder("rediss://localhost").client_certificate("none", "hunter2").build().unwrap_err();
    assert!(matches!(store, SettingsError::Certificates { .. }) && !store.to_string().contains("hunter2"), "{store}");
    let store = RedisReplayStore::builder(URL).root_certificates("of no use without TLS").build();
    assert_eq!(store.unwrap_err(), SettingsError::Certificates { reason: "the URL asks for no TLS".to_owned() });
}

#[cfg(feature = "cluster")]
#[test]
fn a_cluster_is_named_by_servers_that_are_reached_alike() {
    let build = |urls: &[&str]| RedisReplayStore::cluster(urls.iter().copied()).build();
    assert!(build(&["redis://a:7000", "redis://b:7000"]).is_ok());
    assert!(matches!(build(&[]), Err(SettingsError::Cluster { .. })));
    assert!(matches!(build(&["redis://:hunter2@a", "redis://:hunter3@b"]), Err(SettingsError::Cluster { .. })));
    assert!(matches!(build(&["redis://a", "unix:///run/redis.sock"]), Err(SettingsError::Cluster { .. })));
    assert!(matches!(build(&["redis://a", "b"]), Err(SettingsError::Url { .. })));
    let shown = format!("{:?}", build(&["redis://:hunter2@a"]).unwrap());
    assert!(!shown.contains("hunter2"), "{shown}");
}
