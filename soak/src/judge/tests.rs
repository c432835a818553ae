use std::time::Duration;

use super::{Verdict, join};
use crate::{
    kind::Kind,
    story::{Answer, Attempt, Ended, Fault, Run, Story, Window, Wrong},
};

/// Everything is in thousandths of a second.
fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// An attempt that takes ten milliseconds.
fn attempt(server: usize, sent: u64, answer: Answer) -> Attempt {
    let fails = answer == Answer::Failed;
    Attempt { server, sent: millis(sent), answered: millis(sent + 10), fails, answer }
}

fn story(kind: Kind, attempts: &[Attempt]) -> Story {
    Story { label: 7, kind, caller: "client-1".to_owned(), attempts: attempts.to_vec() }
}

fn ran(server: usize, ended: Ended) -> Run {
    Run { label: 7, server, caller: "client-1".to_owned(), ended }
}

fn refused(cause: &str) -> Answer {
    Answer::Refused(cause.to_owned())
}

fn unavailable(cause: &str) -> Answer {
    Answer::Unavailable(cause.to_owned())
}

const PAUSED: Fault = Fault::RedisPaused;
const STALLS: Fault = Fault::LoaderStalls;

/// From second 10 to second 13, and noticed by somebody else.
fn judged(fault: Fault, attempts: &[Attempt], kind: Kind, runs: &[Run]) -> Verdict {
    let cause = if fault == PAUSED { "replay-unavailable" } else { "keys-unavailable" };
    let noticed = Story { label: 0, ..story(Kind::Unsigned, &[attempt(0, 11_000, unavailable(cause))]) };
    join(&[noticed, story(kind, attempts)], runs, &[Window { fault, begin: millis(10_000), end: millis(13_000) }])
}

/// What is wrong with it, without what it is wrong with.
fn wrong(fault: Fault, attempts: &[Attempt], kind: Kind, runs: &[Run]) -> Vec<String> {
    let complaints = judged(fault, attempts, kind, runs).complaints;
    complaints.iter().map(|complaint| complaint.what.split_once(": ").unwrap().1.to_owned()).collect()
}

fn is_fine(fault: Fault, kind: Kind, attempts: &[Attempt], runs: &[Run]) {
    assert_eq!(wrong(fault, attempts, kind, runs), Vec::<String>::new());
}

#[test]
fn what_happens_in_health_is_fine() {
    let well = [ran(0, Ended::Well)];
    is_fine(PAUSED, Kind::Good, &[attempt(0, 0, Answer::Accepted)], &well);
    is_fine(PAUSED, Kind::Unsigned, &[attempt(0, 0, refused("no-signature"))], &[]);
    let twins = [attempt(1, 0, refused("replayed")), attempt(0, 0, Answer::Accepted)];
    is_fine(PAUSED, Kind::Twins, &twins, &well);
    let replayed = [attempt(0, 0, Answer::Accepted), attempt(1, 500, refused("replayed"))];
    is_fine(PAUSED, Kind::Replayed, &replayed, &well);
    let again = [attempt(0, 0, Answer::Handled), attempt(1, 500, Answer::Seen)];
    is_fine(PAUSED, Kind::DeliveryAgain, &again, &well);
    let failed = [attempt(1, 0, Answer::Failed), attempt(0, 500, Answer::Handled), attempt(1, 900, Answer::Seen)];
    is_fine(PAUSED, Kind::DeliveryFails, &failed, &[ran(1, Ended::Failed), ran(0, Ended::Well)]);
    for other in [Answer::Seen, unavailable("delivery-under-way")] {
        let twins = [attempt(0, 0, Answer::Handled), attempt(1, 0, other)];
        is_fine(PAUSED, Kind::DeliveryTwins, &twins, &well);
    }
}

#[test]
fn a_bad_request_that_is_accepted_is_found() {
    for (sent, what) in [(0, "in health"), (11_000, "while: redis paused")] {
        let bad = [attempt(0, sent, Answer::Accepted)];
        let at = sent / 1000;
        let expected =
            [format!("200 from server 0 at {at}.000 s, after 0.010 s, {what}"), "handled 1 times".to_owned()];
        assert_eq!(wrong(PAUSED, &bad, Kind::ChangedBody, &[ran(0, Ended::Well)]), expected);
    }
}

#[test]
fn a_handler_that_ran_for_a_bad_request_is_found_whatever_was_answered() {
    let bad = [attempt(0, 0, refused("unknown-key"))];
    let expected = ["server 0 logged 1 runs that ended Well and answered 0", "handled 1 times"];
    assert_eq!(wrong(PAUSED, &bad, Kind::UnknownKey, &[ran(0, Ended::Well)]), expected);
}

#[test]
fn a_bad_request_that_is_refused_for_another_reason_is_found() {
    let bad = [attempt(0, 0, refused("replayed"))];
    assert_eq!(
        wrong(PAUSED, &bad, Kind::WrongKey, &[]),
        ["401 replayed from server 0 at 0.000 s, after 0.010 s, in health"]
    );
}

#[test]
fn a_good_request_that_is_refused_is_found_within_a_fault_too() {
    for (sent, what) in [(0, "in health"), (11_000, "while: redis paused")] {
        let at = sent / 1000;
        let expected = [format!("401 replayed from server 0 at {at}.000 s, after 0.010 s, {what}")];
        assert_eq!(wrong(PAUSED, &[attempt(0, sent, refused("replayed"))], Kind::Good, &[]), expected);
    }
}

#[test]
fn a_503_is_explained_by_its_fault_alone() {
    let sent = |sent, cause| wrong(PAUSED, &[attempt(0, sent, unavailable(cause))], Kind::Good, &[]);
    let none: [String; 0] = [];
    for within in [10_000, 12_999, 14_900] {
        assert_eq!(sent(within, "replay-unavailable"), none, "{within}");
    }
    for outside in [9_980, 15_001] {
        let expected = format!(
            "503 replay-unavailable from server 0 at {}.{:03} s, after 0.010 s, in health",
            outside / 1000,
            outside % 1000
        );
        assert_eq!(sent(outside, "replay-unavailable"), [expected]);
    }
    assert_eq!(sent(11_000, "keys-unavailable").len(), 1);
}

#[test]
fn twins_that_are_both_accepted_or_both_refused_are_found() {
    let both = [attempt(0, 0, Answer::Accepted), attempt(1, 0, Answer::Accepted)];
    assert_eq!(wrong(PAUSED, &both, Kind::Twins, &[ran(0, Ended::Well), ran(1, Ended::Well)]).len(), 3);
    let within = [attempt(0, 11_000, Answer::Accepted), attempt(1, 11_000, Answer::Accepted)];
    assert_eq!(wrong(PAUSED, &within, Kind::Twins, &[ran(0, Ended::Well), ran(1, Ended::Well)]).len(), 3);
    let neither = [attempt(0, 0, refused("replayed")), attempt(1, 0, refused("replayed"))];
    assert_eq!(wrong(PAUSED, &neither, Kind::Twins, &[]).len(), 3);
    let late = [attempt(0, 11_000, unavailable("replay-unavailable")), attempt(1, 11_000, refused("replayed"))];
    is_fine(PAUSED, Kind::Twins, &late, &[]);
}

#[test]
fn a_replay_that_is_accepted_is_found_whenever_it_comes() {
    for sent in [500, 11_000, 20_500] {
        let replayed = [attempt(0, 0, Answer::Accepted), attempt(1, sent, Answer::Accepted)];
        let found = wrong(PAUSED, &replayed, Kind::Replayed, &[ran(0, Ended::Well), ran(1, Ended::Well)]);
        assert!(found.iter().any(|wrong| wrong == "handled 2 times"), "{found:?}");
        assert_eq!(found.len(), 2);
    }
    let expected = ["401 too-old from server 1 at 0.500 s, after 0.010 s, in health"];
    let early = [attempt(0, 0, Answer::Accepted), attempt(1, 500, refused("too-old"))];
    assert_eq!(wrong(PAUSED, &early, Kind::Replayed, &[ran(0, Ended::Well)]), expected);
    let late = [attempt(0, 0, Answer::Accepted), attempt(1, 20_500, refused("too-old"))];
    is_fine(PAUSED, Kind::Replayed, &late, &[ran(0, Ended::Well)]);
}

#[test]
fn what_is_too_old_is_refused_whatever_became_of_it_and_never_accepted() {
    let sent = |sent, then| [attempt(0, 11_000, unavailable("keys-unavailable")), attempt(0, sent, then)];
    let well = [ran(0, Ended::Well)];
    for cause in ["too-old", "before-memory"] {
        is_fine(STALLS, Kind::Replayed, &sent(31_500, refused(cause)), &[]);
        assert_eq!(wrong(STALLS, &sent(29_500, refused(cause)), Kind::Replayed, &[]).len(), 1);
    }
    is_fine(STALLS, Kind::Replayed, &sent(29_500, Answer::Accepted), &well);
    assert_eq!(wrong(STALLS, &sent(32_001, Answer::Accepted), Kind::Replayed, &well).len(), 1);
}

#[test]
fn what_redis_may_have_heard_of_is_accepted_or_refused_and_what_the_loader_kept_away_is_accepted() {
    let sent = |cause, then| [attempt(0, 11_000, unavailable(cause)), attempt(0, 16_000, then)];
    let well = [ran(0, Ended::Well)];
    is_fine(PAUSED, Kind::Good, &sent("replay-unavailable", Answer::Accepted), &well);
    is_fine(PAUSED, Kind::Good, &sent("replay-unavailable", refused("replayed")), &[]);
    is_fine(STALLS, Kind::Good, &sent("keys-unavailable", Answer::Accepted), &well);
    let expected = ["401 replayed from server 0 at 16.000 s, after 0.010 s, in health"];
    assert_eq!(wrong(STALLS, &sent("keys-unavailable", refused("replayed")), Kind::Good, &[]), expected);
}

#[test]
fn a_delivery_is_handled_again_only_where_its_end_could_not_be_told() {
    let runs = [ran(0, Ended::Well), ran(0, Ended::Well)];
    let lost = [attempt(0, 11_000, Answer::Handled), attempt(0, 16_000, Answer::Handled)];
    let verdict = judged(PAUSED, &lost, Kind::DeliveryAgain, &runs);
    assert_eq!((verdict.complaints.len(), verdict.handled_again), (0, 1));
    let told = [attempt(0, 0, Answer::Handled), attempt(0, 16_000, Answer::Handled)];
    assert_eq!(wrong(PAUSED, &told, Kind::DeliveryAgain, &runs).len(), 2);
    let forgotten = [attempt(0, 0, Answer::Handled), attempt(0, 11_000, Answer::Handled)];
    assert_eq!(wrong(PAUSED, &forgotten, Kind::DeliveryAgain, &runs).len(), 1);
}

#[test]
fn a_delivery_that_failed_is_handled_again_and_one_that_was_not_handled_is_never_seen() {
    let swallowed = [attempt(0, 0, Answer::Failed), attempt(0, 500, Answer::Seen)];
    assert_eq!(wrong(PAUSED, &swallowed, Kind::DeliveryFails, &[ran(0, Ended::Failed)]).len(), 1);
    let swallowed = [attempt(0, 11_000, unavailable("replay-unavailable")), attempt(0, 16_000, Answer::Seen)];
    assert_eq!(wrong(PAUSED, &swallowed, Kind::Delivery, &[]).len(), 1);
    let put_off = [attempt(0, 0, Answer::Failed), attempt(0, 500, unavailable("delivery-under-way"))];
    assert_eq!(wrong(PAUSED, &put_off, Kind::DeliveryFails, &[ran(0, Ended::Failed)]).len(), 1);
}

#[test]
fn a_run_that_was_not_answered_and_an_answer_without_a_run_are_found() {
    let good = [attempt(0, 0, Answer::Accepted)];
    assert_eq!(
        wrong(PAUSED, &good, Kind::Good, &[ran(0, Ended::Well), ran(0, Ended::Well)]),
        ["server 0 logged 2 runs that ended Well and answered 1", "handled 2 times"]
    );
    assert_eq!(wrong(PAUSED, &good, Kind::Good, &[]), ["server 0 logged 0 runs that ended Well and answered 1"]);
    assert_eq!(wrong(PAUSED, &good, Kind::Good, &[ran(1, Ended::Well)]).len(), 2);
    let lost = [attempt(0, 0, Answer::Other("no answer".to_owned()))];
    assert_eq!(wrong(PAUSED, &lost, Kind::Good, &[]).len(), 1);
}

#[test]
fn a_request_that_is_taken_for_another_clients_is_found() {
    let stranger = Run { caller: "client-2".to_owned(), ..ran(0, Ended::Well) };
    let found = wrong(PAUSED, &[attempt(0, 0, Answer::Accepted)], Kind::Good, &[stranger]);
    assert_eq!(found, ["client-1 was taken for client-2"]);
}

#[test]
fn a_run_of_a_label_that_was_never_sent_is_found() {
    let verdict = join(&[], &[ran(0, Ended::Well)], &[]);
    assert_eq!(verdict.complaints, [Wrong::Accept.that("label 7 was handled and never sent")]);
}

#[test]
fn a_fault_that_lasts_longer_than_its_window_or_was_not_noticed_is_found() {
    let window = Window { fault: PAUSED, begin: millis(10_000), end: millis(13_000) };
    let sent = |sent, answered| {
        let late = Attempt { answered: millis(answered), ..attempt(0, sent, unavailable("replay-unavailable")) };
        join(&[story(Kind::Good, &[late])], &[], &[window])
    };
    let verdict = sent(14_000, 14_900);
    assert_eq!((verdict.complaints.len(), verdict.windows[0].recovery), (0, millis(1900)));
    let late = "redis paused at 10.0 s: well again only 2.100 s behind its end";
    assert_eq!(sent(14_900, 15_100).complaints, [Wrong::Late.that(late)]);
    assert_eq!(join(&[], &[], &[window]).complaints, [Wrong::Other.that("redis paused at 10.0 s: nobody noticed")]);
}

#[test]
fn what_is_wrong_is_told_apart() {
    let wrong = |kind, answer, runs: &[Run]| judged(PAUSED, &[attempt(0, 0, answer)], kind, runs).complaints[0].wrong;
    assert_eq!(wrong(Kind::Unsigned, Answer::Accepted, &[ran(0, Ended::Well)]), Wrong::Accept);
    assert_eq!(wrong(Kind::Unsigned, refused("no-signature"), &[ran(0, Ended::Well)]), Wrong::Accept);
    assert_eq!(wrong(Kind::Good, refused("unknown-key"), &[]), Wrong::Refusal);
    assert_eq!(wrong(Kind::Delivery, Answer::Seen, &[]), Wrong::Refusal);
    assert_eq!(wrong(Kind::Good, unavailable("replay-unavailable"), &[]), Wrong::Unavailable);
    assert_eq!(wrong(Kind::Good, Answer::Other("408".to_owned()), &[]), Wrong::Other);
}
