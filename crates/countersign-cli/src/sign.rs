//! `sign`: a request with its signature.

use std::time::Duration;

use countersign::{Cavage, Component, Coverage, DigestAlgorithm, Scheme, UnixTime, When, digest_field};

use crate::{
    Outcome,
    args::{Placement, SignArgs},
    dialect,
    failure::Failure,
    flags::{self, AlgorithmFlag, HeadersFlag},
    message::Message,
    signing_key::Key,
};

/// How long a covered `(expires)` lies ahead where no flag says it: as long as the default policy accepts the signature.
const LIFETIME: Duration = Duration::from_secs(300);

pub(crate) fn run(args: &SignArgs, input: &[u8]) -> Result<Outcome, Failure> {
    let mut message = Message::read(input)?;
    message.request()?;
    let key = Key::read(args)?;
    let (created, lifetime) = times(args)?;
    let scheme = scheme(args);
    let coverage = coverage(args, scheme)?;
    if args.digest && message.values("digest").next().is_none() {
        let digest = digest_field(DigestAlgorithm::Sha256, message.body());
        message.add("digest", digest.as_bytes())?;
    }
    let parts = key.sign(scheme, coverage, lifetime, &message.request()?, created)?;
    for field in &parts.fields {
        message.set(field)?;
    }
    Ok(Outcome::done(message.into_bytes()))
}

/// When the signature is made, and for how long it lives. One that nobody could accept is not made.
fn times(args: &SignArgs) -> Result<(UnixTime, Duration), Failure> {
    let now = flags::now(args.now);
    let created = args.created.unwrap_or(now);
    if created > now {
        return Err(Failure::refused("--created lies in the future"));
    }
    let Some(expires) = args.expires else { return Ok((created, LIFETIME)) };
    if expires < now {
        return Err(Failure::refused("--expires lies in the past"));
    }
    Ok((created, Duration::from_secs(expires.as_secs().saturating_sub(created.as_secs()))))
}

/// The dialect's scheme. The suite wants the signature in `Authorization`, and so it has to be in a message that has another
/// signature there already, as some of the suite's have.
fn scheme(args: &SignArgs) -> Cavage {
    let mut scheme = dialect::scheme(&args.scheme);
    if args.algorithm == Some(AlgorithmFlag::Hs2019) {
        scheme = scheme.allowing(countersign::Switch::Hs2019);
    }
    match args.placement {
        Some(Placement::Signature) => scheme.in_signature(),
        None if args.scheme.dialect.is_some() => scheme,
        Some(Placement::Authorization) | None => scheme.in_authorization(),
    }
}

/// What to cover. A time that a flag states has to be covered, or it would not be written.
fn coverage(args: &SignArgs, scheme: Cavage) -> Result<Coverage, Failure> {
    let stated = [
        ("--created", args.created.map(|_| Component::Created)),
        ("--expires", args.expires.map(|_| Component::Expires)),
    ];
    let stated = stated.into_iter().filter_map(|(flag, component)| Some((flag, component?)));
    let list = match HeadersFlag::new(args.headers.as_ref()) {
        HeadersFlag::Nothing => return Err(Failure::misuse("--headers: a signature has to cover something")),
        HeadersFlag::Absent => {
            let add = |table: Coverage, (_, component)| table.and(component, When::Always);
            return Ok(stated.fold(scheme.coverage(), add));
        }
        HeadersFlag::List(list) => flags::coverage(&scheme, list)?,
    };
    for (flag, component) in stated {
        if !list.iter().any(|(covered, _)| *covered == component) {
            return Err(Failure::misuse(format!("{flag}: {component} is not among --headers")));
        }
    }
    Ok(list)
}
