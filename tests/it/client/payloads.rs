//! Bodies of every kind: at hand, streams, forms, none.
