//! The tests are in `it`, one binary; here is what is more than a test: the attack catalogue.

pub mod catalogue;
