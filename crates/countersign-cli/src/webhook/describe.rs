//! All there is to tell of a provider's layout.

use countersign::webhook::{
    Blank, Escape, Mac, PairsOf, PairsSpec, Piece, Preset, Repeated, SignatureEncoding, Sort, Spec, TextEncoding,
    TimeFormat, Webhook,
};

use super::{example, facts::Facts};

/// What a preset rests on, in words.
pub(super) fn evidence(preset: &Preset) -> String {
    preset.evidence().iter().map(|evidence| evidence.as_str()).collect::<Vec<_>>().join(", ")
}

pub(super) fn describe(preset: &Preset, facts: &Facts) -> String {
    let spec = preset.spec();
    let mut rows = vec![
        ("rests on", evidence(preset)),
        ("signs", spec.message.iter().map(piece).collect()),
        ("with", format!("{}, in {}", mac(&spec), encoding(spec.signature.encoding))),
        ("key", key(&spec)),
        ("time", time(&spec, facts)),
    ];
    if facts.signs_url {
        rows.push(("URL", "it is signed: give it with --url".to_owned()));
    }
    rows.extend(example::lines(&spec).into_iter().map(|line| ("looks like", line)));
    if facts.is_dangerous {
        rows.push(("dangerous", "it protects too little to be taken by anything but its name".to_owned()));
    }
    let weaknesses = facts.webhook.as_ref().map(Webhook::weaknesses).unwrap_or_default();
    rows.extend(weaknesses.iter().map(|weakness| ("leaves open", weakness.to_string())));
    if !preset.note().is_empty() {
        rows.push(("note", preset.note().to_owned()));
    }
    let mut text = format!("{}\n", preset.name());
    let mut before = "";
    for (name, value) in rows {
        let shown = if name == before { "" } else { name };
        text.push_str(format!("  {shown:11}  {value}").trim_end());
        text.push('\n');
        before = name;
    }
    text
}

fn piece(piece: &Piece) -> String {
    match piece {
        Piece::Template(text) => visible(text),
        Piece::Pairs(pairs) => pairs_of(pairs),
    }
}

/// Text whose line ends can be seen.
fn visible(text: &str) -> String {
    text.replace('\r', "\\r").replace('\n', "\\n")
}

fn pairs_of(spec: &PairsSpec) -> String {
    let mut words = vec![format!(
        "{} for each pair of the {}",
        visible(&spec.pair),
        match spec.fields {
            PairsOf::Form => "form",
            PairsOf::Query => "query",
        }
    )];
    if !spec.except.is_empty() {
        words.push(format!("but {}", spec.except.join(", ")));
    }
    words.push(
        match spec.sort {
            Sort::Line => "by the whole text",
            Sort::Key => "by name",
            Sort::KeyValue => "by name and value",
            Sort::AsSent => "as sent",
        }
        .to_owned(),
    );
    if !spec.join.is_empty() {
        words.push(format!("with {} between", visible(&spec.join)));
    }
    match &spec.dup {
        Repeated::Reject => {}
        Repeated::Dedupe => words.push("equal ones once".to_owned()),
        Repeated::Join(between) => words.push(format!("values of one name joined with {between}")),
    }
    if spec.empty == Blank::Skip {
        words.push("without those that have no value".to_owned());
    }
    if spec.value == Escape::Percent {
        words.push("escaped".to_owned());
    }
    format!("<{}>", words.join(", "))
}

/// The name that a file gives it.
fn mac(spec: &Spec) -> &'static str {
    match spec.mac {
        Mac::HmacSha1 => "hmac-sha1",
        Mac::HmacSha224 => "hmac-sha224",
        Mac::HmacSha256 => "hmac-sha256",
        Mac::HmacSha384 => "hmac-sha384",
        Mac::HmacSha512 => "hmac-sha512",
        Mac::Ed25519 => "ed25519",
        Mac::EcdsaP256Sha256 => "ecdsa-p256-sha256",
        Mac::DangerousToken => "token: the secret itself",
        Mac::DangerousHashSha256 => "hash-sha256: a hash of the secret and the message",
        _ => "another MAC",
    }
}

const fn encoding(encoding: SignatureEncoding) -> &'static str {
    match encoding {
        SignatureEncoding::Hex => "hexadecimal digits",
        SignatureEncoding::HexUpper => "hexadecimal digits in upper case",
        SignatureEncoding::Base64 => "Base64",
        SignatureEncoding::Base64Url => "Base64url",
        SignatureEncoding::Raw => "bytes as they are",
    }
}

fn key(spec: &Spec) -> String {
    let decoded = match spec.key.encoding {
        TextEncoding::Utf8 => "the text that the provider shows, as it is",
        TextEncoding::Base64 => "the text that the provider shows, in Base64",
        TextEncoding::Base64Url => "the text that the provider shows, in Base64url",
        TextEncoding::Hex => "the text that the provider shows, in hexadecimal digits",
    };
    let fronts: Vec<_> = [&spec.key.strip, &spec.key.strip_private].into_iter().flatten().map(String::as_str).collect();
    if fronts.is_empty() { decoded.to_owned() } else { format!("{decoded} behind {}", fronts.join(" or ")) }
}

fn time(spec: &Spec, facts: &Facts) -> String {
    let (Some(time), Some((past, future))) = (&spec.time, facts.webhook.as_ref().and_then(Webhook::tolerance)) else {
        return "none: nothing says when a request was signed".to_owned();
    };
    let format = match time.format {
        TimeFormat::Unix => "seconds since 1970",
        TimeFormat::UnixMs => "milliseconds since 1970",
        TimeFormat::Rfc3339 => "RFC 3339",
        TimeFormat::HttpDate => "an HTTP-date",
        _ => "a form of its own",
    };
    let ours = if facts.tolerance_is_ours { ", which is ours: the provider states none" } else { "" };
    format!("{format}, at most {past} s old and {future} s ahead{ours}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The transcripts cannot show it, since what runs them writes each backslash as a slash.
    #[test]
    fn line_ends_in_what_is_signed_can_be_seen() {
        let signs = |name: &str| {
            let preset = Preset::named(name).unwrap();
            let text = describe(preset, &Facts::of(preset));
            text.lines().find_map(|line| line.strip_prefix("  signs        ")).unwrap().to_owned()
        };
        assert_eq!(signs("vipps"), r"{method}\n{target}\n{time};{header:host};{digest:sha256:base64}");
        assert!(signs("flow-ami").starts_with(r"<{k}={v}\r\n for each pair of the form"));
    }

    #[test]
    fn all_that_a_layout_can_have_has_words_of_its_own() {
        for preset in Preset::all() {
            let text = describe(preset, &Facts::of(preset));
            assert!(!text.contains("another MAC") && !text.contains("a form of its own"), "{text}");
        }
    }
}
