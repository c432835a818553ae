//! The routes, behind the guard and the cache of keys.

use std::{io, net::SocketAddr, time::Duration};

use actix_web::{
    App, HttpResponse, HttpServer, ResponseError,
    dev::Server,
    http::StatusCode,
    web::{self, Data, Json},
};
use countersign::{KeyError, KeyId};
use countersign_actix::{Caller, SignatureConfig, SignatureGuard, Signed};
use countersign_cache::CachedKeys;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{
    client::{Client, Right},
    store::{NewKey, Store, StoreError},
};

/// Why a caller who is known gets something else than an answer.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ApiError {
    /// It lacks the right: 403.
    #[error("this needs a right that you do not have")]
    Forbidden,
    /// There is no such key: 404.
    #[error("there is no such key")]
    NoSuchKey,
    /// The key cannot be added: 422, and why.
    #[error("{0}")]
    Unusable(StoreError),
    /// The key id is none: 422.
    #[error("{0}")]
    KeyId(#[from] KeyError),
    /// The database did not answer: 503. Why is logged.
    #[error("not possible now")]
    Store(#[source] StoreError),
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        if matches!(error, StoreError::Database(_)) { Self::Store(error) } else { Self::Unusable(error) }
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NoSuchKey => StatusCode::NOT_FOUND,
            Self::Unusable(_) | Self::KeyId(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Store(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn error_response(&self) -> HttpResponse {
        if let Self::Store(error) = self {
            tracing::error!(%error, "a request could not be answered");
        }
        HttpResponse::build(self.status_code()).body(format!("{self}\n"))
    }
}

/// What the handlers share.
struct State {
    store: Store,
    /// The other handle of what the guard asks.
    keys: CachedKeys<Store>,
}

fn need(client: &Client, right: Right) -> Result<(), ApiError> {
    if client.may(right) { Ok(()) } else { Err(ApiError::Forbidden) }
}

/// Who the caller is, and which of its keys signed: 0 is the newest.
async fn whoami(request: Signed<(), Client>) -> String {
    format!("{}, key {}", request.caller().name, request.proof().key_index())
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Order {
    item: String,
    quantity: u32,
}

async fn list_orders(caller: Caller<Client>, state: Data<State>) -> Result<String, ApiError> {
    need(&caller, Right::Read)?;
    let orders = state.store.orders(&caller).await?;
    let lines: Vec<_> = orders.iter().map(|(item, quantity)| format!("{quantity} {item}\n")).collect();
    Ok(lines.concat())
}

async fn place_order(order: Signed<Json<Order>, Client>, state: Data<State>) -> Result<String, ApiError> {
    need(order.caller(), Right::Write)?;
    let id = state.store.place_order(order.caller(), &order.item, order.quantity).await?;
    Ok(format!("order {id} of {}", order.caller().name))
}

/// No `Debug`: it holds a secret. In a real deployment it comes over TLS, or the secret is made here and shown once.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Addition {
    client: String,
    rights: String,
    key_id: String,
    algorithm: String,
    material: String,
    not_after: Option<i64>,
}

async fn add_key(request: Signed<Json<Addition>, Client>, state: Data<State>) -> Result<String, ApiError> {
    need(request.caller(), Right::Admin)?;
    let key_id = KeyId::new(&request.key_id)?;
    let new = NewKey {
        client: &request.client,
        rights: &request.rights,
        key_id: &key_id,
        algorithm: &request.algorithm,
        material: request.material.as_bytes(),
        not_after: request.not_after,
    };
    let version = state.store.add_key(new).await?;
    // It is remembered without this key, or as unknown.
    state.keys.invalidate(&key_id);
    Ok(format!("version {version} of {key_id}"))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Revocation {
    key_id: String,
    /// All of them where there is none.
    version: Option<i64>,
}

async fn revoke_key(request: Signed<Json<Revocation>, Client>, state: Data<State>) -> Result<String, ApiError> {
    need(request.caller(), Right::Admin)?;
    let key_id = KeyId::new(&request.key_id)?;
    let revoked = state.store.revoke(&key_id, request.version).await?;
    // At once in this process. Others that have a cache of their own have to be told, or go by it until its time is over.
    state.keys.invalidate(&key_id);
    if revoked == 0 { Err(ApiError::NoSuchKey) } else { Ok(format!("revoked {revoked}")) }
}

/// Serves the API at `address`. The server runs once it is awaited.
///
/// # Errors
/// When the address is not to be had.
pub fn serve(store: &Store, address: SocketAddr) -> io::Result<(Server, SocketAddr)> {
    // One for all workers. A key whose `not_after` is over is accepted for as long as it is remembered.
    let keys = CachedKeys::new(store.clone()).time_to_live(Duration::from_secs(30));
    let config = SignatureConfig::new(keys.clone()).realm("keyed-api");
    let state = Data::new(State { store: store.clone(), keys });
    let server = HttpServer::new(move || {
        let api = web::scope("/api")
            .wrap(SignatureGuard::new(config.clone()))
            .route("/whoami", web::get().to(whoami))
            .route("/orders", web::get().to(list_orders))
            .route("/orders", web::post().to(place_order))
            .route("/admin/keys", web::post().to(add_key))
            .route("/admin/revocations", web::post().to(revoke_key));
        App::new().app_data(state.clone()).service(api)
    });
    let server = server.workers(2).bind(address)?;
    let bound = server.addrs().first().copied().unwrap_or(address);
    Ok((server.run(), bound))
}
