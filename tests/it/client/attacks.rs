//! The rows of the attack catalogue that are about a client.
