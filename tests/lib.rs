//! The tests are in `it`, one binary; here is what they share with the command `attack`.

pub mod catalogue;
pub mod events;
