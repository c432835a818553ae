//! Runs the rows against a server.

use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    time::Instant,
};

use super::{
    answer::Seen,
    case::{Case, Expect, Protocol, Row, Run, Shot, Skip},
    h1,
    lab::Lab,
    message::Message,
    refusals::Refusals,
    report::{Outcome, Report},
    subject::{Route, Subject},
};

/// Runs the rows that go over a socket.
#[must_use]
pub fn wire(subject: &Subject, protocol: Protocol, rows: &[&Row]) -> Report {
    let (mut report, mut refusals) = (Report::new(protocol.name()), Refusals::default());
    for row in rows {
        let Run::Wire(cases) = row.run else { continue };
        if row.protocols.contains(&protocol) {
            let start = Instant::now();
            let outcome = run_row(subject, protocol, row, cases, &mut refusals);
            report.push(row, outcome, start.elapsed());
        }
    }
    refusals.tell(&mut report);
    report
}

/// Runs the rows that need no socket of ours, and names those that are not tried at all.
#[must_use]
pub fn in_process(rows: &[&Row]) -> Report {
    let mut report = Report::new("in process");
    for row in rows {
        let start = Instant::now();
        match row.run {
            Run::Wire(_) => {}
            Run::None => report.push(row, Outcome::NotTried(String::new()), start.elapsed()),
            Run::Lib(run) => {
                let outcome = match catch_unwind(run) {
                    Ok(()) => Outcome::Held(1),
                    Err(panic) => Outcome::Failed(vec![text_of(&*panic)]),
                };
                report.push(row, outcome, start.elapsed());
            }
        }
    }
    report
}

/// The rows that no request tries, one a line.
#[must_use]
pub fn listed(rows: &[&Row]) -> Vec<String> {
    let off_the_wire = rows.iter().filter(|row| !matches!(row.run, Run::Wire(_)));
    off_the_wire
        .map(|row| format!("{:5} {}: {}", row.id, row.title, row.listed.unwrap_or("in process, by cargo test")))
        .collect()
}

fn text_of(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default()
}

fn run_row(
    subject: &Subject,
    protocol: Protocol,
    row: &Row,
    cases: fn(&Lab<'_>) -> Result<Vec<Case>, Skip>,
    refusals: &mut Refusals,
) -> Outcome {
    let mut tally = Tally::default();
    for route in row.routes {
        let way = Way { subject, protocol, route: *route, cases };
        if subject.targets.contains_key(route) {
            way.run(&mut tally, refusals);
        } else {
            // A foreign server has one kind of route, and perhaps an optional one, or one that remembers.
            match route {
                Route::Optional => "needs a route where a signature is optional".clone_into(&mut tally.skipped),
                Route::Hooks | Route::GuardedHooks | Route::RememberedHooks => {
                    "needs routes for webhooks".clone_into(&mut tally.skipped);
                }
                Route::Remembered | Route::GuardedRemembered if tally.held == 0 && tally.skipped.is_empty() => {
                    "needs a server that accepts each request once: --once".clone_into(&mut tally.skipped);
                }
                Route::Remembered | Route::GuardedRemembered | Route::Extractor | Route::Guard => {}
            }
        }
    }
    match (tally.failed.is_empty(), tally.held) {
        (false, _) => Outcome::Failed(tally.failed),
        (true, 0) => Outcome::NotTried(tally.skipped),
        (true, held) => Outcome::Held(held),
    }
}

#[derive(Default)]
struct Tally {
    held: usize,
    failed: Vec<String>,
    skipped: String,
}

/// The cases of a row on one kind of route.
struct Way<'a> {
    subject: &'a Subject,
    protocol: Protocol,
    route: Route,
    cases: fn(&Lab<'_>) -> Result<Vec<Case>, Skip>,
}

impl Way<'_> {
    fn run(&self, tally: &mut Tally, refusals: &mut Refusals) {
        if self.subject.remembers || self.route.remembers() {
            return self.run_each_anew(tally, refusals);
        }
        let lab = self.lab(self.subject);
        for case in self.make(&lab, tally).unwrap_or_default() {
            self.try_case(&lab, &case, tally, refusals);
        }
    }

    /// Makes all cases anew for each of them, since one that was sent would spoil the next one that is made of it.
    fn run_each_anew(&self, tally: &mut Tally, refusals: &mut Refusals) {
        for at in 0.. {
            let (subject, another) = (self.subject.with_new_id(), self.subject.with_new_id());
            let lab = self.lab(&subject);
            let Some(mut case) = self.make_at(at, &lab, tally) else { break };
            if !self.route.remembers() {
                // Where replay is not what is tried, no attack fails for being like its control.
                let Some(Case { control, .. }) = self.make_at(at, &self.lab(&another), tally) else { break };
                case.control = control;
            }
            self.try_case(&lab, &case, tally, refusals);
        }
    }

    const fn lab<'s>(&self, subject: &'s Subject) -> Lab<'s> {
        Lab { subject, protocol: self.protocol, route: self.route }
    }

    fn make_at(&self, at: usize, lab: &Lab<'_>, tally: &mut Tally) -> Option<Case> {
        self.make(lab, tally)?.into_iter().nth(at)
    }

    fn make(&self, lab: &Lab<'_>, tally: &mut Tally) -> Option<Vec<Case>> {
        match catch_unwind(AssertUnwindSafe(|| (self.cases)(lab))) {
            Ok(Ok(cases)) => return Some(cases),
            Ok(Err(Skip(why))) => why.clone_into(&mut tally.skipped),
            Err(_) if !lab.is_ours() => "this dialect has no such form".clone_into(&mut tally.skipped),
            Err(panic) => {
                let (route, why) = (self.route.name(), text_of(&*panic));
                tally.failed.push(format!("{route} route: no case could be made: {why}"));
            }
        }
        None
    }

    fn try_case(&self, lab: &Lab<'_>, case: &Case, tally: &mut Tally, refusals: &mut Refusals) {
        match run_case(lab, case, refusals) {
            Ok(()) => tally.held += 1,
            Err(why) => tally.failed.push(format!("{} route, {}: {why}", self.route.name(), case.name)),
        }
    }
}

/// The control first: a server that refuses everything survives nothing.
fn run_case(lab: &Lab<'_>, case: &Case, refusals: &mut Refusals) -> Result<(), String> {
    let control = Shot::Messages(vec![case.control.clone()]);
    shoot(lab, &control, &Expect::accepted(), None, refusals).map_err(|why| format!("the control: {why}"))?;
    shoot(lab, &case.attack, &case.expect, Some(&case.control), refusals)
}

/// Whether the control's request is answered as it should be, of a server of which nothing else is known.
///
/// # Errors
/// What came instead.
pub fn control(lab: &Lab<'_>) -> Result<(), String> {
    shoot(lab, &lab.signed().into(), &Expect::accepted(), None, &mut Refusals::default())
}

fn shoot(
    lab: &Lab<'_>,
    shot: &Shot,
    expect: &Expect,
    control: Option<&Message>,
    refusals: &mut Refusals,
) -> Result<(), String> {
    let inside = lab.subject.inside.as_ref();
    let before = inside.map_or(0, |inside| {
        drop(inside.events());
        inside.calls()
    });
    let seen = match shot {
        Shot::Messages(messages) => lab.send(messages),
        Shot::Bytes(bytes, answers) => h1::exchange(lab.subject.address, bytes, *answers),
        Shot::Do(run) => run(lab),
    };
    if let Some(wrong) = seen.wrong {
        return Err(wrong);
    }
    if let Shot::Messages(messages) = shot {
        for (message, answer) in messages.iter().zip(&seen.answers) {
            refusals.see(lab, message, answer.as_ref());
        }
    }
    check_statuses(lab, shot, &seen, expect, control)?;
    if let (Some((what, look)), Some(Some(answer))) = (&expect.look, seen.answers.first())
        && !look(answer)
    {
        return Err(format!("{what} was expected of {answer:?}"));
    }
    let Some(inside) = inside else { return Ok(()) };
    let statuses = seen.statuses();
    let reached = inside.calls() - before;
    let expected = expect.calls.unwrap_or_else(|| statuses.iter().filter(|status| **status == 200).count());
    if reached != expected {
        return Err(format!("{reached} calls of a handler where {expected} were expected; the answers: {statuses:?}"));
    }
    check_events(inside.events(), &statuses, expect)
}

fn check_statuses(
    lab: &Lab<'_>,
    shot: &Shot,
    seen: &Seen,
    expect: &Expect,
    control: Option<&Message>,
) -> Result<(), String> {
    let allowed = |status: u16, expected: &[u16]| {
        expected.contains(&status) || (!lab.is_ours() && is_as_good(status, expected, shot, control))
    };
    let fits = seen.answers.len() == expect.statuses.len()
        && seen.statuses().iter().zip(&expect.statuses).all(|(status, expected)| allowed(*status, expected));
    if fits { Ok(()) } else { Err(format!("{:?} was expected and {seen} came", expect.statuses)) }
}

/// What else counts for a server of which nothing but its answers is known: any success where 200 is expected, 403 in place of
/// 401, and 404 or 405 where the attack goes to another place than its control.
fn is_as_good(status: u16, expected: &[u16], shot: &Shot, control: Option<&Message>) -> bool {
    let elsewhere = match (shot, control) {
        (Shot::Messages(messages), Some(control)) => {
            messages.iter().any(|message| message.target != control.target || message.method != control.method)
        }
        _ => false,
    };
    (expected.contains(&200) && (200..400).contains(&status))
        || (expected.contains(&401) && (status == 403 || (elsewhere && matches!(status, 400 | 404 | 405))))
}

/// One event for each refusal, with the cause that was expected; none for what was accepted.
fn check_events(events: Vec<BTreeMap<String, String>>, statuses: &[u16], expect: &Expect) -> Result<(), String> {
    let refusals = || statuses.iter().filter(|status| matches!(status, 401 | 408 | 413 | 503)).count();
    let refused = expect.events.unwrap_or_else(refusals);
    let causes: Vec<_> = events.iter().map(|event| event.get("cause").map_or("", String::as_str)).collect();
    // Where a connection may be broken off, it may be so before or behind the check.
    if causes.len() != refused && !statuses.contains(&0) {
        return Err(format!("{statuses:?} left these causes: {causes:?}"));
    }
    for event in &events {
        let cause = event.get("cause").map_or("", String::as_str);
        if !expect.causes.contains(&cause) {
            return Err(format!("the cause is {cause} and not {:?}: {event:?}", expect.causes));
        }
        let key_id = event.get("key_id").map_or("", String::as_str);
        if key_id.len() > 256 || expect.key_id.as_deref().is_some_and(|expected| expected != key_id) {
            return Err(format!("the event names {key_id:?}"));
        }
    }
    Ok(())
}
