//! What became of the rows.

use std::{fmt, time::Duration};

use super::{DEPARTURES, case::Row};

/// What became of one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// So many cases held, and their controls passed.
    Held(usize),
    /// What did not hold.
    Failed(Vec<String>),
    /// We do otherwise, for this reason, in what did not hold.
    Departs(&'static str, Vec<String>),
    /// Why it was not tried.
    NotTried(String),
}

/// What became of the rows of one run.
#[derive(Clone, Debug)]
pub struct Report {
    over: &'static str,
    rows: Vec<Line>,
}

#[derive(Clone, Debug)]
struct Line {
    id: &'static str,
    title: &'static str,
    listed: Option<&'static str>,
    outcome: Outcome,
    took: Duration,
}

impl Report {
    pub(super) const fn new(over: &'static str) -> Self {
        Self { over, rows: Vec::new() }
    }

    pub(super) fn push(&mut self, row: &Row, outcome: Outcome, took: Duration) {
        let why = |failure: &String| {
            let mut departures = DEPARTURES.iter().filter(|(id, ..)| *id == row.id);
            departures.find(|(_, case, _)| failure.contains(case)).map(|(.., why)| *why)
        };
        let outcome = match outcome {
            Outcome::Failed(all) => match all.iter().map(why).collect::<Option<Vec<_>>>() {
                Some(reasons) => Outcome::Departs(reasons[0], all),
                None => Outcome::Failed(all),
            },
            outcome => outcome,
        };
        self.rows.push(Line { id: row.id, title: row.title, listed: row.listed, outcome, took });
    }

    /// Adds a failure to a row that was run; where it was not, there is nothing to hold it to.
    pub(super) fn fail(&mut self, id: &str, what: String) {
        if let Some(line) = self.rows.iter_mut().find(|line| line.id == id) {
            match &mut line.outcome {
                Outcome::Failed(all) => all.push(what),
                outcome => *outcome = Outcome::Failed(vec![what]),
            }
        }
    }

    /// The rows that failed, with what did not hold.
    #[must_use]
    pub fn failures(&self) -> Vec<(&'static str, &[String])> {
        let failed = |line: &Line| matches!(line.outcome, Outcome::Failed(_));
        self.rows.iter().filter(|line| failed(line)).map(|line| (line.id, line.failures())).collect()
    }

    /// The rows that held.
    #[must_use]
    pub fn held(&self) -> Vec<&'static str> {
        let held = |line: &&Line| matches!(line.outcome, Outcome::Held(_));
        self.rows.iter().filter(held).map(|line| line.id).collect()
    }

    fn count(&self, is: impl Fn(&Line) -> bool) -> usize {
        self.rows.iter().filter(|line| is(line)).count()
    }

    /// The counts in one line.
    #[must_use]
    pub fn counts(&self) -> String {
        let cases = self.rows.iter().map(|line| if let Outcome::Held(cases) = line.outcome { cases } else { 0 });
        format!(
            "{}: {} rows held in {} cases, {} failed, {} departed from, {} not tried",
            self.over,
            self.count(|line| matches!(line.outcome, Outcome::Held(_))),
            cases.sum::<usize>(),
            self.count(|line| matches!(line.outcome, Outcome::Failed(_))),
            self.count(|line| matches!(line.outcome, Outcome::Departs(..))),
            self.count(|line| matches!(line.outcome, Outcome::NotTried(_))),
        )
    }
}

impl Line {
    fn failures(&self) -> &[String] {
        if let Outcome::Failed(all) = &self.outcome { all } else { &[] }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Line { id, title, listed, outcome, took } in &self.rows {
            match outcome {
                Outcome::Held(cases) => {
                    writeln!(f, "{id:5} held       {title} ({cases} cases in {} ms)", took.as_millis())?;
                }
                Outcome::Failed(all) => {
                    writeln!(f, "{id:5} FAILED     {title}")?;
                    all.iter().try_for_each(|what| writeln!(f, "      {what}"))?;
                }
                Outcome::Departs(why, all) => {
                    writeln!(f, "{id:5} departs    {title}: {why}")?;
                    all.iter().try_for_each(|what| writeln!(f, "      {what}"))?;
                }
                Outcome::NotTried(why) => {
                    let why = if why.is_empty() { listed.unwrap_or_default() } else { why };
                    writeln!(f, "{id:5} not tried  {title}: {why}")?;
                }
            }
            if let (Some(listed), Outcome::Held(_) | Outcome::Failed(_)) = (listed, outcome) {
                writeln!(f, "      listed: {listed}")?;
            }
        }
        write!(f, "{}", self.counts())
    }
}
