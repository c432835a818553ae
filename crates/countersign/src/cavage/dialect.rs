//! What a deployment's dialect of draft-cavage can differ in, as data.

use std::fmt;

use super::switch::Switches;
use crate::{algorithm::Algorithm, coverage::When, field::WellKnown, signature::Encoding};

/// A deployment's dialect: how it spells signatures, what its clients cover, and what its servers ask for.
///
/// Each is a row of data and none a path of code. [`Dialect::ALL`] lists them; what each is like stands in
/// [`Dialect::about`], what it leaves to anybody on the way in [`Dialect::unprotected`]. A deployment that signs other components
/// than the row says is served by [`Signer::covering`](crate::Signer::covering) and by a policy of its own.
///
/// # What cannot be expressed
///
/// * Apigee's callout, which lists `created` without parentheses and prints it with them.
/// * Names that keep their case in the signing string, as Kong's clients may write them.
/// * The first value of a repeated field alone, as Kong, APISIX and gin sign it: what follows would be anybody's.
/// * A merchant that is signed and another that is sent, as Cybersource has it with meta keys.
/// * An empty list that stands for an empty signing string, which proves nothing.
/// * The request line without its method of Perl's `Authen::HTTP::Signature`, which nobody else reads.
/// * White space around values that is signed, as drafts 00 to 02 have it: HTTP libraries take it away.
/// * RFC 9421, which nginx-auth-httpsig and Upvest speak: another language.
///
/// ```
/// use countersign::{Dialect, Request, Secret, Signer, SigningKey, UnixTime};
///
/// let kong = Dialect::named("kong").unwrap();
/// let secret = Secret::new("correct horse battery staple")?;
/// let signer = Signer::new(kong.scheme(), SigningKey::hmac_sha256("alice", &secret)?);
///
/// let fields = [("host", "api.example")];
/// let request = Request::new("GET", "/orders?page=2", &fields).with_body(b"");
/// let parts = signer.sign(&request, UnixTime::from_secs(784_111_777))?;
/// assert_eq!(parts.fields[1].name.as_str(), "authorization");
/// assert!(parts.fields[1].value.starts_with(
///     br#"hmac username="alice", algorithm="hmac-sha256", headers="date @request-target", signature=""#));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Dialect {
    pub(crate) name: &'static str,
    /// Other names that people may look for.
    pub(crate) also: &'static [&'static str],
    pub(crate) about: &'static str,
    pub(crate) wire: Wire,
    /// What a signer covers unless it is told otherwise, in order.
    pub(crate) covers: &'static [(&'static str, Due)],
    /// What a server of the deployment asks for, as far as it is safe to ask for no more. `None` is the default policy.
    pub(crate) requires: Option<&'static [(&'static str, Due)]>,
    /// How old a signature may be, in seconds.
    pub(crate) max_age: u64,
    /// How far ahead of our clock it may have been made, in seconds.
    pub(crate) max_skew: u64,
    pub(crate) secret: SecretText,
}

/// When a component is due: [`When`](crate::When) as data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Due {
    Always,
    Body,
    Present,
    Methods(&'static [&'static str]),
}

impl Due {
    pub(super) fn when(self) -> When {
        match self {
            Self::Always => When::Always,
            Self::Body => When::Body,
            Self::Present => When::Present,
            Self::Methods(methods) => When::Method(methods.iter().map(|method| (*method).to_owned()).collect()),
        }
    }
}

/// How the text of a shared secret is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SecretText {
    Literal,
    Base64,
}

/// The wire: everything that decides about bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "a row of data: each is a question that a deployment answers")]
pub(crate) struct Wire {
    /// The field that signing sets.
    pub(super) carrier: WellKnown,
    /// The fields in which a signature is looked for, beside the word that credentials begin with.
    pub(super) reads: &'static [WellKnown],
    pub(super) word: &'static str,
    /// The parameters that are written, in order, each with the text that leads up to its value. The value is quoted where that
    /// text ends in a quotation mark.
    pub(super) layout: &'static [(Param, &'static str)],
    /// What the key id's parameter is called where it is read.
    pub(super) key_id: &'static str,
    /// Names of algorithms that are not the registered ones.
    pub(super) algorithm_names: &'static [(Algorithm, &'static str)],
    /// Whether `created` is stated without being covered.
    pub(super) states_created: bool,
    pub(super) encoding: Encoding,
    /// How the target is listed and what its line is; the first is written.
    pub(super) targets: &'static [TargetLine],
    /// Whether `targets` is what the draft says, so that lists can be recognised as a whole.
    pub(super) names_are_the_drafts: bool,
    /// What of the target is signed where we sign. It is read as sent, and otherwise under a switch.
    pub(super) writes_target: TargetText,
    pub(super) frame: Frame,
    /// What becomes of a covered field that is absent, where that is allowed.
    pub(super) absent: Absent,
    /// Whether a field with several values cannot be covered, since the deployment signs the first or joins them another way.
    pub(super) single_values: bool,
    /// A field that stands in for `date` where it is present.
    pub(super) date: DateLine,
    /// Fields beside `date` that tell when a request was signed.
    pub(super) also_dates: &'static [&'static str],
    /// Whether dates end in `+0000` rather than `GMT`.
    pub(super) numeric_zone: bool,
    pub(super) digest: DigestForm,
    /// Whether a request without body has a line for its absent `digest`, with nothing in it.
    pub(super) blank_digest: bool,
    /// The switches that are on from the start.
    pub(super) switches: Switches,
    /// Whether the draft's last version is read to the letter.
    pub(super) by_the_letter: bool,
    /// Whether an absent list means `(created)` alone, `date` alone, or whichever is there.
    pub(super) default_list: DefaultList,
}

/// A parameter of the signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Param {
    KeyId,
    Algorithm,
    Created,
    Expires,
    Headers,
    /// `headers`, but for a list of `date` alone.
    HeadersUnlessDate,
    Signature,
}

/// The name under which the target is listed, and what its line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TargetLine {
    pub(super) name: &'static str,
    pub(super) form: TargetForm,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TargetForm {
    /// `name: get /path`.
    Named,
    /// `GET /path`.
    Bare,
    /// `GET /path HTTP/1.1`.
    RequestLine,
}

/// The target's name and line in the draft itself.
pub(super) const REQUEST_TARGET: TargetLine = TargetLine { name: "(request-target)", form: TargetForm::Named };

/// What of the target is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TargetText {
    AsSent,
    /// The path alone.
    WithoutQuery,
    /// The path with its percent escapes resolved, and the query as sent unless the method is one of these.
    Decoded {
        no_query_for: &'static [&'static str],
    },
    /// The decoded path alone.
    DecodedWithoutQuery,
}

/// What stands around the lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Frame {
    None,
    /// The key id as a line before, and a line end behind the last.
    KeyIdAndFinalLineEnd,
}

/// What becomes of a covered field that is absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Absent {
    Refused,
    /// `name: `.
    Blank,
    /// `name:`.
    BlankWithoutSpace,
    Skipped,
}

/// The line of a covered `date`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DateLine {
    Own,
    /// That of another field, name and value, where it is present.
    Replaced(&'static str),
    /// The value of another field under the name `date`, where there is no `date` and that field is present.
    Valued(&'static str),
}

/// How the body's digest is written in `Digest`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DigestForm {
    Sha256,
    LowerSha256,
    LowerSha512,
    /// A multihash in Base64url, as `mh=u…`.
    Multihash,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DefaultList {
    /// `(created)` where there is a `created`, else `date`.
    WhicheverIsThere,
    Created,
    Date,
}

impl Wire {
    /// Whether a parameter has a place among those that are written.
    pub(super) fn writes(&self, param: Param) -> bool {
        self.layout.iter().any(|(written, _)| *written == param)
    }
}

impl Dialect {
    /// The dialect's name, as the command takes it.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// What the dialect is and what it does not express, in a few sentences.
    #[must_use]
    pub const fn about(&self) -> &'static str {
        self.about
    }

    /// The dialect of a name, in any case.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        let is = |known: &&str| known.eq_ignore_ascii_case(name);
        Self::ALL.iter().copied().find(|dialect| is(&dialect.name) || dialect.also.iter().any(is))
    }
}

impl PartialEq for Dialect {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Dialect {}

impl fmt::Debug for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Dialect").field(&self.name).finish()
    }
}
