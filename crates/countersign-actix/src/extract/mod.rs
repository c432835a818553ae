//! The extractors, and what they share with the guard.

mod caller;
mod maybe;
mod pass;
mod passing;
mod signed;
mod unchecked;

pub(crate) use self::pass::{Need, Passed, need};
pub use self::{caller::Caller, maybe::MaybeSigned, signed::Signed, unchecked::SignedUnchecked};
