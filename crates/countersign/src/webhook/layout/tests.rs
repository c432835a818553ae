use super::*;
use crate::webhook::{Mac, TimeFormat};

fn spec(sep: Option<&str>, items: &[&str]) -> Spec {
    let spec = Spec::new(Mac::HmacSha256, "{body}", At::header("x-signature"));
    let spec = match sep {
        Some(sep) => spec.listing(sep, items.iter().copied()),
        None => spec.written(items[0]),
    };
    let has = |mark: &str| items.iter().any(|item| item.contains(mark));
    let spec = if has("{time}") { spec.time(At::Layout, TimeFormat::Unix, 300) } else { spec };
    if has("{key_id}") { spec.key_id(At::Layout) } else { spec }
}

fn plan(sep: Option<&str>, items: &[&str]) -> LayoutPlan {
    LayoutPlan::new(&spec(sep, items)).unwrap()
}

fn impossible(spec: &Spec) -> &'static str {
    match LayoutPlan::new(spec).map(drop) {
        Err(WebhookError::Impossible(reason)) => reason,
        other => panic!("{other:?}"),
    }
}

/// The time, and the signatures with their key ids.
type Read<'v> = (Option<&'v str>, Vec<(Option<&'v str>, &'v str)>);

fn read<'v>(plan: &LayoutPlan, value: &'v str) -> Result<Read<'v>, VerifyError> {
    let text = |bytes: &'v [u8]| std::str::from_utf8(bytes).unwrap();
    let mut found = Found::at_most(MOST_SIGNATURES);
    plan.read(value.as_bytes(), &mut found)?;
    let signatures = found.signatures.iter().map(|signature| (signature.key_id.map(text), text(signature.text)));
    Ok((found.time.map(text), signatures.collect()))
}

#[test]
fn a_signature_alone_is_the_whole_value_and_the_text_around_it_has_to_be_there() {
    assert_eq!(read(&plan(None, &["{sig}"]), "ab cd"), Ok((None, vec![(None, "ab cd")])));
    let github = plan(None, &["sha256={sig}"]);
    assert_eq!(read(&github, "sha256=ab"), Ok((None, vec![(None, "ab")])));
    assert_eq!(read(&github, "sha256="), Ok((None, vec![(None, "")])));
    for other in ["", "ab", "sha1=ab", "SHA256=ab", " sha256=ab", "sha256"] {
        assert_eq!(read(&github, other), Ok((None, vec![])), "{other:?}");
    }
    let closed = plan(None, &["<{sig}>"]);
    assert_eq!(read(&closed, "<ab>"), Ok((None, vec![(None, "ab")])));
    for other in ["<ab", "<ab>>", "<ab> "] {
        assert_eq!(read(&closed, other), Ok((None, vec![])), "{other:?}");
    }
}

#[test]
fn items_may_have_white_space_around_them_and_come_in_any_order() {
    let stripe = plan(Some(","), &["t={time}", "v1={sig}"]);
    let expected = Ok((Some("1"), vec![(None, "ab")]));
    for value in ["t=1,v1=ab", "t=1, v1=ab", " t=1 ,\tv1=ab ", "v1=ab,t=1", ",t=1,,v1=ab,"] {
        assert_eq!(read(&stripe, value), expected, "{value:?}");
    }
    // Within an item it is not ours to take away.
    assert_eq!(read(&stripe, "t=1,v1 =ab"), Ok((Some("1"), vec![])));
    assert_eq!(read(&stripe, "t=1,v1= ab"), Ok((Some("1"), vec![(None, " ab")])));
    let blanks = plan(Some(" "), &["v1,{sig}"]);
    assert_eq!(read(&blanks, "v1,ab  v1,cd"), Ok((None, vec![(None, "ab"), (None, "cd")])));
}

#[test]
fn items_of_other_labels_are_passed_over_and_a_label_that_only_begins_like_ours_is_another() {
    let stripe = plan(Some(","), &["t={time}", "v1={sig}"]);
    let read = |value| read(&stripe, value).unwrap();
    assert_eq!(read("t=1,v0=ab,v1=cd,v2=ef,x"), (Some("1"), vec![(None, "cd")]));
    assert_eq!(read("t=1,v0=ab"), (Some("1"), vec![]));
    assert_eq!(read("t=1,v11=ab,V1=ab,v1:ab,=v1=ab"), (Some("1"), vec![]));
    assert_eq!(read("ts=1,v1=ab"), (None, vec![(None, "ab")]));
}

#[test]
fn a_time_stands_there_once_even_when_both_are_the_same() {
    let stripe = plan(Some(","), &["t={time}", "v1={sig}"]);
    for value in ["t=1,t=2,v1=ab", "t=1,v1=ab,t=1"] {
        assert_eq!(read(&stripe, value), Err(VerifyError::Ambiguous("time beside the signature")));
    }
}

#[test]
fn several_labels_are_several_places_for_signatures() {
    let boldsign = plan(Some(","), &["t={time}", "s0={sig}", "s1={sig}"]);
    assert_eq!(boldsign.room(), 2);
    assert_eq!(read(&boldsign, "t=1,s1=ab,s0=cd"), Ok((Some("1"), vec![(None, "ab"), (None, "cd")])));
}

#[test]
fn items_told_by_their_place_have_no_label_and_the_last_may_repeat() {
    let plan = LayoutPlan::new(&spec(Some(","), &["{time}", "{sig}"]).by_position()).unwrap();
    assert_eq!(plan.room(), MOST_SIGNATURES);
    assert_eq!(read(&plan, "1,ab"), Ok((Some("1"), vec![(None, "ab")])));
    assert_eq!(read(&plan, "1, ab,cd"), Ok((Some("1"), vec![(None, "ab"), (None, "cd")])));
    assert_eq!(read(&plan, "ab"), Ok((Some("ab"), vec![])));
    // A signature in front cannot be repeated, or the second one would stand where the time does.
    assert_eq!(LayoutPlan::new(&spec(Some(","), &["{sig}", "{time}"]).by_position()).unwrap().room(), 1);
}

#[test]
fn a_key_id_goes_with_the_signature_that_it_stands_beside() {
    let worldpay = plan(Some(","), &["{key_id}/SHA256/{sig}"]);
    let expected = vec![(Some("k1"), "ab"), (Some("k2"), "cd")];
    assert_eq!(read(&worldpay, "k1/SHA256/ab,k2/SHA256/cd"), Ok((None, expected)));
    assert_eq!(read(&worldpay, "k1/SHA1/ab,k2/SHA512/cd"), Ok((None, vec![])));
    assert_eq!(read(&worldpay, "/SHA256/ab"), Ok((None, vec![(Some(""), "ab")])));
    // The first text counts: what is behind it is no signature then.
    assert_eq!(read(&worldpay, "k/SHA256/x/SHA256/ab"), Ok((None, vec![(Some("k"), "x/SHA256/ab")])));
}

#[test]
fn a_key_id_that_would_be_read_as_another_cannot_stand_there() {
    let worldpay = plan(Some(","), &["{key_id}/SHA256/{sig}"]);
    assert!(worldpay.admits_key_id("k1/SHA1 x"));
    for id in ["a,b", "a/SHA256/b", " a", "a\t"] {
        assert!(!worldpay.admits_key_id(id), "{id:?}");
    }
}

#[test]
fn what_comes_before_a_list_has_to_be_there_and_so_has_text_that_says_how_to_read_it() {
    let vipps = spec(Some("&"), &["SignedHeaders=a;b", "Signature={sig}"]).behind("HMAC-SHA256 ");
    let vipps = LayoutPlan::new(&vipps).unwrap();
    assert_eq!(vipps.lead(), b"HMAC-SHA256 ");
    let right = "HMAC-SHA256 SignedHeaders=a;b&Signature=ab";
    assert_eq!(read(&vipps, right), Ok((None, vec![(None, "ab")])));
    let start = VerifyError::Malformed("it does not begin as it has to");
    assert_eq!(read(&vipps, right.trim_start_matches('H')), Err(start.clone()));
    assert_eq!(read(&vipps, &right.to_lowercase()), Err(start));
    for other in ["HMAC-SHA256 Signature=ab", "HMAC-SHA256 SignedHeaders=a&Signature=ab"] {
        assert_eq!(read(&vipps, other), Err(VerifyError::Malformed("an item is missing")), "{other}");
    }
}

#[test]
fn no_more_signatures_items_and_bytes_are_read_than_a_provider_ever_sends() {
    let listed = plan(Some(","), &["v1={sig}"]);
    assert_eq!(listed.room(), MOST_SIGNATURES);
    assert_eq!(read(&listed, &["v1=ab"; 16].join(",")).unwrap().1.len(), 16);
    let many = VerifyError::Malformed("it has too many signatures");
    assert_eq!(read(&listed, &["v1=ab"; 17].join(",")), Err(many));
    assert_eq!(read(&listed, &["v0=ab"; 64].join(",")), Ok((None, vec![])));
    let items = VerifyError::Malformed("it has too many items");
    assert_eq!(read(&listed, &["v0=ab"; 65].join(",")), Err(items.clone()));
    assert_eq!(read(&listed, &",".repeat(64)), Err(items));
    assert_eq!(read(&listed, &"x".repeat(8192)), Ok((None, vec![])));
    assert_eq!(read(&listed, &"x".repeat(8193)), Err(VerifyError::Malformed("it is too long")));
    // The same limit holds for all fields together.
    let mut found = Found::at_most(MOST_SIGNATURES);
    let alone = plan(None, &["{sig}"]);
    (0..16).for_each(|_| alone.read(b"ab", &mut found).unwrap());
    assert!(alone.read(b"ab", &mut found).is_err());
}

#[test]
fn an_item_with_its_own_time_stands_there_once() {
    assert_eq!(plan(Some(","), &["{time}:{sig}"]).room(), 1);
    assert_eq!(plan(None, &["{time}:{sig}"]).room(), 1);
}

#[test]
fn a_layout_that_cannot_be_taken_apart_is_refused() {
    let no_items = spec(Some(","), &[]);
    for (spec, reason) in [
        (no_items, "no item has a signature"),
        (spec(Some(","), &["t={time}"]), "no item has a signature"),
        (spec(Some(","), &["a={time}", "b={time}", "v1={sig}"]), "two items have a time"),
        (spec(Some(","), &["k={key_id}", "v1={sig}"]), "a key id stands apart from its signature"),
        (spec(None, &["{key_id}{sig}"]), "an item cannot be taken apart"),
        (spec(None, &["{sig}.{sig}"]), "an item cannot be taken apart"),
        (spec(Some(","), &["v1={sig}", ""]), "an item cannot be taken apart"),
        (spec(None, &["{sig}"]).by_position(), "several items need something between them"),
        (spec(Some(""), &["v1={sig}"]), "what stands between two items is empty, or has white space around it"),
        (spec(Some(", "), &["v1={sig}"]), "what stands between two items is empty, or has white space around it"),
        (spec(Some(","), &["v1={sig}"]).by_position(), "items that are told by their place have no text"),
        (spec(Some(","), &["t={time}", "{sig}"]), "items that do not begin with text cannot be told apart"),
        (
            Spec { time: None, ..spec(Some(","), &["t={time}", "v1={sig}"]) },
            "the time stands beside the signature in one of the two only",
        ),
        (
            spec(Some(","), &["v1={sig}"]).time(At::Layout, TimeFormat::Unix, 300),
            "the time stands beside the signature in one of the two only",
        ),
        (
            spec(Some(","), &["v1={sig}"]).key_id(At::Layout),
            "the key id stands beside the signature in one of the two only",
        ),
    ] {
        assert_eq!(impossible(&spec), reason, "{:?}", spec.signature.layout);
    }
    let many: Vec<String> = (0..65).map(|n| format!("v{n}={{sig}}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert_eq!(impossible(&spec(Some(","), &many)), "it has more items than are read");
    let unknown = LayoutPlan::new(&spec(None, &["{signature}"])).map(drop);
    assert!(matches!(unknown, Err(WebhookError::Template { .. })), "{unknown:?}");
}
