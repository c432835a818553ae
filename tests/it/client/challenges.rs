//! Servers that ask for more to be covered.
