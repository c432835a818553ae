use std::net::SocketAddr;

use actix_web::dev::ServerHandle;
use countersign::{KeyError, KeyId, Signer};
use serde_json::json;

use crate::{
    server,
    store::{NewKey, Store, StoreError},
    tour::{ADMINS_SECRET, ALICES_NEXT_SECRET, ALICES_SECRET, Api, BOBS_SECRET, hmac, run, seed},
};

/// The API on a free port, stopped when dropped.
struct Running {
    store: Store,
    api: Api,
    handle: ServerHandle,
}

impl Running {
    async fn start() -> Self {
        let store = Store::in_memory().await.unwrap();
        seed(&store).await.unwrap();
        let (server, address) = server::serve(&store, SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        let handle = server.handle();
        actix_web::rt::spawn(server);
        Self { store, api: Api::at(address).unwrap(), handle }
    }

    async fn get(&self, path: &str, signer: &Signer) -> String {
        self.api.get(path, signer).await.unwrap()
    }

    async fn post(&self, path: &str, signer: &Signer, value: serde_json::Value) -> String {
        self.api.post(path, signer, &value).await.unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.handle.stop(false));
    }
}

fn alice() -> Signer {
    hmac("alice-key", ALICES_SECRET).unwrap()
}

fn admin() -> Signer {
    hmac("admin-key", ADMINS_SECRET).unwrap()
}

fn new<'a>(client: &'a str, key_id: &'a KeyId, algorithm: &'a str, material: &'a str) -> NewKey<'a> {
    NewKey { client, rights: "read", key_id, algorithm, material: material.as_bytes(), not_after: None }
}

#[actix_web::test]
async fn every_answer_of_the_tour_is_as_expected() {
    let rows = run().await.unwrap();
    assert_eq!(rows.len(), 20);
    for row in rows {
        assert_eq!(row.answered, row.expected, "{}", row.done);
    }
}

#[actix_web::test]
async fn sql_for_a_key_id_is_an_unknown_key_and_touches_no_row() {
    let running = Running::start().await;
    for id in [
        "' OR 1=1--",
        "alice-key' --",
        "alice-key'; DROP TABLE client_key; --",
        "' UNION SELECT id, name, rights, 'hmac-sha256', 'the first secret of Alice' FROM client --",
        "alice-ke_",
        "%",
        "ALICE-KEY",
        " alice-key",
    ] {
        assert_eq!(running.get("whoami", &hmac(id, ALICES_SECRET).unwrap()).await, "401", "{id}");
        let revocation = json!({ "key_id": id });
        assert_eq!(running.post("admin/revocations", &admin(), revocation).await, "404", "{id}");
    }
    assert_eq!(running.get("whoami", &alice()).await, "200 Alice, key 0");
}

#[actix_web::test]
async fn text_that_looks_like_sql_is_stored_as_it_is() {
    let running = Running::start().await;
    let item = "lamps', 1); DROP TABLE client_order; --";
    let order = json!({ "item": item, "quantity": 1 });
    assert_eq!(running.post("orders", &alice(), order).await, "200 order 1 of Alice");
    assert_eq!(running.get("orders", &alice()).await, format!("200 1 {item}"));
}

#[actix_web::test]
async fn a_store_that_does_not_answer_is_no_reason_to_doubt_a_key() {
    let running = Running::start().await;
    running.store.close().await;
    assert_eq!(running.get("whoami", &alice()).await, "503");
    // Not remembered either way.
    assert_eq!(running.get("whoami", &alice()).await, "503");
}

#[actix_web::test]
async fn a_handler_whose_store_does_not_answer_says_so_too() {
    let running = Running::start().await;
    assert_eq!(running.get("orders", &alice()).await, "200");
    running.store.close().await;
    assert_eq!(running.get("orders", &alice()).await, "503");
}

#[actix_web::test]
async fn a_revocation_takes_effect_at_once_though_the_key_is_remembered() {
    let running = Running::start().await;
    assert_eq!(running.get("whoami", &alice()).await, "200 Alice, key 0");
    // Behind the back of the API nobody knows.
    let id = "alice-key".parse().unwrap();
    assert_eq!(running.store.revoke(&id, None).await.unwrap(), 1);
    assert_eq!(running.get("whoami", &alice()).await, "200 Alice, key 0");
    // There is none left to revoke, and what was remembered is forgotten all the same.
    assert_eq!(running.post("admin/revocations", &admin(), json!({ "key_id": "alice-key" })).await, "404");
    assert_eq!(running.get("whoami", &alice()).await, "401");
}

#[actix_web::test]
async fn a_key_that_is_added_is_known_at_once_though_its_id_was_remembered_as_unknown() {
    let running = Running::start().await;
    let eve = hmac("eve-key", ALICES_NEXT_SECRET).unwrap();
    assert_eq!(running.get("whoami", &eve).await, "401");
    let addition = json!({
        "client": "Eve", "rights": "read", "key_id": "eve-key", "algorithm": "hmac-sha256", "material": ALICES_NEXT_SECRET,
    });
    assert_eq!(running.post("admin/keys", &alice(), addition.clone()).await, "403");
    assert_eq!(running.get("whoami", &eve).await, "401");
    assert_eq!(running.post("admin/keys", &admin(), addition).await, "200 version 1 of eve-key");
    assert_eq!(running.get("whoami", &eve).await, "200 Eve, key 0");
}

#[actix_web::test]
async fn nobody_does_what_its_rights_do_not_say() {
    let running = Running::start().await;
    let eve = hmac("eve-key", BOBS_SECRET).unwrap();
    let eves = "eve-key".parse().unwrap();
    running.store.add_key(NewKey { rights: "", ..new("Eve", &eves, "hmac-sha256", BOBS_SECRET) }).await.unwrap();
    let order = json!({ "item": "lamps", "quantity": 1 });
    let revocation = json!({ "key_id": "alice-key" });
    assert_eq!(running.get("whoami", &eve).await, "200 Eve, key 0");
    assert_eq!(running.get("orders", &eve).await, "403");
    assert_eq!(running.post("orders", &eve, order.clone()).await, "403");
    assert_eq!(running.post("admin/revocations", &eve, revocation.clone()).await, "403");
    assert_eq!(running.post("admin/revocations", &alice(), revocation).await, "403");
    assert_eq!(running.post("orders", &admin(), order).await, "403");
    assert_eq!(running.get("orders", &admin()).await, "403");
    assert_eq!(running.get("whoami", &alice()).await, "200 Alice, key 0");
}

#[actix_web::test]
async fn a_file_keeps_its_clients_and_is_its_owners_alone() {
    let file = std::env::temp_dir().join(format!("countersign-keyed-api-{}.db", std::process::id()));
    let _ = std::fs::remove_file(&file);
    let store = Store::open(&file).await.unwrap();
    assert!(store.is_empty().await.unwrap());
    seed(&store).await.unwrap();
    store.close().await;
    assert!(!Store::open(&file).await.unwrap().is_empty().await.unwrap());
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&file).unwrap().permissions());
        assert_eq!(mode & 0o777, 0o600);
    }
    std::fs::remove_file(file).unwrap();
}

#[actix_web::test]
async fn a_key_that_cannot_be_used_or_is_anothers_is_not_stored() {
    let store = Store::in_memory().await.unwrap();
    seed(&store).await.unwrap();
    let (eves, alices): (KeyId, KeyId) = ("eve-key".parse().unwrap(), "alice-key".parse().unwrap());
    let short = store.add_key(new("Eve", &eves, "hmac-sha256", "short")).await.unwrap_err();
    assert!(matches!(short, StoreError::Key { source: KeyError::ShortSecret(5), .. }), "{short:?}");
    let unknown = store.add_key(new("Eve", &eves, "rot13", ALICES_SECRET)).await.unwrap_err();
    assert!(matches!(unknown, StoreError::Algorithm { .. }), "{unknown:?}");
    let rights = NewKey { rights: "root", ..new("Eve", &eves, "hmac-sha256", ALICES_SECRET) };
    let rights = store.add_key(rights).await.unwrap_err();
    assert!(matches!(rights, StoreError::Rights { .. }), "{rights:?}");
    let anothers = store.add_key(new("Eve", &alices, "hmac-sha256", ALICES_SECRET)).await.unwrap_err();
    assert!(matches!(anothers, StoreError::TwoOwners { .. }), "{anothers:?}");
    // Nor is the client, then: the next key makes it.
    assert_eq!(store.add_key(new("Eve", &eves, "hmac-sha256", ALICES_SECRET)).await.unwrap(), 1);
}
