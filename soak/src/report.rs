//! What is printed, and what of the figures is wrong.

use std::{collections::BTreeMap, time::Duration};

use crate::{
    figures::{self, Sample},
    judge::Verdict,
    kind::Kind,
    parties::DEADLINE,
    story::{Complaint, Fault, RECOVERY, Story, Window, Wrong},
};

/// More than these are only counted.
const SHOWN: usize = 20;

/// Whose memory is looked at.
type Memory = fn(&Sample) -> u64;

/// What the program learned.
pub(crate) struct Outcome {
    pub(crate) stories: Vec<Story>,
    pub(crate) windows: Vec<Window>,
    pub(crate) samples: Vec<Sample>,
    pub(crate) verdict: Verdict,
    pub(crate) lasted: Duration,
    /// How many labels were to be begun.
    pub(crate) planned: u64,
}

impl Outcome {
    /// Prints it all, and says what it comes to.
    pub(crate) fn report(&self) -> Judgement {
        self.kinds();
        self.faults();
        let mut complaints = self.verdict.complaints.clone();
        complaints.extend(self.memory().into_iter().chain(self.entries()).map(|what| Wrong::Other.that(what)));
        let slowest = self.pace();
        if self.begun() < self.planned / 10 * 9 {
            complaints.push(Wrong::Late.that(format!("only {} of {} labels were begun", self.begun(), self.planned)));
        }
        println!();
        for complaint in complaints.iter().take(SHOWN) {
            println!("WRONG: {}", complaint.what);
        }
        let count = |wrong| complaints.iter().filter(|complaint| complaint.wrong == wrong).count();
        let counts = Wrong::ALL.map(|wrong| format!("{}: {}", wrong.name(), count(wrong)));
        println!("{}", counts.join(", "));
        judgement(&complaints, slowest)
    }

    fn begun(&self) -> u64 {
        u64::try_from(self.stories.len()).unwrap_or(u64::MAX)
    }

    fn kinds(&self) {
        println!("{:<26}{:>9}  answers", "kind", "labels");
        for kind in Kind::all() {
            let labels = self.verdict.labels.get(&kind).copied().unwrap_or(0);
            let answers = self.verdict.answers.get(&kind).into_iter().flatten();
            let answers: Vec<_> = answers.map(|(answer, count)| format!("{answer}: {count}")).collect();
            println!("{:<26}{labels:>9}  {}", kind.name(), answers.join(", "));
        }
        println!("Deliveries handled again, since their end could not be told: {}", self.verdict.handled_again);
    }

    fn faults(&self) {
        println!("\n{:<16}{:>9}{:>9}{:>8}{:>12}", "fault", "begin s", "end s", "503s", "recovery s");
        let mut slowest: BTreeMap<Fault, Duration> = BTreeMap::new();
        for found in &self.verdict.windows {
            let Window { fault, begin, end } = found.window;
            let (name, count) = (fault.name(), found.unavailable);
            let [begin, end, recovery] = [begin, end, found.recovery].map(|moment| moment.as_secs_f64());
            println!("{name:<16}{begin:>9.1}{end:>9.1}{count:>8}{recovery:>12.3}");
            let slowest = slowest.entry(fault).or_default();
            *slowest = found.recovery.max(*slowest);
        }
        let slowest =
            slowest.iter().map(|(fault, recovery)| format!("{} {:.3} s", fault.name(), recovery.as_secs_f64()));
        println!("Slowest recovery: {}", slowest.collect::<Vec<_>>().join(", "));
    }

    /// Compares the first third with the last.
    fn memory(&self) -> Vec<String> {
        let third = |number: u32| {
            let (begin, end) = (self.lasted * number / 3, self.lasted * (number + 1) / 3);
            self.samples.iter().filter(move |sample| (begin..end).contains(&sample.at))
        };
        let of = |number, value: Memory| figures::median(third(number).map(value)).unwrap_or(0);
        let mut found = Vec::new();
        println!("\n{:<16}{:>12}{:>12}{:>12}", "memory, KiB", "first third", "second", "last");
        let rows: [(&str, Memory); 3] = [
            ("server 0", |sample| sample.servers[0]),
            ("server 1", |sample| sample.servers[1]),
            ("redis", |sample| sample.redis),
        ];
        for (name, value) in rows {
            let thirds = [0, 1, 2].map(|number| of(number, value));
            println!("{name:<16}{:>12}{:>12}{:>12}", thirds[0], thirds[1], thirds[2]);
            if name != "redis" && thirds[2] > most_memory(thirds[0]) {
                found.push(format!("{name} grew from {} to {} KiB", thirds[0], thirds[2]));
            }
        }
        found
    }

    fn entries(&self) -> Vec<String> {
        let in_health = |sample: &&Sample| {
            let near = |window: &Window| window.begin <= sample.at + RECOVERY && sample.at <= window.end + RECOVERY;
            !self.windows.iter().any(near)
        };
        let known = self.samples.iter().filter(in_health).filter_map(|sample| Some((sample.at, sample.entries?)));
        let mut last = None;
        let mut found = Vec::new();
        // Each takes a look at every label.
        for (at, entries) in known.step_by(self.samples.len() / 20 + 1) {
            let (fewest, most) = figures::expected_entries(&self.stories, at);
            if !(fewest..=most).contains(&entries) {
                found.push(format!("{entries} entries at {:.1} s, and not {fewest} to {most}", at.as_secs_f64()));
            }
            last = Some((at, entries, fewest, most));
        }
        match last {
            Some((at, entries, fewest, most)) => {
                println!("Entries in Redis at {:.0} s: {entries}, expected {fewest} to {most}", at.as_secs_f64());
            }
            None => found.push("Redis was never asked for its entries".to_owned()),
        }
        found
    }

    /// Gives what 99 of 100 answers in health took at most.
    fn pace(&self) -> Duration {
        let requests = self.stories.iter().map(|story| story.attempts.len()).sum::<usize>();
        let requests = u32::try_from(requests).unwrap_or(u32::MAX);
        let latencies = figures::latencies(&self.stories, &self.windows);
        let [half, most] =
            [50, 99].map(|percent| figures::percentile(latencies.iter().copied(), percent).unwrap_or_default());
        println!(
            "{requests} requests of {} labels in {:.0} s: {:.0}/s; in health p50 {:.1} ms, p99 {:.1} ms",
            self.begun(),
            self.lasted.as_secs_f64(),
            f64::from(requests) / self.lasted.as_secs_f64(),
            half.as_secs_f64() * 1e3,
            most.as_secs_f64() * 1e3,
        );
        most
    }
}

/// What a run comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Judgement {
    Fine,
    Wrong,
    /// The machine was too busy to tell a late answer from a fault.
    Starved,
}

/// What was accepted or refused wrongly is wrong on any machine. Deadlines are missed on one that is too busy, too, and that says nothing.
fn judgement(complaints: &[Complaint], slowest: Duration) -> Judgement {
    let of_time = |complaint: &Complaint| matches!(complaint.wrong, Wrong::Unavailable | Wrong::Late);
    match complaints {
        [] => Judgement::Fine,
        complaints if complaints.iter().all(of_time) && slowest > DEADLINE / 2 => Judgement::Starved,
        _ => Judgement::Wrong,
    }
}

/// What the last third may take, where the first took `first` KiB: a tenth, and two MiB for what an allocator keeps behind a burst of
/// connections. To remember a label takes forty bytes at least, which is more than that in a few minutes.
fn most_memory(first: u64) -> u64 {
    first + first / 10 + 2048
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Judgement, judgement, most_memory};
    use crate::story::Wrong;

    #[test]
    fn a_busy_machine_excuses_what_came_late_and_nothing_else() {
        let [fast, slow] = [30, 600].map(Duration::from_millis);
        assert_eq!(judgement(&[], slow), Judgement::Fine);
        for wrong in Wrong::ALL {
            let is_excused = matches!(wrong, Wrong::Unavailable | Wrong::Late);
            let expected = if is_excused { Judgement::Starved } else { Judgement::Wrong };
            assert_eq!(judgement(&[wrong.that("")], slow), expected, "{wrong:?}");
            assert_eq!(judgement(&[wrong.that("")], fast), Judgement::Wrong, "{wrong:?}");
        }
        assert_eq!(judgement(&[Wrong::Late.that(""), Wrong::Accept.that("")], slow), Judgement::Wrong);
    }

    #[test]
    fn memory_may_grow_by_what_an_allocator_keeps() {
        assert_eq!(most_memory(20_000), 24_048);
    }
}
