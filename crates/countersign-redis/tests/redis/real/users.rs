//! Passwords and users.

use countersign::{ReplayStore, Reserved};
use countersign_redis::{Persistence, RedisReplayStore, StoreError};

use super::server::Server;
use crate::support::{NOW, PATIENT, acceptance, leased};

fn store(url: &str) -> RedisReplayStore {
    RedisReplayStore::builder(url).time_limit(PATIENT).build().unwrap()
}

#[tokio::test]
#[ignore = "starts redis-server"]
async fn a_password_is_asked_for_and_a_wrong_one_refused() {
    let server = Server::start(&["--requirepass", "p@ss/word"]);
    let right = store(&format!("redis://:p%40ss%2Fword@127.0.0.1:{}", server.port));
    assert!(matches!(right.reserve(acceptance(1), NOW).await, Ok(Reserved::New(_))));
    let wrong = store(&format!("redis://:wrong@127.0.0.1:{}", server.port)).reserve(acceptance(1), NOW).await;
    assert_eq!(wrong, Err(StoreError::Unreachable { reason: "authentication failed".to_owned() }));
    let none = store(&server.url()).reserve(acceptance(1), NOW).await;
    assert!(matches!(&none, Err(StoreError::Refused { code, .. }) if code == "NOAUTH"), "{none:?}");
}

#[tokio::test]
#[ignore = "starts redis-server"]
async fn a_user_needs_no_more_than_the_documented_commands() {
    let users = "--user default off --user replay on >secret ~countersign:* -@all +set +get +del +eval +ping +info";
    let server = Server::start(&users.split(' ').collect::<Vec<_>>());
    let store = store(&format!("redis://replay:secret@127.0.0.1:{}", server.port));
    store.ping().await.unwrap();
    // Without CONFIG, so that less is known.
    assert_eq!(store.check().await.unwrap()[0].persistence, Persistence::NoAppendOnly);
    assert!(matches!(store.reserve(acceptance(1), NOW).await, Ok(Reserved::New(_))));
    let Ok(Reserved::New(ticket)) = store.reserve(leased(2), NOW).await else { panic!("not new") };
    assert_eq!(store.release(leased(2), ticket).await, Ok(()));
    let Ok(Reserved::New(ticket)) = store.reserve(leased(2), NOW).await else { panic!("not new") };
    assert_eq!(store.commit(leased(2), ticket, NOW).await, Ok(()));
    assert_eq!(store.reserve(leased(2), NOW).await, Ok(Reserved::Seen));

    let url = format!("redis://replay:secret@127.0.0.1:{}", server.port);
    let elsewhere = RedisReplayStore::builder(&url).prefix("elsewhere").time_limit(PATIENT).build().unwrap();
    let refused = elsewhere.reserve(acceptance(1), NOW).await;
    assert!(matches!(&refused, Err(StoreError::Refused { code, .. }) if code == "NOPERM"), "{refused:?}");
}
