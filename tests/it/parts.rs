//! Signatures that travel in the query, in a form or in a JSON body.

use countersign::{SignError, SignatureParts};
use form_urlencoded::parse;
use proptest::{collection::vec, prelude::*, sample};
use serde_json::{Map, Value};

type Pairs = Vec<(String, String)>;

fn config() -> ProptestConfig {
    ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() }
}

fn in_form(form: &Pairs) -> SignatureParts {
    let mut parts = SignatureParts::default();
    parts.form.clone_from(form);
    parts
}

/// A few names, so that some are there already.
fn pairs() -> impl Strategy<Value = Pairs> {
    vec((sample::select(vec!["a", "b", "a b", "\u{e4}"]).prop_map(str::to_owned), ".{0,6}"), 1..4)
}

fn form() -> impl Strategy<Value = Vec<u8>> {
    let piece =
        sample::select(vec![&b"a"[..], b"%61", b"b", b"=", b"&", b"+", b"%20", b"%", b"%zz", b"\xff", b"%C3%A4", b"?"]);
    vec(piece, 0..16).prop_map(|pieces| pieces.concat())
}

/// The pairs of a form of which this holds.
fn pairs_where(form: &[u8], holds: impl Fn(&str) -> bool) -> Pairs {
    parse(form).filter(|(name, _)| holds(name)).map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".{0,4}".prop_map(Value::from)
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let members = vec((name(), inner.clone()), 0..4).prop_map(|members| Value::Object(Map::from_iter(members)));
        prop_oneof![members, vec(inner, 0..3).prop_map(Value::Array)]
    })
}

fn name() -> impl Strategy<Value = String> {
    sample::select(vec!["a", "b", "a/b", "~", "0", "1", "", "\"\\\u{e4}"]).prop_map(str::to_owned)
}

/// The same place found another way: `None` where there is none.
fn expected(json: &Value, tokens: &[String], value: &str) -> Option<Value> {
    let (mut json, (last, parents)) = (json.clone(), tokens.split_last()?);
    let mut object = &mut json;
    for (depth, token) in parents.iter().enumerate() {
        object = match object {
            Value::Array(elements) => elements.get_mut(token.parse::<usize>().ok()?)?,
            Value::Object(members) => {
                if depth + 1 == parents.len() && !members.contains_key(token) {
                    members.insert(token.clone(), Value::Object(Map::new()));
                }
                members.get_mut(token)?
            }
            _ => return None,
        };
    }
    object.as_object_mut()?.insert(last.clone(), value.into());
    Some(json)
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_form_has_the_pairs_that_are_set_and_all_others_as_they_were(form in form(), set in pairs()) {
        let parts = in_form(&set);
        let changed = parts.body(&form).unwrap();
        let is_set = |name: &str| set.iter().any(|(own, _)| own == name);
        for (name, _) in &set {
            let own: Pairs = set.iter().filter(|(own, _)| own == name).cloned().collect();
            prop_assert_eq!(pairs_where(&changed, |other| other == name), own);
        }
        prop_assert_eq!(pairs_where(&changed, |name| !is_set(name)), pairs_where(&form, |name| !is_set(name)));
        if pairs_where(&form, is_set).is_empty() {
            prop_assert!(changed.starts_with(&form));
        }
        prop_assert_eq!(parts.body(&changed).unwrap(), &changed[..]);
    }

    #[test]
    fn a_query_takes_pairs_as_a_form_does(query in "[ab=&%6+?/~]{0,16}", set in pairs()) {
        let mut parts = in_form(&set);
        parts.query = set;
        let form = String::from_utf8(parts.body(query.as_bytes()).unwrap().into_owned()).unwrap();
        let target = format!("/%7e?{query}");
        prop_assert_eq!(parts.target(&target), format!("/%7e?{form}"));
        let none = String::from_utf8(parts.body(b"").unwrap().into_owned()).unwrap();
        prop_assert_eq!(parts.target("/%7e"), format!("/%7e?{none}"));
    }

    #[test]
    fn json_has_the_value_that_is_set_and_all_else_as_it_was(
        json in json(),
        tokens in vec(name(), 1..4),
        value in ".{0,6}",
        pretty in any::<bool>(),
    ) {
        let body = if pretty { format!("{json:#}") } else { json.to_string() };
        let escaped = tokens.iter().map(|token| format!("/{}", token.replace('~', "~0").replace('/', "~1")));
        let pointer = escaped.collect::<Vec<_>>().concat();
        let mut parts = SignatureParts::default();
        parts.json = vec![(pointer.clone(), value.clone())];
        match (parts.body(body.as_bytes()), expected(&json, &tokens, &value)) {
            (Ok(changed), Some(expected)) => {
                prop_assert_eq!(serde_json::from_slice::<Value>(&changed).unwrap(), expected);
                // What stands before the value and after it is what stood there.
                let kept = body.bytes().zip(changed.iter()).take_while(|(old, new)| old == *new).count();
                let rest = body.bytes().rev().zip(changed.iter().rev()).take_while(|(old, new)| old == *new).count();
                prop_assert!(json.pointer(&pointer).is_some() || kept + rest >= body.len());
            }
            (result, expected) => {
                prop_assert_eq!(result, Err(SignError::NoJsonPlace(pointer)));
                prop_assert_eq!(expected, None);
            }
        }
    }
}
