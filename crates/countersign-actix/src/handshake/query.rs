//! Parameters of a query, each of them once.

use form_urlencoded::parse;

use super::error::Error;

/// The only value of this name; `None` when there is none.
pub(super) fn optional(query: &str, name: &'static str) -> Result<Option<String>, Error> {
    let mut values = parse(query.as_bytes()).filter(|(own, _)| own == name).map(|(_, value)| value.into_owned());
    match (values.next(), values.next()) {
        (value, None) => Ok(value),
        (_, Some(_)) => Err(Error::Repeated(name)),
    }
}

pub(super) fn required(query: &str, name: &'static str) -> Result<String, Error> {
    optional(query, name)?.ok_or(Error::Missing(name))
}
