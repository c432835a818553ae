//! A gateway between a partner that signs its messages and a system that knows users and passwords alone.
//!
//! * [`secrets`]: where the partner's key and the system's user and password are kept, as in an encrypted key value map.
//! * [`gateway`]: verifies a message, and sends it on under the user's name.
//! * [`partner`] and [`target`]: what stands in for both ends.
//! * [`tour`]: what is sent on, and what is refused.

pub mod gateway;
pub mod partner;
pub mod secrets;
pub mod target;
pub mod tour;

/// The partner's key in Base64, as the partner shows it. A real one is random.
pub const PARTNER_KEY: &str = "YSBrZXkgdGhhdCB0aGUgcGFydG5lciBoYXM=";
/// The user under whose name messages are sent on.
pub const USER: &str = "s0012345";
/// The user's password.
pub const PASSWORD: &str = "a password of the target system";
