//! What is signed.

/// One piece of what is signed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(untagged))]
pub enum Piece {
    /// Text with names in braces: `{body}`, `{time}`, `{id}`, `{method}`, `{url}`, `{target}`, `{path}`, `{query}`, `{header:NAME}`,
    /// `{form:NAME}`, `{query:NAME}`, `{json:POINTER}` (`{json?:POINTER}` is empty where there is none), `{digest:HASH:ENCODING}` of
    /// the body, and `{secret}` in front where a hash stands in for a MAC. A brace itself is written twice.
    ///
    /// A value must not hold the text that parts it from the next one, so that no byte can pass from the one to the other: a request in
    /// which it does is refused. The body, forms and values of JSON may hold anything, so there should be one of them at the most; else
    /// [`Weakness::ValuesRunTogether`](crate::webhook::Weakness::ValuesRunTogether) is told.
    Template(String),
    /// The pairs of a form or of the query.
    Pairs(PairsSpec),
}

/// Pairs, how they are put in order and how they are written.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
#[non_exhaustive]
pub struct PairsSpec {
    /// Whose pairs.
    pub fields: PairsOf,
    /// Those that are left out, by name.
    #[cfg_attr(feature = "serde", serde(default))]
    pub except: Vec<String>,
    /// In which order they are signed.
    #[cfg_attr(feature = "serde", serde(default))]
    pub sort: Sort,
    /// How one is written: text with `{k}` and `{v}`.
    pub pair: String,
    /// What stands between two.
    #[cfg_attr(feature = "serde", serde(default))]
    pub join: String,
    /// What becomes of a name that stands there twice.
    #[cfg_attr(feature = "serde", serde(default))]
    pub dup: Repeated,
    /// What becomes of a pair without a value.
    #[cfg_attr(feature = "serde", serde(default))]
    pub empty: Blank,
    /// How names and values are written; they are signed decoded otherwise.
    #[cfg_attr(feature = "serde", serde(default))]
    pub value: Escape,
    /// Whether a control character in a name or a value is refused, with which one pair can pass for two. A sender that sets it signs
    /// nothing that can be read in two ways; a receiver cannot tell whether its sender does.
    #[cfg_attr(feature = "serde", serde(default))]
    pub reject_control: bool,
}

impl PairsSpec {
    /// Pairs in an order, each written as a text with `{k}` and `{v}`.
    pub fn new(fields: PairsOf, sort: Sort, pair: impl Into<String>) -> Self {
        Self {
            fields,
            except: Vec::new(),
            sort,
            pair: pair.into(),
            join: String::new(),
            dup: Repeated::Reject,
            empty: Blank::Keep,
            value: Escape::None,
            reject_control: false,
        }
    }

    /// Leaves pairs of these names out.
    #[must_use]
    pub fn except(mut self, names: &[&str]) -> Self {
        self.except = names.iter().map(|name| (*name).to_owned()).collect();
        self
    }

    /// Puts something between two.
    #[must_use]
    pub fn joined(mut self, join: impl Into<String>) -> Self {
        self.join = join.into();
        self
    }

    /// Counts equal pairs once, and takes others of one name.
    #[must_use]
    pub fn deduped(mut self) -> Self {
        self.dup = Repeated::Dedupe;
        self
    }

    /// Joins the values of one name with this.
    #[must_use]
    pub fn joining_repeated(mut self, between: impl Into<String>) -> Self {
        self.dup = Repeated::Join(between.into());
        self
    }

    /// Leaves pairs without a value out.
    #[must_use]
    pub const fn without_blank(mut self) -> Self {
        self.empty = Blank::Skip;
        self
    }

    /// Writes names and values with percent escapes.
    #[must_use]
    pub const fn escaped(mut self) -> Self {
        self.value = Escape::Percent;
        self
    }

    /// Refuses control characters in names and values.
    #[must_use]
    pub const fn rejecting_control(mut self) -> Self {
        self.reject_control = true;
        self
    }
}

/// Where pairs are taken from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum PairsOf {
    /// The form in the body, `application/x-www-form-urlencoded`.
    Form,
    /// The query.
    Query,
}

/// The order of pairs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum Sort {
    /// By the whole text of a pair as it is signed, which is not the order of the names.
    Line,
    /// By the name.
    Key,
    /// By the name, then by the value.
    KeyValue,
    /// As they were sent.
    #[default]
    AsSent,
}

/// What becomes of a name that stands there more than once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum Repeated {
    /// The request is refused.
    #[default]
    Reject,
    /// Pairs that are equal count once, others all.
    Dedupe,
    /// Its values are joined with this into one pair.
    Join(String),
}

/// What becomes of a pair without a value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "lowercase"))]
pub enum Blank {
    /// It is signed.
    #[default]
    Keep,
    /// It is not signed: anybody on the way may add one.
    Skip,
}

/// How names and values are written in a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "lowercase"))]
pub enum Escape {
    /// Decoded.
    #[default]
    None,
    /// With percent escapes, a space as `%20`.
    Percent,
}

/// A message is one piece, or a list of them.
#[cfg(feature = "serde")]
pub(super) fn one_or_many<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<Piece>, D::Error> {
    #[derive(serde::Deserialize)]
    #[serde(untagged)]
    enum OneOrMany {
        One(Piece),
        Many(Vec<Piece>),
    }

    Ok(match serde::Deserialize::deserialize(deserializer)? {
        OneOrMany::One(piece) => vec![piece],
        OneOrMany::Many(pieces) => pieces,
    })
}
