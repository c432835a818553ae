//! A clock that is wrong, and servers that show it.
