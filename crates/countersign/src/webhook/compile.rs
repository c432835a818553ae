//! From what a user wrote to a layout that works, or to the reason why it cannot.

use super::{
    error::WebhookError,
    guard::Guard,
    layout::{CONTROL, LayoutPlan},
    plan::{Carrier, DigestPlan, HashText, IdPlan, KeyIdAt, PairsPlan, Part, Plan, Source, TimePlan},
    spec::{At, BodyHash, DigestSpec, IdSpec, Mac, Piece, SignatureEncoding, Spec, TimeSpec},
    template::{self, Token},
};
use crate::{
    algorithm::Algorithm, component::CoveredComponents, coverage::Coverage, field::FieldName, scheme_name::SchemeName,
    signature::Encoding,
};

/// Numbered fields are read up to this one.
const MOST_NUMBERED: usize = 100;
/// The most fields that are named one by one.
const MOST_NAMED: usize = 16;
/// The greatest age where the layout states none, and the furthest future, in seconds.
const TOLERANCE: u64 = 300;

pub(super) fn compile(name: &str, spec: Spec) -> Result<Plan, WebhookError> {
    let is_name = (1..=64).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_graphic());
    if !is_name || name == "cavage" {
        return Err(WebhookError::Impossible("its name is empty, too long, taken, or not of visible ASCII"));
    }
    let algorithm = algorithm(spec.mac)?;
    let parts = parts(&spec)?;
    let carrier = carrier(&spec.signature.at)?;
    let layout = LayoutPlan::new(&spec)?;
    let encoding = encoding(spec.signature.encoding);
    if (encoding == Encoding::Raw) != (spec.mac == Mac::DangerousToken)
        || (encoding == Encoding::Raw && layout.room() > 1)
    {
        return Err(WebhookError::Impossible("a token is written as it is, alone, and nothing else is"));
    }
    let signs_url = parts.iter().any(|part| matches!(part, Part::Url));
    match &spec.url {
        None if signs_url => return Err(WebhookError::NeedsUrl),
        Some(url) => url.check()?,
        None => {}
    }
    let mut plan = Plan {
        name: SchemeName::given(name),
        algorithm,
        carrier,
        layout,
        encoding,
        time: spec.time.as_ref().map(time).transpose()?,
        id: spec.id.as_ref().map(id).transpose()?,
        key_id: key_id(&spec)?,
        digest: spec.digest.as_ref().map(digest).transpose()?,
        covered: CoveredComponents::none(),
        coverage: Coverage::empty(),
        guards: Guard::of(&parts, &spec),
        parts,
        signs_url,
        spec,
    };
    plan.check_body()?;
    plan.check_values()?;
    plan.check_places()?;
    plan.cover()?;
    Ok(plan)
}

fn algorithm(mac: Mac) -> Result<Algorithm, WebhookError> {
    let algorithm = match mac {
        Mac::HmacSha1 => Algorithm::HmacSha1,
        Mac::HmacSha224 => Algorithm::HmacSha224,
        Mac::HmacSha256 => Algorithm::HmacSha256,
        Mac::HmacSha384 => Algorithm::HmacSha384,
        Mac::HmacSha512 => Algorithm::HmacSha512,
        Mac::Ed25519 => Algorithm::Ed25519,
        Mac::EcdsaP256Sha256 => Algorithm::EcdsaSha256,
        Mac::DangerousToken => Algorithm::DangerousToken,
        Mac::DangerousHashSha256 => Algorithm::DangerousSha256,
    };
    let needs_feature = !algorithm.is_symmetric() && cfg!(not(feature = "asymmetric"));
    if needs_feature { Err(WebhookError::NeedsFeature("asymmetric")) } else { Ok(algorithm) }
}

const fn encoding(encoding: SignatureEncoding) -> Encoding {
    match encoding {
        SignatureEncoding::Hex => Encoding::Hex,
        SignatureEncoding::HexUpper => Encoding::UpperHex,
        SignatureEncoding::Base64 => Encoding::Base64,
        SignatureEncoding::Base64Url => Encoding::UrlSafeBase64,
        SignatureEncoding::Raw => Encoding::Raw,
    }
}

fn parts(spec: &Spec) -> Result<Vec<Part>, WebhookError> {
    let mut parts = Vec::new();
    for (at, piece) in spec.message.iter().enumerate() {
        match piece {
            Piece::Pairs(pairs) => {
                let pair = template::read(&pairs.pair)?;
                let known = |token: &Token| matches!(token, Token::Name(name) if name != "k" && name != "v");
                if pair.iter().any(known) {
                    return Err(template::unknown(&pairs.pair));
                }
                let value = |name: &str| pair.iter().any(|token| *token == Token::Name(name.to_owned()));
                if !value("k") || !value("v") {
                    return Err(WebhookError::Impossible("a pair is signed without its name or its value"));
                }
                parts.push(Part::Pairs(PairsPlan { spec: pairs.clone(), pair }));
            }
            Piece::Template(text) => {
                let tokens = template::read(text)?;
                for (token_at, token) in tokens.iter().enumerate() {
                    match token {
                        Token::Name(name) if name == "secret" => {
                            if spec.mac != Mac::DangerousHashSha256 || at > 0 || token_at > 0 {
                                return Err(WebhookError::Impossible(
                                    "a secret stands in front of a message that is hashed",
                                ));
                            }
                        }
                        Token::Name(name) => {
                            parts.push(part(name).unwrap_or_else(|| Err(template::unknown(text)))?);
                        }
                        Token::Text(text) => parts.push(Part::Text(text.clone().into_bytes())),
                    }
                }
                let begins = tokens.first() == Some(&Token::Name("secret".to_owned()));
                if spec.mac == Mac::DangerousHashSha256 && at == 0 && !begins {
                    return Err(WebhookError::Impossible("a secret stands in front of a message that is hashed"));
                }
            }
        }
    }
    Ok(parts)
}

/// What a name in braces stands for; `None` when it means nothing.
fn part(name: &str) -> Option<Result<Part, WebhookError>> {
    let (kind, argument) = name.split_once(':').map_or((name, None), |(kind, argument)| (kind, Some(argument)));
    let value = |source, optional| Part::Value { source, optional };
    let text = || argument.map(str::to_owned);
    Some(match (kind, argument) {
        ("body", None) => Ok(Part::Body),
        ("method", None) => Ok(Part::Method),
        ("url", None) => Ok(Part::Url),
        ("target", None) => Ok(Part::Target),
        ("path", None) => Ok(Part::Path),
        ("query", None) => Ok(Part::Query),
        ("time", None) => Ok(Part::Time),
        ("id", None) => Ok(Part::Id),
        ("header", Some(name)) => field_name(name).map(|name| value(Source::Header(name), false)),
        ("query", Some(_)) => Ok(value(Source::Query(text()?), false)),
        ("form", Some(_)) => Ok(value(Source::Form(text()?), false)),
        ("json", Some(pointer)) => json(pointer).map(|source| value(source, false)),
        ("json?", Some(pointer)) => json(pointer).map(|source| value(source, true)),
        ("digest", Some(argument)) => {
            let (hash, form) = argument.split_once(':')?;
            let hash = match hash {
                "md5" => BodyHash::Md5,
                "sha1" => BodyHash::Sha1,
                "sha256" => BodyHash::Sha256,
                "sha512" => BodyHash::Sha512,
                _ => return None,
            };
            let form = match form {
                "hex" => HashText::Hex,
                "base64" => HashText::Base64,
                "raw" => HashText::Raw,
                _ => return None,
            };
            Ok(Part::BodyHash(hash, form))
        }
        _ => return None,
    })
}

fn field_name(name: &str) -> Result<FieldName, WebhookError> {
    name.parse().map_err(|_| WebhookError::FieldName(name.to_owned()))
}

fn json(pointer: &str) -> Result<Source, WebhookError> {
    if cfg!(not(feature = "json")) {
        return Err(WebhookError::NeedsFeature("json"));
    }
    let escapes = pointer.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']));
    let is_pointer = pointer.starts_with('/') && escapes;
    if is_pointer { Ok(Source::Json(pointer.to_owned())) } else { Err(WebhookError::Pointer(pointer.to_owned())) }
}

fn source(at: &At) -> Result<Source, WebhookError> {
    match at {
        At::Header(name) => field_name(name).map(Source::Header),
        At::Query(name) | At::Form(name) if name.contains(char::is_control) => Err(WebhookError::Impossible(CONTROL)),
        At::Query(name) => Ok(Source::Query(name.clone())),
        At::Form(name) => Ok(Source::Form(name.clone())),
        At::Json(pointer) => json(pointer),
        At::Layout | At::Headers(_) | At::HeaderSeq(_) => {
            Err(WebhookError::Impossible("what there is one of stands in one place"))
        }
    }
}

fn carrier(at: &At) -> Result<Carrier, WebhookError> {
    match at {
        At::Layout => Err(WebhookError::Impossible("a signature cannot stand beside itself")),
        At::Headers(names) if (1..=MOST_NAMED).contains(&names.len()) => {
            names.iter().map(|name| field_name(name)).collect::<Result<_, _>>().map(Carrier::Fields)
        }
        At::Headers(_) => Err(WebhookError::Impossible("signatures stand in one to sixteen fields")),
        At::HeaderSeq(name) if name.matches("{n}").count() == 1 => {
            let numbered = (1..=MOST_NUMBERED).map(|n| field_name(&name.replace("{n}", &n.to_string())));
            numbered.collect::<Result<_, _>>().map(Carrier::Sequence)
        }
        At::HeaderSeq(name) => Err(WebhookError::FieldName(name.clone())),
        _ => source(at).map(Carrier::One),
    }
}

fn time(spec: &TimeSpec) -> Result<TimePlan, WebhookError> {
    let past = spec.past.unwrap_or(TOLERANCE);
    Ok(TimePlan {
        source: if spec.at == At::Layout { None } else { Some(source(&spec.at)?) },
        format: spec.format,
        past,
        future: spec.future.unwrap_or(past.min(TOLERANCE)),
    })
}

/// Whether it is covered is found once the whole is there.
fn id(spec: &IdSpec) -> Result<IdPlan, WebhookError> {
    source(&spec.at).map(|source| IdPlan { source, is_covered: false })
}

fn key_id(spec: &Spec) -> Result<Option<KeyIdAt>, WebhookError> {
    spec.key_id
        .as_ref()
        .map(|id| if id.at == At::Layout { Ok(KeyIdAt::Layout) } else { source(&id.at).map(KeyIdAt::Source) })
        .transpose()
}

fn digest(spec: &DigestSpec) -> Result<DigestPlan, WebhookError> {
    let source = source(&spec.at)?;
    if spec.prefix.contains(char::is_control) {
        return Err(WebhookError::Impossible(CONTROL));
    }
    let encoding = encoding(spec.encoding);
    let is_sha512 = spec.hash == BodyHash::Sha512;
    if source.is_in_body() || encoding == Encoding::Raw || !(is_sha512 || spec.hash == BodyHash::Sha256) {
        return Err(WebhookError::Impossible("a digest is a SHA-256 or a SHA-512 in a field or in the query"));
    }
    Ok(DigestPlan { source, is_sha512, encoding, prefix: spec.prefix.clone() })
}
