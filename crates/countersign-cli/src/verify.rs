//! `verify`: one line with the verdict.

use std::{borrow::Cow, time::Duration};

use countersign::{Cavage, Coverage, KeyId, Policy, UnixTime, Verifier, VerifyingKey};
use countersign_keyfile::KeyFile;

use crate::{
    Outcome,
    args::VerifyArgs,
    dialect,
    failure::Failure,
    flags::{self, HeadersFlag},
    message::Message,
    public_key,
    verdict::Verdict,
};

/// Where the keys come from.
enum Keys {
    File(Box<KeyFile>),
    /// One key, of whatever id.
    Public(Vec<VerifyingKey>),
}

pub(crate) fn run(args: &VerifyArgs, input: &[u8]) -> Result<Outcome, Failure> {
    let message = Message::read(input)?;
    let request = message.request()?;
    let keys = match (&args.key.keys, &args.key.public_key) {
        (Some(path), _) => {
            let file = KeyFile::read(path).map_err(|error| Failure::key_file(path, &error))?;
            Keys::File(Box::new(file))
        }
        (None, Some(path)) => Keys::Public(public_key::read(path, args.key_type, args.algorithm)?),
        (None, None) => return Err(Failure::misuse("no key")),
    };
    let scheme = dialect::scheme(&args.scheme);
    let verifier = Verifier::new(scheme, policy(args, &scheme, &keys)?);
    let now = flags::now(args.now);
    let verdict = verifier.begin(&request, now).and_then(|unverified| {
        let ring = ring(args, &keys, unverified.key_id(), now);
        unverified.verify(&ring, message.body())
    });
    let verdict = match &verdict {
        Ok(verified) => Verdict::Accepted { key: verified.key_id(), verified },
        Err(error) => Verdict::Refused { error, claimed: verifier.claimed_key_id(&request) },
    };
    verdict.outcome(args.json)
}

/// The keys of a claimed id that are in use; none for an id that is not known, or not the one that is asked for.
fn ring<'k>(args: &VerifyArgs, keys: &'k Keys, claimed: Option<&KeyId>, now: UnixTime) -> Cow<'k, [VerifyingKey]> {
    let claimed = claimed.map(KeyId::as_str);
    if args.key_id.is_some() && args.key_id.as_deref() != claimed {
        return Cow::default();
    }
    match keys {
        Keys::File(file) => claimed.map(|id| file.verifying_keys_at(id, now)).unwrap_or_default().into(),
        Keys::Public(ways) => ways.into(),
    }
}

fn policy(args: &VerifyArgs, scheme: &Cavage, keys: &Keys) -> Result<Policy, Failure> {
    let requiring = |coverage: &Coverage| {
        // What is covered is judged, a time above all.
        let nothing = Policy::dangerous_requiring_nothing().dangerous_time_optional();
        coverage.iter().fold(nothing, |policy, (component, when)| policy.require(component.clone(), when.clone()))
    };
    let mut policy = match (HeadersFlag::new(args.headers.as_ref()), keys) {
        (HeadersFlag::List(list), _) => requiring(&flags::coverage(scheme, list)?),
        (HeadersFlag::Nothing, _) => requiring(&Coverage::empty()),
        (HeadersFlag::Absent, Keys::File(_)) => {
            args.scheme.dialect.map_or_else(Policy::default, countersign::Dialect::policy)
        }
        (HeadersFlag::Absent, Keys::Public(_)) if args.max_age.is_some() => {
            // Whoever names an age wants it judged.
            Policy::dangerous_requiring_nothing().dangerous_time_optional()
        }
        (HeadersFlag::Absent, Keys::Public(_)) => Policy::dangerous_requiring_nothing(),
    };
    if let Some(seconds) = args.max_age {
        policy = policy.max_age(Duration::from_secs(seconds));
    }
    if let Some(seconds) = args.skew {
        policy = policy.max_skew(Duration::from_secs(seconds));
    }
    Ok(match keys {
        Keys::File(_) => policy,
        // They are one key, in every way in which it may have signed.
        Keys::Public(_) => policy.max_keys(public_key::MAX_WAYS),
    })
}
