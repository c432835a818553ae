//! An API of many clients, whose keys and rights are rows of a database.
//!
//! * [`store`]: the tables, and the loader that asks them.
//! * [`server`]: the routes, behind the guard and the cache of keys.
//! * [`tour`]: clients that call it, and what they are answered.

pub mod client;
pub mod server;
pub mod store;
pub mod tour;

#[cfg(test)]
mod tests;
