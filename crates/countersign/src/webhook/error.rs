//! Why a webhook's layout cannot work.

use thiserror::Error;

/// Why a layout was refused. It is refused when it is made, so that no request meets it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum WebhookError {
    /// No preset of this name.
    #[error("no preset is called {0:?}")]
    UnknownPreset(String),
    /// It protects too little to be taken by a name that does not say so.
    #[error("{0}: it is taken only where that is said to be dangerous")]
    Dangerous(Weakness),
    /// The URL is signed, and none was given.
    #[error("the URL is signed: say which it is")]
    NeedsUrl,
    /// This build lacks a feature that the layout needs.
    #[error("this build is without the feature {0:?}")]
    NeedsFeature(&'static str),
    /// A name in braces that means nothing, or a brace that is not closed.
    #[error("{text:?} cannot be read: {reason}")]
    Template {
        /// The template.
        text: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A name that cannot be that of a header field.
    #[error("{0:?} is no name of a header field")]
    FieldName(String),
    /// Text that is no JSON pointer (RFC 6901).
    #[error("{0:?} is no JSON pointer")]
    Pointer(String),
    /// Text that is no URL as it is signed: a scheme, a host, and what follows.
    #[error("{0:?} is no URL")]
    Url(String),
    /// Two parts of the layout that cannot go together, or one that cannot stand there.
    #[error("the layout cannot work: {0}")]
    Impossible(&'static str),
    /// More keys sign than the layout has room for.
    #[error("the layout has room for {room} signature(s), {keys} keys given")]
    TooManyKeys {
        /// How many signatures it takes.
        room: usize,
        /// How many keys there are.
        keys: usize,
    },
}

/// What a webhook leaves open, whatever the receiver does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Weakness {
    /// The secret itself is sent.
    Token,
    /// A hash with the secret in it stands in for a MAC.
    PlainHash,
    /// The body, or a part of it, is not signed.
    BodyUncovered,
    /// Nothing says when the request was signed.
    NoTime,
    /// The id of the delivery is not signed.
    IdUncovered,
    /// Nothing of the method and the URL is signed.
    TargetUncovered,
    /// HMAC with SHA-1.
    Sha1,
    /// The body is bound by MD5 or SHA-1 alone.
    WeakBodyHash,
    /// Pairs without a value are not signed.
    BlankPairsUncovered,
    /// Pairs are signed without escapes, so that two requests can have one signature.
    PairsRunTogether,
    /// Two values are signed with nothing between them, so that two requests can have one signature.
    ValuesRunTogether,
}

impl std::fmt::Display for Weakness {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Token => "the secret itself is sent: whoever sees one request can make any other",
            Self::PlainHash => "a hash stands in for a MAC: whoever has seen one request can make a longer one",
            Self::BodyUncovered => "the body, or a part of it, is not signed: anybody on the way may change it",
            Self::NoTime => "nothing says when a request was signed: it can be sent again at any time",
            Self::IdUncovered => "the id of the delivery is not signed: whoever sends one again can give it another id",
            Self::TargetUncovered => "the URL is not signed: a request can be sent to another one",
            Self::Sha1 => "the MAC rests on SHA-1",
            Self::WeakBodyHash => "the body is bound by a hash for which two bodies can be made",
            Self::BlankPairsUncovered => "pairs without a value are not signed: anybody on the way may add one",
            Self::PairsRunTogether => {
                "pairs are signed without escapes: a line break in one can stand for another pair"
            }
            Self::ValuesRunTogether => {
                "values are signed with nothing between them: a byte of the one can pass for one of the other"
            }
        })
    }
}
