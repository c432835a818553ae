//! What a server's answers mean. Anything that is not known by name here is an error, and never a request that is new.

use countersign::{Reserved, Ticket};
use redis::Value;

use crate::{
    entry::{SEEN, is_token},
    error::StoreError,
};

/// To `SET NX PX`.
pub(crate) fn reserved(value: &Value, ticket: Ticket) -> Result<Reserved, StoreError> {
    match value {
        Value::Okay => Ok(Reserved::New(ticket)),
        Value::Nil => Ok(Reserved::Seen),
        _ => Err(StoreError::Unexpected { command: "SET NX" }),
    }
}

/// To `SET NX GET PX`: the value that was there.
pub(crate) fn leased(value: &Value, ticket: Ticket) -> Result<Reserved, StoreError> {
    match value {
        Value::Nil => Ok(Reserved::New(ticket)),
        Value::BulkString(value) if value == SEEN => Ok(Reserved::Seen),
        Value::BulkString(value) if is_token(value) => Ok(Reserved::UnderWay),
        _ => Err(StoreError::Unexpected { command: "SET NX GET" }),
    }
}

/// To `SET PX`.
pub(crate) fn committed(value: &Value) -> Result<(), StoreError> {
    match value {
        Value::Okay => Ok(()),
        _ => Err(StoreError::Unexpected { command: "SET" }),
    }
}

/// To the script that releases: how many entries it took away.
pub(crate) fn released(value: &Value) -> Result<(), StoreError> {
    match value {
        Value::Int(0 | 1) => Ok(()),
        _ => Err(StoreError::Unexpected { command: "EVAL" }),
    }
}
