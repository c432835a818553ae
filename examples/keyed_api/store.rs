//! The database: clients, their keys, their orders.
//!
//! The server needs the secret of an HMAC itself, so that it cannot be kept as a hash, as passwords are. A real deployment encrypts
//! the column `material` with a key from a KMS, gives the server's role no more than it needs of these tables, and prefers keys
//! like Ed25519: of those the public half is stored, with which nobody signs.

use std::{fs, io, path::Path, time::Duration};

use countersign::{Algorithm, Claim, Credential, KeyError, KeyId, KeyLoader, Secret, VerifyingKey};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool, SqlitePoolOptions};
use thiserror::Error;

use crate::client::{Client, UnknownRight};

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS client (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        rights TEXT NOT NULL
    ) STRICT;
    -- Several versions of one key id are valid at once while a client goes over from one to the next.
    CREATE TABLE IF NOT EXISTS client_key (
        key_id TEXT NOT NULL,
        version INTEGER NOT NULL,
        client_id INTEGER NOT NULL REFERENCES client (id),
        algorithm TEXT NOT NULL,
        material BLOB NOT NULL,
        not_after INTEGER,
        revoked INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (key_id, version)
    ) STRICT;
    CREATE TABLE IF NOT EXISTS client_order (
        id INTEGER PRIMARY KEY,
        client_id INTEGER NOT NULL REFERENCES client (id),
        item TEXT NOT NULL,
        quantity INTEGER NOT NULL
    ) STRICT;
";

/// Why the database did not do what it was asked.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StoreError {
    /// It does not answer, or not as it should.
    #[error("the database: {0}")]
    Database(#[from] sqlx::Error),
    /// A key cannot be used.
    #[error("a key of {key_id}: {source}")]
    Key {
        /// Whose.
        key_id: KeyId,
        /// Why.
        source: KeyError,
    },
    /// An algorithm that is none.
    #[error("a key of {key_id}: unknown algorithm {name:?}")]
    Algorithm {
        /// Whose.
        key_id: KeyId,
        /// What stands there.
        name: String,
    },
    /// A client with a right that is none.
    #[error("the client {name}: {source}")]
    Rights {
        /// Whose.
        name: String,
        /// Why.
        source: UnknownRight,
    },
    /// Two clients have keys of one id, so that it does not tell who calls.
    #[error("{key_id} belongs to more than one client")]
    TwoOwners {
        /// The id.
        key_id: KeyId,
    },
}

/// A key to add.
#[derive(Clone, Copy, Debug)]
pub struct NewKey<'a> {
    /// Who it belongs to.
    pub client: &'a str,
    /// What the client may do, should it be a new one.
    pub rights: &'a str,
    /// What the key is called.
    pub key_id: &'a KeyId,
    /// The name of its algorithm.
    pub algorithm: &'a str,
    /// A secret, or a public key in PEM.
    pub material: &'a [u8],
    /// When it ends, in seconds since 1970.
    pub not_after: Option<i64>,
}

/// The database.
#[derive(Clone, Debug)]
pub struct Store(SqlitePool);

impl Store {
    /// Opens a file, and makes the tables that are not there.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub async fn open(file: &Path) -> Result<Self, StoreError> {
        create_for_owner(file).map_err(sqlx::Error::Io)?;
        let options = SqliteConnectOptions::new().filename(file).foreign_keys(true);
        // Less than the five seconds after which the adapter gives up on the loader.
        let pool = SqlitePoolOptions::new().acquire_timeout(Duration::from_secs(3));
        Self::with(pool.connect_with(options).await?).await
    }

    /// A database that ends with the program.
    ///
    /// # Errors
    /// When there is no memory for it.
    pub async fn in_memory() -> Result<Self, StoreError> {
        let options = SqliteConnectOptions::new().in_memory(true).foreign_keys(true);
        // The database is its connection's.
        let pool = SqlitePoolOptions::new().max_connections(1).idle_timeout(None).max_lifetime(None);
        Self::with(pool.connect_with(options).await?).await
    }

    async fn with(pool: SqlitePool) -> Result<Self, StoreError> {
        sqlx::raw_sql(SCHEMA).execute(&pool).await?;
        Ok(Self(pool))
    }

    /// Whether there is no client yet.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn is_empty(&self) -> Result<bool, StoreError> {
        let clients: i64 = sqlx::query_scalar("SELECT count(*) FROM client").fetch_one(&self.0).await?;
        Ok(clients == 0)
    }

    /// Adds a key beside those that its id has, and the client if it is new. The key's version.
    ///
    /// # Errors
    /// When the key cannot be used, when its id is another client's, and when the database does not answer.
    pub async fn add_key(&self, new: NewKey<'_>) -> Result<i64, StoreError> {
        // What cannot be used is not stored.
        verifying_key(new.key_id, new.algorithm, new.material)?;
        let rights = Client::new(0, new.client, new.rights);
        rights.map_err(|source| StoreError::Rights { name: new.client.to_owned(), source })?;
        let mut transaction = self.0.begin_with("BEGIN IMMEDIATE").await?;
        let insert = sqlx::query("INSERT INTO client (name, rights) VALUES (?, ?) ON CONFLICT (name) DO NOTHING");
        insert.bind(new.client).bind(new.rights).execute(&mut *transaction).await?;
        let client = sqlx::query_scalar("SELECT id FROM client WHERE name = ?");
        let client: i64 = client.bind(new.client).fetch_one(&mut *transaction).await?;
        let others = sqlx::query_scalar("SELECT count(*) FROM client_key WHERE key_id = ? AND client_id <> ?");
        let others: i64 = others.bind(new.key_id.as_str()).bind(client).fetch_one(&mut *transaction).await?;
        if others > 0 {
            return Err(StoreError::TwoOwners { key_id: new.key_id.clone() });
        }
        let insert = sqlx::query_scalar(
            "INSERT INTO client_key (key_id, version, client_id, algorithm, material, not_after)
             SELECT ?1, coalesce(max(version), 0) + 1, ?2, ?3, ?4, ?5 FROM client_key WHERE key_id = ?1
             RETURNING version",
        );
        let insert = insert.bind(new.key_id.as_str()).bind(client).bind(new.algorithm);
        let version: i64 = insert.bind(new.material).bind(new.not_after).fetch_one(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(version)
    }

    /// Revokes one version of a key id, or all of them. How many keys that were.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn revoke(&self, key_id: &KeyId, version: Option<i64>) -> Result<u64, StoreError> {
        let update = sqlx::query(
            "UPDATE client_key SET revoked = 1 WHERE key_id = ?1 AND revoked = 0 AND (?2 IS NULL OR version = ?2)",
        );
        Ok(update.bind(key_id.as_str()).bind(version).execute(&self.0).await?.rows_affected())
    }

    /// Places an order of this client.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn place_order(&self, client: &Client, item: &str, quantity: u32) -> Result<i64, StoreError> {
        let insert = "INSERT INTO client_order (client_id, item, quantity) VALUES (?, ?, ?) RETURNING id";
        Ok(sqlx::query_scalar(insert).bind(client.id).bind(item).bind(quantity).fetch_one(&self.0).await?)
    }

    /// The orders of this client, and nobody else's: what and how many of it.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn orders(&self, client: &Client) -> Result<Vec<(String, u32)>, StoreError> {
        let select = "SELECT item, quantity FROM client_order WHERE client_id = ? ORDER BY id";
        Ok(sqlx::query_as(select).bind(client.id).fetch_all(&self.0).await?)
    }

    /// Ends all connections: everything fails from now on.
    pub async fn close(&self) {
        self.0.close().await;
    }
}

impl KeyLoader for Store {
    type Caller = Client;
    type Error = StoreError;

    /// The key id is anybody's text. It is bound to the query and never part of it, so one that looks like SQL is an unknown id.
    async fn load(&self, claim: Claim) -> Result<Option<Credential<Client>>, StoreError> {
        let Some(key_id) = claim.key_id() else { return Ok(None) };
        // The newest first. A policy tries four keys unless it is told otherwise.
        let select = sqlx::query_as(
            "SELECT client.id, client.name, client.rights, client_key.algorithm, client_key.material
             FROM client_key JOIN client ON client.id = client_key.client_id
             WHERE client_key.key_id = ? AND client_key.revoked = 0
               AND (client_key.not_after IS NULL OR client_key.not_after > unixepoch())
             ORDER BY client_key.version DESC",
        );
        let rows: Vec<(i64, String, String, String, Vec<u8>)> = select.bind(key_id.as_str()).fetch_all(&self.0).await?;
        let Some((id, name, rights, ..)) = rows.first() else { return Ok(None) };
        if rows.iter().any(|(owner, ..)| owner != id) {
            return Err(StoreError::TwoOwners { key_id: key_id.clone() });
        }
        let client = Client::new(*id, name, rights);
        let client = client.map_err(|source| StoreError::Rights { name: name.clone(), source })?;
        let keys = rows.iter().map(|(.., algorithm, material)| verifying_key(key_id, algorithm, material));
        Ok(Some(Credential::with_keys(keys.collect::<Result<_, _>>()?, client)))
    }
}

/// Makes the file if it is not there, for nobody else to read: it holds secrets.
fn create_for_owner(file: &Path) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file).map(drop)
}

fn verifying_key(key_id: &KeyId, algorithm: &str, material: &[u8]) -> Result<VerifyingKey, StoreError> {
    let unknown = || StoreError::Algorithm { key_id: key_id.clone(), name: algorithm.to_owned() };
    let algorithm = Algorithm::from_name(algorithm).ok_or_else(unknown)?;
    let key = if algorithm.is_symmetric() {
        Secret::new(material).and_then(|secret| VerifyingKey::hmac(algorithm, &secret))
    } else {
        VerifyingKey::from_pem(algorithm, material)
    };
    key.map_err(|source| StoreError::Key { key_id: key_id.clone(), source })
}
