//! Action menu items and webhooks of Autodesk Flow Production Tracking, on both sides.
//!
//! * [`server`]: the action server, which verifies the signed form of an action and the signed body of a webhook.
//! * [`flow`]: what Flow sends, signed as it signs it.
//! * [`tour`]: what is accepted, and what is refused.
//!
//! A browser opens an action: its user sees the signed form and can send it again within its ten seconds.

pub mod flow;
pub mod server;
pub mod tour;

/// The secret token of an action. A real one is random.
pub const TOKEN: &str = "the secret token of an action";
/// The secret token of a webhook.
pub const WEBHOOK_TOKEN: &str = "the secret token of a webhook";
