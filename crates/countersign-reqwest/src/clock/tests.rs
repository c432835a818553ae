use http::{HeaderName, HeaderValue};

use super::*;

const NOW: UnixTime = UnixTime::from_secs(784_111_777);

fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

fn origin(text: &str) -> Origin {
    text.parse().unwrap()
}

fn home() -> Origin {
    origin("https://api.example")
}

fn answer(fields: &[(HeaderName, &str)]) -> HeaderMap {
    fields.iter().map(|(name, value)| (name.clone(), HeaderValue::from_str(value).unwrap())).collect()
}

fn dated(server: UnixTime) -> HeaderMap {
    answer(&[(DATE, &server.to_http_date())])
}

/// What is learned of an answer that was made at `server`, by a clock that has not been corrected yet.
fn learned(correction: &ClockCorrection, server: UnixTime, now: UnixTime) -> Option<i64> {
    new(correction.learn(home(), &dated(server), now, now)).map(Correction::seconds)
}

fn new(lesson: Lesson) -> Option<Correction> {
    match lesson {
        Lesson::New(correction) => Some(correction),
        Lesson::Nothing | Lesson::Known => None,
    }
}

fn corrected(correction: &ClockCorrection, now: UnixTime) -> UnixTime {
    correction.corrected(|| Some(home()), now)
}

#[test]
fn a_slow_clock_is_put_forward_and_a_fast_one_back() {
    for (server, seconds) in [(NOW.plus(secs(600)), 600), (NOW.minus(secs(600)), -600)] {
        let correction = ClockCorrection::default();
        assert_eq!(corrected(&correction, NOW), NOW);
        assert_eq!(learned(&correction, server, NOW), Some(seconds));
        assert_eq!(corrected(&correction, NOW), server);
        assert_eq!(corrected(&correction, NOW.plus(secs(7))), server.plus(secs(7)));
    }
}

#[test]
fn a_difference_has_to_be_more_than_the_skew_and_an_hour_at_most() {
    let rows = [(0, None), (29, None), (30, None), (31, Some(31)), (3600, Some(3600)), (3601, None)];
    for (difference, expected) in rows {
        for (server, sign) in [(NOW.plus(secs(difference)), 1), (NOW.minus(secs(difference)), -1)] {
            let correction = ClockCorrection::default();
            assert_eq!(learned(&correction, server, NOW), expected.map(|seconds: i64| sign * seconds), "{difference}");
            assert_eq!(corrected(&correction, NOW), expected.map_or(NOW, |_| server), "{difference}");
        }
    }
}

#[test]
fn the_skew_is_what_it_was_set_to() {
    for (skew, difference, expected) in [(0, 0, None), (0, 1, Some(1)), (300, 300, None), (300, 301, Some(301))] {
        let correction = ClockCorrection::beyond(secs(skew));
        assert_eq!(learned(&correction, NOW.plus(secs(difference)), NOW), expected, "{skew} {difference}");
    }
    let correction = ClockCorrection::beyond(secs(3600));
    assert_eq!(learned(&correction, NOW.plus(secs(3600)), NOW), None);
    assert_eq!(learned(&correction, NOW.plus(secs(3601)), NOW), None);
}

#[test]
fn times_at_the_ends_of_the_scale_are_differences_like_others() {
    for (server, now) in [(NOW, UnixTime::from_secs(u64::MAX)), (NOW, UnixTime::from_secs(0))] {
        assert_eq!(learned(&ClockCorrection::default(), server, now), None);
    }
    let correction = ClockCorrection::default();
    assert_eq!(learned(&correction, UnixTime::from_secs(0), UnixTime::from_secs(60)), Some(-60));
    assert_eq!(corrected(&correction, UnixTime::from_secs(61)), UnixTime::from_secs(1));
}

#[test]
fn what_was_learned_holds_for_an_hour_by_the_clock_and_not_before_it_was_learned() {
    let correction = ClockCorrection::default();
    learned(&correction, NOW.plus(secs(600)), NOW).unwrap();
    for (now, holds) in [
        (NOW.minus(secs(1)), false),
        (NOW, true),
        (NOW.plus(secs(3599)), true),
        (NOW.plus(secs(3600)), false),
        (NOW.plus(secs(7200)), false),
    ] {
        let expected = if holds { now.plus(secs(600)) } else { now };
        assert_eq!(corrected(&correction, now), expected, "{now:?}");
    }
}

#[test]
fn what_was_learned_is_of_one_origin() {
    let correction = ClockCorrection::default();
    learned(&correction, NOW.plus(secs(600)), NOW).unwrap();
    for other in ["http://api.example", "https://api.example:444", "https://www.api.example"] {
        assert_eq!(correction.corrected(|| Some(origin(other)), NOW), NOW, "{other}");
    }
    assert_eq!(correction.corrected(|| None, NOW), NOW);
    assert_eq!(correction.corrected(|| Some(origin("https://api.example:443")), NOW), NOW.plus(secs(600)));
}

#[test]
fn clones_share_what_was_learned_and_forget_it_together() {
    let correction = ClockCorrection::default();
    let clone = correction.clone();
    learned(&clone, NOW.plus(secs(600)), NOW).unwrap();
    assert_eq!(corrected(&correction, NOW), NOW.plus(secs(600)));
    correction.forget();
    assert_eq!((corrected(&correction, NOW), corrected(&clone, NOW)), (NOW, NOW));
    learned(&correction, NOW.minus(secs(60)), NOW).unwrap();
    assert_eq!(corrected(&clone, NOW), NOW.minus(secs(60)));
    assert_eq!(corrected(&ClockCorrection::default(), NOW), NOW);
}

#[test]
fn while_nothing_was_learned_nobody_is_asked_for_an_origin() {
    let correction = ClockCorrection::default();
    let none = || -> Option<Origin> { panic!("nothing was learned") };
    assert_eq!(correction.corrected(none, NOW), NOW);
    learned(&correction, NOW.plus(secs(600)), NOW).unwrap();
    correction.forget();
    assert_eq!(correction.corrected(none, NOW), NOW);
}

#[test]
fn a_wrong_correction_is_corrected_by_the_clock_and_not_added_up() {
    let correction = ClockCorrection::default();
    learned(&correction, NOW.plus(secs(600)), NOW).unwrap();

    // What was signed with agrees with the server: it is refused for another reason.
    let (signed, later) = (NOW.plus(secs(610)), NOW.plus(secs(10)));
    assert_eq!(correction.learn(home(), &dated(signed), signed, later), Lesson::Nothing);
    assert_eq!(corrected(&correction, later), signed);

    // The server was put right, and so was this clock all along.
    let learned = new(correction.learn(home(), &dated(later), signed, later)).unwrap();
    assert_eq!(learned.seconds(), 0);
    assert_eq!(corrected(&correction, later), later);

    // From one side of the clock to the other: more than an hour apart, and neither is more than an hour off.
    for (server, signed) in [(later.plus(secs(3000)), later), (later.minus(secs(3000)), later.plus(secs(3000)))] {
        assert!(new(correction.learn(home(), &dated(server), signed, later)).is_some());
        assert_eq!(corrected(&correction, later), server);
    }
    let signed = later.minus(secs(3000));
    assert_eq!(correction.learn(home(), &dated(later.plus(secs(3601))), signed, later), Lesson::Nothing);
    assert_eq!(corrected(&correction, later), signed);
}

#[test]
fn an_answer_that_does_not_say_once_when_it_was_made_or_that_was_stored_teaches_nothing() {
    let server = NOW.plus(secs(600)).to_http_date();
    for fields in [
        &[][..],
        &[(DATE, "")],
        &[(DATE, "784112377")],
        &[(DATE, "Sun, 06 Nov 1994 08:59:37")],
        &[(DATE, &format!("{server}, {server}"))],
        &[(DATE, &server), (DATE, &server)],
        &[(DATE, &server), (DATE, "x")],
        &[(DATE, &server), (AGE, "0")],
        &[(DATE, &server), (AGE, "x")],
        &[(http::header::LAST_MODIFIED, &server)],
    ] {
        let correction = ClockCorrection::default();
        assert_eq!(correction.learn(home(), &answer(fields), NOW, NOW), Lesson::Nothing, "{fields:?}");
        assert_eq!(corrected(&correction, NOW), NOW, "{fields:?}");
    }
    let mut opaque = HeaderMap::new();
    opaque.insert(DATE, HeaderValue::from_bytes(b"\xff").unwrap());
    assert_eq!(ClockCorrection::default().learn(home(), &opaque, NOW, NOW), Lesson::Nothing);
}

#[test]
fn so_many_origins_are_remembered_and_those_that_are_over_make_room() {
    let correction = ClockCorrection::default();
    let server = |of: UnixTime| dated(of.plus(secs(600)));
    let learn = |name: &str, now: UnixTime| correction.learn(origin(name), &server(now), now, now) != Lesson::Nothing;
    let knows = |name: &str, now: UnixTime| correction.corrected(|| Some(origin(name)), now) != now;
    for number in 0..ORIGINS {
        let now = if number == 0 { NOW } else { NOW.plus(secs(1)) };
        assert!(learn(&format!("https://{number}.api.example"), now));
    }
    let (full, later) = (NOW.plus(secs(3599)), NOW.plus(secs(3600)));
    assert!(!learn("https://one-more.example", full) && !knows("https://one-more.example", full));
    // One that is known already needs no room.
    assert!(learn("https://7.api.example", full));

    assert!(learn("https://one-more.example", later) && knows("https://one-more.example", later));
    assert!(!knows("https://0.api.example", later) && knows("https://1.api.example", later));
    assert!(!learn("https://two-more.example", later));
}

#[test]
fn what_was_signed_before_the_clock_was_corrected_is_signed_again_and_teaches_nothing_new() {
    let correction = ClockCorrection::default();
    let server = NOW.plus(secs(600));
    learned(&correction, server, NOW).unwrap();
    assert_eq!(correction.learn(home(), &dated(server), NOW, NOW), Lesson::Known);
    assert_eq!(corrected(&correction, NOW), server);
}

#[test]
fn a_slow_answer_is_no_wrong_clock() {
    let correction = ClockCorrection::default();
    let later = NOW.plus(secs(90));
    assert_eq!(correction.learn(home(), &dated(later), NOW, later), Lesson::Known);
    assert_eq!(corrected(&correction, later), later);
    assert!(!correction.learned.any.load(Ordering::Acquire));
}
