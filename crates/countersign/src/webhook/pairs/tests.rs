use super::*;
use crate::webhook::{PairsOf, PairsSpec, template};

fn plan(spec: PairsSpec) -> PairsPlan {
    PairsPlan { pair: template::read(&spec.pair).unwrap(), spec }
}

fn written(spec: PairsSpec, text: impl AsRef<[u8]>) -> Result<String, VerifyError> {
    let mut line = Vec::new();
    plan(spec).write(&read(text.as_ref())?, &mut |bytes| line.extend_from_slice(bytes))?;
    Ok(line.escape_ascii().to_string())
}

fn lines(sort: Sort) -> PairsSpec {
    PairsSpec::new(PairsOf::Form, sort, "{k}={v}").joined("|")
}

fn decoded_pairs(text: &[u8]) -> Vec<(String, String)> {
    let shown = |bytes: &[u8]| bytes.escape_ascii().to_string();
    read(text).unwrap().iter().map(|pair| (shown(&pair.name), shown(&pair.value))).collect()
}

fn pair(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

#[test]
fn pairs_are_read_as_browsers_write_them() {
    assert_eq!(decoded_pairs(b"a=1&b=2"), [pair("a", "1"), pair("b", "2")]);
    assert_eq!(decoded_pairs(b"a+b=c%20d&%C3%A4=%2B"), [pair("a b", "c d"), pair("\\xc3\\xa4", "+")]);
    assert_eq!(decoded_pairs(b"a=b=c&d&=e&=&&"), [pair("a", "b=c"), pair("d", ""), pair("", "e"), pair("", "")]);
    assert_eq!(decoded_pairs(b""), []);
    assert_eq!(decoded_pairs(b"?a=1;b=2"), [pair("?a", "1;b=2")]);
}

#[test]
fn an_escape_that_is_none_stays_as_it_is_and_bytes_need_not_be_text() {
    assert_eq!(
        decoded_pairs(b"a=%&b=%4&c=%zz&d=%%41&e=%2541"),
        [pair("a", "%"), pair("b", "%4"), pair("c", "%zz"), pair("d", "%A"), pair("e", "%41"),]
    );
    assert_eq!(decoded_pairs(b"\xff=%fe%00&%26=%3D"), [pair("\\xff", "\\xfe\\x00"), pair("&", "=")]);
}

#[test]
fn no_more_pairs_are_read_than_anybody_sends() {
    assert_eq!(read("a=1&".repeat(4096).as_bytes()).unwrap().len(), 4096);
    assert_eq!(read("a&".repeat(4097).as_bytes()), Err(VerifyError::Malformed("it has too many pairs")));
    assert_eq!(read(&[b'&'; 10_000]), Ok(Vec::new()));
}

#[test]
fn lines_are_sorted_as_they_are_signed_which_is_not_the_order_of_the_names() {
    let text = b"cols=1&cols2=2&cols-x=3";
    assert_eq!(written(lines(Sort::Line), text).unwrap(), "cols-x=3|cols2=2|cols=1");
    assert_eq!(written(lines(Sort::Key), text).unwrap(), "cols=1|cols-x=3|cols2=2");
    assert_eq!(written(lines(Sort::AsSent), text).unwrap(), "cols=1|cols2=2|cols-x=3");
}

#[test]
fn values_decide_where_names_are_equal_and_the_order_says_so() {
    let text = b"a=2&b=1&a=1";
    let sorted = |sort| written(lines(sort).deduped(), text).unwrap();
    assert_eq!(sorted(Sort::Key), "a=2|a=1|b=1");
    assert_eq!(sorted(Sort::KeyValue), "a=1|a=2|b=1");
    assert_eq!(sorted(Sort::Line), "a=1|a=2|b=1");
}

#[test]
fn a_name_that_stands_there_twice_is_refused_unless_it_is_said_what_becomes_of_it() {
    let refused = Err(VerifyError::Ambiguous("pair of one name"));
    for text in ["a=1&a=2", "a=1&b=1&a=1", "a&a", "a=1&%61=2", "a=&a=1"] {
        assert_eq!(written(lines(Sort::Line), text), refused, "{text}");
        assert_eq!(written(lines(Sort::Line).without_blank(), text), refused, "{text}");
    }
    assert_eq!(written(lines(Sort::Line).except(&["a"]), b"a=1&a=2&b=1").unwrap(), "b=1");
}

#[test]
fn equal_pairs_count_once_wherever_they_stand_and_others_of_one_name_all() {
    let text = b"a=1&b=1&a=2&a=1&a=2";
    for sort in [Sort::AsSent, Sort::Line, Sort::Key, Sort::KeyValue] {
        let mut all: Vec<_> = written(lines(sort).deduped(), text).unwrap().split('|').map(str::to_owned).collect();
        all.sort();
        assert_eq!(all, ["a=1", "a=2", "b=1"], "{sort:?}");
    }
}

#[test]
fn values_of_one_name_are_joined_where_the_first_of_them_stood() {
    let joined = |sort| lines(sort).joining_repeated(",");
    assert_eq!(written(joined(Sort::AsSent), b"b=1&a=1&b=2&b=").unwrap(), "b=1,2,|a=1");
    assert_eq!(written(joined(Sort::Key), b"b=1&a=1&b=2").unwrap(), "a=1|b=1,2");
}

#[test]
fn joining_takes_a_form_of_many_names_in_no_time() {
    let names: Vec<String> = (0..4095).map(|n| format!("name-{n}={n}")).collect();
    let many = format!("{}&name-7=again", names.join("&"));
    let start = std::time::Instant::now();
    let joined = written(lines(Sort::Key).joining_repeated(","), many).unwrap();
    assert!(joined.contains("name-7=7,again"));
    // A look at every earlier name for each one takes seconds in this build.
    assert!(start.elapsed() < std::time::Duration::from_millis(500), "{:?}", start.elapsed());
}

#[test]
fn a_pair_without_a_value_is_signed_unless_it_is_left_out() {
    let text = b"a=&b&c=1&=2";
    assert_eq!(written(lines(Sort::AsSent), text).unwrap(), "a=|b=|c=1|=2");
    assert_eq!(written(lines(Sort::AsSent).without_blank(), text).unwrap(), "c=1|=2");
}

#[test]
fn pairs_are_signed_decoded_or_with_percent_escapes_and_never_with_a_plus() {
    let text = b"a+b=c%20d&e=%2B%2f%7E%c3%a4";
    assert_eq!(written(lines(Sort::AsSent), text).unwrap(), "a b=c d|e=+/~\\xc3\\xa4");
    assert_eq!(written(lines(Sort::AsSent).escaped(), text).unwrap(), "a%20b=c%20d|e=%2B%2F~%C3%A4");
}

#[test]
fn without_escapes_a_line_break_stands_for_another_pair_where_control_characters_are_not_refused() {
    let line = || PairsSpec::new(PairsOf::Form, Sort::Line, "{k}={v}\r\n");
    let (one, two) = (b"a=1%0D%0Ab%3D2", b"a=1&b=2");
    assert_eq!(written(line(), one), written(line(), two));
    let control = Err(VerifyError::Malformed("a pair with a control character"));
    for text in [&one[..], b"%0a=1", b"a=%00", b"a=%7f", b"a=\t"] {
        assert_eq!(written(line().rejecting_control(), text), control, "{}", text.escape_ascii());
    }
    assert!(written(line().rejecting_control(), two).is_ok());
    // Those that are not signed are not looked at.
    assert!(written(line().rejecting_control().except(&["c"]), b"a=1&c=%0a").is_ok());
    assert_ne!(written(line().escaped(), one), written(line().escaped(), two));
}

#[test]
fn the_only_value_of_a_name_is_found_and_two_are_none() {
    let pairs = read(b"a=1&b=2&b=2&c").unwrap();
    assert_eq!(single(&pairs, "a").unwrap().map(|value| &**value), Some(&b"1"[..]));
    assert_eq!(single(&pairs, "c").unwrap().map(|value| &**value), Some(&b""[..]));
    assert_eq!(single(&pairs, "b"), Err(VerifyError::Ambiguous("pair of one name")));
    assert_eq!(single(&pairs, "d"), Ok(None));
}

#[test]
fn a_query_without_a_name_is_else_what_was_sent() {
    for (query, rest) in [
        ("a=%7e&sig=1&b=+", "a=%7e&b=+"),
        ("s%69g=1&a", "a"),
        ("sig", ""),
        ("sig=1&sig=2", ""),
        ("a&&sig=1&", "a&&"),
        ("Sig=1&sigs=2&x=sig", "Sig=1&sigs=2&x=sig"),
    ] {
        assert_eq!(without(query, "sig"), rest, "{query}");
    }
    assert!(matches!(without("a=1", "sig"), Cow::Borrowed("a=1")));
}
