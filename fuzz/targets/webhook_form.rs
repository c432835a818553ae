//! Arbitrary forms and queries: what is signed of their pairs is the same for whoever writes them otherwise and for nobody who means
//! other pairs, whatever becomes of repeated and of blank ones.
#![no_main]

use arbitrary::Arbitrary;
use countersign::{
    Request, Signer, UnixTime, Verifier,
    webhook::{At, Mac, PairsOf, PairsSpec, Piece, Sort, Spec, Webhook},
};
use libfuzzer_sys::fuzz_target;

const NOW: UnixTime = UnixTime::from_secs(1_700_000_000);
const SECRET: &str = "a secret that is long enough";
const NO_FIELDS: [(&str, &str); 0] = [];

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    in_query: bool,
    sort: u8,
    dup: u8,
    blank: bool,
    escaped: bool,
    control: bool,
    text: &'a [u8],
    other: &'a [u8],
}

impl Input<'_> {
    fn webhook(&self) -> Webhook {
        let of = if self.in_query { PairsOf::Query } else { PairsOf::Form };
        let sort = [Sort::Line, Sort::Key, Sort::KeyValue, Sort::AsSent][usize::from(self.sort % 4)];
        let pairs = PairsSpec::new(of, sort, "{k}={v}").joined("&").except(&["sig"]);
        let pairs = match self.dup % 3 {
            0 => pairs,
            1 => pairs.deduped(),
            _ => pairs.joining_repeated(","),
        };
        let pairs = if self.blank { pairs.without_blank() } else { pairs };
        let pairs = if self.escaped { pairs.escaped() } else { pairs };
        let pairs = if self.control { pairs.rejecting_control() } else { pairs };
        let at = if self.in_query { At::Query("sig".to_owned()) } else { At::Form("sig".to_owned()) };
        let spec = Spec::new(Mac::HmacSha256, "", at).signing(Piece::Pairs(pairs));
        let spec = if self.in_query { spec.without_body() } else { spec };
        Webhook::new("pairs", spec).expect("it works")
    }

    /// Target and body of this text.
    fn place(&self, text: &[u8]) -> Option<(String, Vec<u8>)> {
        if self.in_query {
            let text = std::str::from_utf8(text).ok()?;
            Some((format!("/?{text}"), Vec::new()))
        } else {
            Some(("/".to_owned(), text.to_vec()))
        }
    }
}

/// The pairs that count, read once more: those without a blank value where such are left out, and none of ours.
fn meant(input: &Input<'_>, text: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let decode = |text: &[u8]| {
        let (mut decoded, mut rest) = (Vec::new(), text);
        while let [first, behind @ ..] = rest {
            let escape = behind.get(..2).and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
            let is_escape = *first == b'%' && behind.get(..2).is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit));
            match escape.filter(|_| is_escape) {
                Some(byte) => {
                    decoded.push(byte);
                    rest = &behind[2..];
                }
                None => {
                    decoded.push(if *first == b'+' { b' ' } else { *first });
                    rest = behind;
                }
            }
        }
        decoded
    };
    let pairs = text.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()).map(|pair| {
        let at = pair.iter().position(|byte| *byte == b'=');
        let (name, value) = at.map_or((pair, &b""[..]), |at| (&pair[..at], &pair[at + 1..]));
        (decode(name), decode(value))
    });
    let mut pairs: Vec<_> = pairs.filter(|(name, _)| name != b"sig").collect();
    if input.blank {
        pairs.retain(|(_, value)| !value.is_empty());
    }
    // In which order is the layout's affair.
    pairs.sort();
    if input.dup % 3 == 1 {
        pairs.dedup();
    }
    pairs
}

fuzz_target!(|input: Input| {
    let webhook = input.webhook();
    let signer = Signer::new(webhook.clone(), webhook.signing_key("k1", SECRET).expect("a secret"));
    let verifier = Verifier::new(webhook.clone(), webhook.policy());
    let keys = [webhook.verifying_key(SECRET).expect("a secret")];
    let (Some((target, body)), Some((other_target, other_body))) = (input.place(input.text), input.place(input.other))
    else {
        return;
    };
    let Ok(parts) = signer.sign(&Request::new("POST", &target, &NO_FIELDS).with_body(&body), NOW) else { return };
    let (target, body) = (parts.target(&target), parts.body(&body).expect("it was signed so"));
    let verify = |target: &str, body: &[u8]| {
        let unverified = verifier.begin(&Request::new("POST", target, &NO_FIELDS).with_body(body), NOW)?;
        let base = unverified.signature_base(body).into_owned();
        unverified.verify(&keys, body).map(|_| base)
    };
    assert!(verify(&target, &body).is_ok(), "{target} {}", body.escape_ascii());
    // The signature moved to another form: it fits where the same is meant, and nowhere else.
    let mut moved = countersign::SignatureParts::default();
    (moved.query, moved.form) = (parts.query.clone(), parts.form.clone());
    let other = (moved.target(&other_target), moved.body(&other_body).expect("a form takes anything"));
    let accepted = verify(&other.0, &other.1).is_ok();
    // Without escapes one pair can stand for two, and joined values for one.
    if accepted && input.escaped && input.dup % 3 != 2 {
        assert_eq!(meant(&input, input.text), meant(&input, input.other), "other pairs under one signature");
    }
});
