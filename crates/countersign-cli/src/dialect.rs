//! Dialects and switches: from the flags to the core's scheme. Whatever the core lists is taken by its name.

use countersign::{Cavage, Dialect, Switch};

use crate::args::SchemeArgs;

/// Reads `--dialect`.
pub(crate) fn dialect(name: &str) -> Result<&'static Dialect, String> {
    Dialect::named(name).ok_or_else(|| format!("not one of {}", dialect_names()))
}

/// Reads `--allow`.
pub(crate) fn switch(name: &str) -> Result<Switch, String> {
    Switch::from_name(name).ok_or_else(|| format!("not one of {}", switch_names()))
}

/// The help of `--dialect`.
pub(crate) fn dialects() -> String {
    format!("A deployment's dialect [default: standard], one of {}", dialect_names())
}

/// The help of `--allow`.
pub(crate) fn switches() -> String {
    format!("Something that the dialect does not do by itself; may be repeated. One of {}", switch_names())
}

fn dialect_names() -> String {
    Dialect::ALL.iter().map(|dialect| dialect.name()).collect::<Vec<_>>().join(", ")
}

fn switch_names() -> String {
    Switch::ALL.iter().map(|switch| switch.name()).collect::<Vec<_>>().join(", ")
}

/// The scheme that the flags name.
pub(crate) fn scheme(args: &SchemeArgs) -> Cavage {
    let scheme = args.dialect.unwrap_or(Dialect::STANDARD).scheme();
    args.allow.iter().fold(scheme, |scheme, switch| scheme.allowing(*switch))
}

/// `dialects`: what each is like, and what it leaves to anybody on the way.
pub(crate) fn tell(one: Option<&'static Dialect>) -> String {
    let told = |dialect: &&'static Dialect| {
        let unprotected: Vec<_> = dialect.unprotected().iter().map(ToString::to_string).collect();
        let unprotected = if unprotected.is_empty() { "nothing".to_owned() } else { unprotected.join(" ") };
        format!("{}\n  {}\n  unprotected beside the default: {unprotected}\n", dialect.name(), dialect.about())
    };
    one.as_ref().map_or_else(|| Dialect::ALL.iter().map(told).collect(), told)
}
