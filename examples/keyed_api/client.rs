//! Who calls, and what they may do.

use std::{str::FromStr, sync::Arc};

use thiserror::Error;

/// What a client may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// See its own orders.
    Read,
    /// Place orders.
    Write,
    /// Add and revoke keys, of any client.
    Admin,
}

impl FromStr for Right {
    type Err = UnknownRight;

    fn from_str(name: &str) -> Result<Self, UnknownRight> {
        match name {
            "read" => Ok(Self::Read),
            "write" => Ok(Self::Write),
            "admin" => Ok(Self::Admin),
            _ => Err(UnknownRight),
        }
    }
}

/// A word that is no right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("rights are read, write and admin, with spaces between them")]
pub struct UnknownRight;

/// A caller whose signature holds: what the loader gives, and handlers receive.
#[derive(Clone, Debug)]
pub struct Client {
    /// Its row.
    pub id: i64,
    /// Its name.
    pub name: Arc<str>,
    rights: Arc<[Right]>,
}

impl Client {
    /// A client with rights as the database spells them.
    ///
    /// # Errors
    /// When one of the words is no right.
    pub fn new(id: i64, name: &str, rights: &str) -> Result<Self, UnknownRight> {
        let rights = rights.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
        Ok(Self { id, name: name.into(), rights })
    }

    /// Whether it may do this.
    #[must_use]
    pub fn may(&self, right: Right) -> bool {
        self.rights.contains(&right)
    }
}
