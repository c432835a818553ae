//! The tests are in `it`, one binary; this library is empty.
