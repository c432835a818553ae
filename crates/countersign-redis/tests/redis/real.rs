//! Against Redis or Valkey itself: the program that `COUNTERSIGN_REDIS_SERVER` names, or `redis-server`. Each test has servers of its own.

#[cfg(feature = "cluster")]
mod cluster;
mod outages;
mod server;
mod sharing;
#[cfg(feature = "tls")]
mod tls;
mod users;
