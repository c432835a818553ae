//! Time.

use std::time::Duration;

use countersign::UnixTime;

use super::{
    case::{Case, Cases, Expect, Row},
    craft::Craft,
    lab::Lab,
    message::Message,
};

pub const ROWS: &[Row] = &[
    Row::wire("A111", "Too old", too_old),
    Row::wire("A112", "Too far ahead", too_far_ahead),
    Row::wire("A113", "A window that is as wide on both sides", symmetric_window),
    Row::wire("A114", "Freshness from a field that is not covered", uncovered_date),
    Row::wire("A115", "Freshness from a parameter that is not covered", uncovered_created),
    Row::wire("A116", "No time at all", no_time),
    Row::wire("A117", "created in the future", created_ahead),
    Row::wire("A118", "expires in the past", expires_behind),
    Row::wire("A119", "An unsigned expires", unsigned_expires),
    Row::wire("A120", "expires far ahead", expires_far_ahead),
    Row::wire("A121", "expires before created", expires_before_created),
    Row::wire("A123", "Integers at the edge", integer_edges),
    Row::wire("A125", "Two clocks in one request", two_clocks),
];

const DAY: u64 = 24 * 60 * 60;
const TEN_YEARS: u64 = 10 * 365 * DAY;

fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

/// Signed at this time, with `date`.
fn dated(lab: &Lab<'_>, at: UnixTime) -> Message {
    lab.plain().sign(&lab.signer(), at)
}

/// Signed at this time, with `(created)`.
fn created(lab: &Lab<'_>, at: UnixTime) -> Message {
    let plain = lab.plain();
    let list = lab.list_with(&plain, &["(created)"]);
    lab.sign_list_at(plain, &list, at)
}

/// With `(created)` and `(expires)` as they are given.
fn between(lab: &Lab<'_>, created: impl ToString, expires: impl ToString) -> Message {
    let list = lab.list_with(&lab.plain(), &["(created)", "(expires)"]).join(" ");
    let whole = lab.twin().without("signature").without("authorization");
    Craft::new(lab).list(&list).created(created).expires(expires).sign(whole)
}

fn too_old(lab: &Lab<'_>) -> Cases {
    let (now, margin) = (lab.now(), lab.margin());
    let expect = || Expect::refused("too-old");
    let old = now.minus(secs(301 + margin));
    let mut cases = vec![
        Case::new("date", &lab.signed(), dated(lab, old), expect()),
        Case::new("(created)", &lab.twin(), created(lab, old), expect()),
        Case::new("a day", &lab.signed(), dated(lab, now.minus(secs(DAY))), expect()),
        Case::new("the epoch", &lab.signed(), dated(lab, UnixTime::from_secs(0)), expect()),
    ];
    if lab.is_ours() {
        cases.push(Case::new("just within", &lab.signed(), dated(lab, now.minus(secs(300))), Expect::accepted()));
    }
    Ok(cases)
}

fn too_far_ahead(lab: &Lab<'_>) -> Cases {
    let ahead = lab.now().plus(secs(3600));
    let expect = || Expect::refused("in-future");
    Ok(vec![
        Case::new("date", &lab.signed(), dated(lab, ahead), expect()),
        Case::new("(created)", &lab.twin(), created(lab, ahead), expect()),
    ])
}

fn symmetric_window(lab: &Lab<'_>) -> Cases {
    let ahead = lab.now().plus(secs(250));
    let expect = || Expect::refused("in-future");
    Ok(vec![
        Case::new("date", &lab.signed(), dated(lab, ahead), expect()),
        Case::new("(created)", &lab.twin(), created(lab, ahead), expect()),
    ])
}

fn uncovered_date(lab: &Lab<'_>) -> Cases {
    let now = lab.now();
    let list = lab.list_with(&lab.plain(), &["x-date"]);
    let old = lab.plain().field("X-Date", now.minus(secs(DAY)).to_http_date());
    let signed = lab.sign_list(old, &list);
    let stale = dated(lab, now.minus(secs(DAY)));
    let replaced = stale.clone().replacing("date", now.to_http_date());
    let second = stale.clone().field("Date", now.to_http_date());
    Ok(vec![
        Case::new(
            "an old x-date",
            &lab.signed(),
            signed.clone(),
            Expect::refused("no-covered-time").or_refused("too-old"),
        ),
        Case::new(
            "a fresh Date beside it",
            &lab.signed(),
            signed.field("Date", now.to_http_date()),
            Expect::refused("no-covered-time").or_refused("too-old"),
        ),
        Case::new(
            "a fresh Date in place of the old one",
            &lab.signed(),
            replaced,
            Expect::refused("signature-mismatch"),
        ),
        Case::new("a fresh Date behind the old one", &lab.signed(), second, Expect::refused("ambiguous")),
    ])
}

fn uncovered_created(lab: &Lab<'_>) -> Cases {
    let now = lab.now();
    let old = dated(lab, now.minus(secs(DAY)));
    let stating = |message: &Message, more: &str| {
        message.clone().resigned(|value| value.replacen("algorithm=\"hmac-sha256\"", "algorithm=\"hs2019\"", 1) + more)
    };
    let fresh = format!(",created={}", now.as_secs());
    let timeless: Vec<_> = lab.list_with(&lab.plain(), &[]);
    let bare = lab.sign_list(lab.plain(), &timeless);
    Ok(vec![
        Case::new("over a date a day old", &lab.signed(), stating(&old, &fresh), Expect::refused("too-old")),
        Case::new("over no time", &lab.signed(), stating(&bare, &fresh), Expect::refused("no-covered-time")),
    ])
}

fn no_time(lab: &Lab<'_>) -> Cases {
    let list = lab.list_with(&lab.plain(), &[]);
    let bare = lab.sign_list(lab.plain(), &list);
    let beside = bare.clone().field("Date", lab.now().to_http_date());
    let expect = || Expect::refused("no-covered-time");
    let expiring = [&list[..], &["(expires)"]].concat();
    let expiring = lab.sign_list(lab.plain(), &expiring);
    Ok(vec![
        Case::new("none", &lab.signed(), bare, expect()),
        Case::new("a date that is not covered", &lab.signed(), beside, expect()),
        Case::new("an end alone", &lab.signed(), expiring, expect()),
    ])
}

fn created_ahead(lab: &Lab<'_>) -> Cases {
    let ahead = 31 + lab.margin();
    let now = lab.now();
    let mut cases =
        vec![Case::new("31 s", &lab.twin(), created(lab, now.plus(secs(ahead))), Expect::refused("in-future"))];
    // Stated and not covered, it only makes the signature weaker.
    let stated = lab.signed().resigned(|value| format!("{value},created={}", now.as_secs() + ahead));
    cases.push(Case::new("not covered", &lab.signed(), stated, Expect::refused("in-future")));
    if lab.is_ours() {
        cases.push(Case::new("just within", &lab.twin(), created(lab, now.plus(secs(30))), Expect::accepted()));
    }
    Ok(cases)
}

fn expires_behind(lab: &Lab<'_>) -> Cases {
    let now = lab.now().as_secs();
    let behind = now - 1 - lab.margin();
    let stated = lab.signed().resigned(|value| format!("{value},expires={behind}"));
    let mut cases = vec![
        Case::new("covered", &lab.twin(), between(lab, behind - 60, behind), Expect::refused("expired")),
        Case::new("not covered", &lab.signed(), stated, Expect::refused("expired")),
    ];
    if lab.is_ours() {
        cases.push(Case::new("just within", &lab.twin(), between(lab, now - 60, now), Expect::accepted()));
    }
    Ok(cases)
}

fn unsigned_expires(lab: &Lab<'_>) -> Cases {
    let now = lab.now();
    let old = now.minus(secs(301 + lab.margin()));
    let stretched =
        |message: Message| message.resigned(|value| format!("{value},expires={}", now.as_secs() + TEN_YEARS));
    Ok(vec![
        Case::new("date", &lab.signed(), stretched(dated(lab, old)), Expect::refused("too-old")),
        Case::new("(created)", &lab.twin(), stretched(created(lab, old)), Expect::refused("too-old")),
    ])
}

fn expires_far_ahead(lab: &Lab<'_>) -> Cases {
    let now = lab.now().as_secs();
    let end = now + TEN_YEARS;
    let old = between(lab, now - 301 - lab.margin(), end);
    let mut cases = vec![Case::new("behind the greatest age", &lab.twin(), old, Expect::refused("too-old"))];
    if lab.is_ours() {
        cases.push(Case::new("within it", &lab.twin(), between(lab, now, end), Expect::accepted()));
    }
    Ok(cases)
}

fn expires_before_created(lab: &Lab<'_>) -> Cases {
    let now = lab.now().as_secs();
    let expect = || Expect::refused("expired");
    Ok(vec![
        Case::new("behind us", &lab.twin(), between(lab, now, now - 5), expect()),
        // Within the skew, so that the end has not passed.
        Case::new("ahead of us", &lab.twin(), between(lab, now + 20, now + 10), expect()),
    ])
}

fn integer_edges(lab: &Lab<'_>) -> Cases {
    let now = lab.now().as_secs();
    let mut cases = Vec::new();
    for (created, cause) in [
        ("0", "too-old"),
        ("1", "too-old"),
        ("-1", "malformed"),
        ("-9223372036854775808", "malformed"),
        ("9223372036854775807", "in-future"),
        ("18446744073709551315", "in-future"),
        ("18446744073709551615", "in-future"),
        ("18446744073709551616", "malformed"),
        ("99999999999999999999999999", "malformed"),
        ("4294967296", "in-future"),
    ] {
        let attack = between(lab, created, now + 100);
        cases.push(Case::new(format!("created={created}"), &lab.twin(), attack, Expect::refused(cause)));
    }
    for (expires, cause) in [
        ("0", "expired"),
        ("-1", "malformed"),
        ("-9223372036854775808", "malformed"),
        ("18446744073709551616", "malformed"),
        ("99999999999999999999999999", "malformed"),
    ] {
        let attack = between(lab, now, expires);
        cases.push(Case::new(format!("expires={expires}"), &lab.twin(), attack, Expect::refused(cause)));
    }
    if lab.is_ours() {
        for expires in [i64::MAX.to_string(), u64::MAX.to_string()] {
            let far = between(lab, now, &expires);
            cases.push(Case::new(format!("expires={expires}"), &lab.twin(), far, Expect::accepted()));
            let old = between(lab, now - 301, &expires);
            cases.push(Case::new(format!("old, expires={expires}"), &lab.twin(), old, Expect::refused("too-old")));
        }
    }
    Ok(cases)
}

fn two_clocks(lab: &Lab<'_>) -> Cases {
    let now = lab.now();
    let plain = lab.plain();
    let list = lab.list_with(&plain, &["date", "(created)"]);
    let both = |date: UnixTime, created: UnixTime| {
        lab.sign_list_at(plain.clone().field("Date", date.to_http_date()), &list, created)
    };
    let (yesterday, tomorrow) = (now.minus(secs(DAY)), now.plus(secs(DAY)));
    let control = both(now, now);
    Ok(vec![
        Case::new("created old", &control, both(now, yesterday), Expect::refused("too-old")),
        Case::new("date old", &control, both(yesterday, now), Expect::refused("too-old")),
        Case::new("created ahead", &control, both(now, tomorrow), Expect::refused("in-future")),
        Case::new("date ahead", &control, both(tomorrow, now), Expect::refused("in-future")),
    ])
}
