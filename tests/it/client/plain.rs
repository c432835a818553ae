//! A plain request of http, sent by hyper.
