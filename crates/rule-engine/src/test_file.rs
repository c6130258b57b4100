//! The tests that a rulebook carries: a patient in a few lines, and the episodes that must come of it.

use crate::check::parse_amount;
use crate::error::{Problems, RuleError};
use crate::evaluator::evaluate;
use crate::rulebook::Rulebook;
use crate::set::RulebookSet;
use crate::table::{Place, Table, Text, parsed, text};
use care::{Enrolment, Episode, History, ParameterScope, ParameterSetting, PatientId, ProgrammeId, Severity};
use chrono::{Days, NaiveDate, NaiveTime, TimeZone};
use chrono_tz::Tz;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use toml::Spanned;
use toml::de::{DeArray, DeValue};
use vitals::{
    Coded, DeviceId, Instant, Kind, MeasuredAt, Quantity, Reading, ReadingId, ReadingKey, ReceivedAt, Sample, SourceId,
    StoredAt, StoredReading, Value,
};

/// A test of a rulebook.
#[derive(Clone, Debug)]
pub(crate) struct Test {
    name: String,
    programmes: Vec<ProgrammeId>,
    parameters: Vec<(String, String)>,
    timezone: Tz,
    until: Option<Moment>,
    readings: Vec<ReadingLine>,
    expect: Vec<Expectation>,
}

/// `2d 07:00`: the day, from 0, and the local time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Moment {
    day: u32,
    time: NaiveTime,
}

#[derive(Clone, Debug)]
struct Expectation {
    /// a rule of the episode, or its group
    name: String,
    severity: Option<Severity>,
    at: Option<Moment>,
    /// `Some(None)`: not cleared
    cleared: Option<Option<Moment>>,
    confirmed: Option<bool>,
}

/// What became of one test.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TestResult {
    /// the rulebook
    pub rulebook: String,
    /// the test's name
    pub name: String,
    /// what was expected and did not come, or came unexpected; empty where it passed
    pub failures: Vec<String>,
}

impl TestResult {
    /// Whether everything came as expected.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.failures.is_empty()
    }
}

impl std::str::FromStr for Moment {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let parse = || {
            let (day, time) = text.split_once(char::is_whitespace)?;
            let time = ["%H:%M", "%H:%M:%S"].iter().find_map(|f| NaiveTime::parse_from_str(time.trim(), f).ok())?;
            Some(Moment { day: day.strip_suffix('d')?.parse().ok()?, time })
        };
        parse().ok_or_else(|| format!("`{text}` is no time of a test; write the day from 0 and the time: `2d 07:00`"))
    }
}

impl Moment {
    /// The instant, with day 0 on a Monday of winter.
    fn instant(self, zone: Tz) -> Option<Instant> {
        let date = NaiveDate::from_ymd_opt(2026, 1, 5)?.checked_add_days(Days::new(self.day.into()))?;
        zone.from_local_datetime(&date.and_time(self.time)).earliest().map(|t| t.to_utc())
    }
}

const TEST: &[&str] = &["name", "patient", "expect", "until"];
const PATIENT: &[&str] = &["readings", "programmes", "parameters", "timezone"];
const EXPECT: &[&str] = &["rule", "group", "severity", "at", "cleared", "confirmed"];

/// Reads the tests of a file.
pub(crate) fn read(top: &Table<'_, '_>, problems: &mut Problems<'_>) -> Vec<Test> {
    let tables = top.tables("test", "a [[test]]", TEST, problems);
    tables.iter().filter_map(|t| read_test(t, problems)).collect()
}

fn read_test(table: &Table<'_, '_>, problems: &mut Problems<'_>) -> Option<Test> {
    let name = table.required("name", "\"steady weight stays quiet\"", problems);
    let until = table.parsed("until", problems);
    let Some(patient) = table.get("patient") else {
        problems.add(table.place(), "a [[test]] has no `patient`", "add `patient = { readings = […] }`");
        return None;
    };
    let patient = Table::of(patient, "`patient`", PATIENT, problems)?;
    let programmes = patient.texts("programmes", problems).iter().filter_map(|t| parsed(t, problems)).collect();
    let timezone = patient.parsed("timezone", problems).unwrap_or(Tz::UTC);
    let mut parameters = Vec::new();
    if let Some(value) = patient.get("parameters") {
        if let DeValue::Table(t) = value.get_ref() {
            let set = Table::open(t, value.span(), "`parameters`");
            parameters.extend(set.entries().filter_map(|(k, _, v)| Some((k.to_owned(), text(v, k, problems)?.text))));
        } else {
            problems.add(
                value.span(),
                "`parameters` must be a table",
                "write `{ \"heart-failure.gain_3d\" = \"3 kg\" }`",
            );
        }
    }
    let lines: Vec<&Spanned<DeValue<'_>>> =
        list(patient.get("readings"), &patient.place(), "readings", problems).collect();
    let readings = lines.into_iter().filter_map(|item| read_reading(item, problems)).collect();
    let expect = table.get("expect");
    if expect.is_none() {
        problems.add(table.place(), "a [[test]] has no `expect`", "add `expect = []`, or what must come");
    }
    let items: Vec<&Spanned<DeValue<'_>>> = list(expect, &table.place(), "expect", problems).collect();
    let expect = items.into_iter().filter_map(|item| read_expectation(item, problems)).collect();
    Some(Test { name: name?.text, programmes, parameters, timezone, until, readings, expect })
}

fn list<'t, 'i>(
    value: Option<&'t Spanned<DeValue<'i>>>,
    place: &Place,
    key: &str,
    problems: &mut Problems<'_>,
) -> impl Iterator<Item = &'t Spanned<DeValue<'i>>> {
    let found: Option<&DeArray<'i>> = match value.map(Spanned::get_ref) {
        Some(DeValue::Array(items)) => Some(items),
        Some(_) => {
            problems.add(place.clone(), format!("`{key}` must be a list"), "");
            None
        }
        None => None,
    };
    found.into_iter().flat_map(|items| items.iter())
}

type ReadingLine = (Moment, Kind, Option<Sample>, BTreeMap<Quantity, Value>);

fn read_reading(item: &Spanned<DeValue<'_>>, problems: &mut Problems<'_>) -> Option<ReadingLine> {
    let remedy = "write `[\"0d 07:00\", \"weight 80 kg\"]`, several values with commas between";
    let pair = match item.get_ref() {
        DeValue::Array(pair) => pair.iter().filter_map(|v| text(v, "a reading", problems)).collect::<Vec<Text>>(),
        _ => Vec::new(),
    };
    let [at, values] = pair.as_slice() else {
        problems.add(item.span(), "a reading is a time and its values", remedy);
        return None;
    };
    let at = parsed(at, problems)?;
    let mut found = BTreeMap::new();
    let mut sample = None;
    for part in values.text.split(',') {
        let Some((mut quantity, value)) = read_value(part.trim()) else {
            problems.add(values.place.clone(), format!("`{}` is no value", part.trim()), remedy);
            return None;
        };
        if quantity == Quantity::InterstitialGlucose {
            (quantity, sample) = (Quantity::Glucose, Some(Sample::Interstitial));
        }
        found.insert(quantity, value);
    }
    let fits = |k: &Kind| found.keys().all(|q| k.accepts(*q)) && k.required().iter().any(|q| found.contains_key(q));
    let Some(kind) = Kind::ALL.into_iter().find(fits) else {
        problems.add(
            values.place.clone(),
            "no kind of reading has these values together",
            "write them as several readings",
        );
        return None;
    };
    Some((at, kind, sample, found))
}

fn read_value(text: &str) -> Option<(Quantity, Value)> {
    let (name, value) = text.split_once(char::is_whitespace)?;
    let quantity: Quantity = name.parse().ok()?;
    let value = match value.trim() {
        "LO" => Value::Coded(Coded::Lo),
        "HI" => Value::Coded(Coded::Hi),
        number => {
            let (value, unit) = parse_amount(number)?;
            Value::number(value, unit.filter(|u| quantity.accepted_units().contains(u))?)
        }
    };
    Some((quantity, value))
}

fn read_expectation(item: &Spanned<DeValue<'_>>, problems: &mut Problems<'_>) -> Option<Expectation> {
    let table = Table::of(item, "an expectation", EXPECT, problems)?;
    let name = table.text("rule", problems).or_else(|| table.text("group", problems));
    if name.is_none() {
        problems.add(
            table.place(),
            "an expectation names no rule",
            "write e.g. `{ rule = \"HF-W2\", at = \"2d 07:00\" }`",
        );
    }
    let cleared = match table.get("cleared").map(Spanned::get_ref) {
        Some(DeValue::Boolean(false)) => Some(None),
        Some(_) => Some(Some(table.parsed("cleared", problems)?)),
        None => None,
    };
    let confirmed = table.get("confirmed").and_then(|v| v.get_ref().as_bool());
    let severity = table.parsed("severity", problems);
    Some(Expectation { name: name?.text, severity, at: table.parsed("at", problems), cleared, confirmed })
}

/// Runs the tests in a file. `resolve` gives the text of an included rulebook by its id.
///
/// # Errors
/// Every mistake in the file and in what it includes.
pub fn run_tests(
    name: &str,
    file: &str,
    resolve: &dyn Fn(&str) -> Option<String>,
) -> Result<Vec<TestResult>, Vec<RuleError>> {
    let (set, book) = load_with_includes(name, file, resolve)?;
    Ok(book.tests.iter().map(|t| t.run(&set, &book)).collect())
}

/// Checks a file by itself and with what it includes.
pub fn check(name: &str, file: &str, resolve: &dyn Fn(&str) -> Option<String>) -> Vec<RuleError> {
    load_with_includes(name, file, resolve).err().unwrap_or_default()
}

fn load_with_includes(
    name: &str,
    file: &str,
    resolve: &dyn Fn(&str) -> Option<String>,
) -> Result<(RulebookSet, Rulebook), Vec<RuleError>> {
    let book = Rulebook::parse(name, file)?;
    let mut files = vec![(name.to_owned(), file.to_owned())];
    let mut seen: BTreeSet<String> = [book.id.clone()].into();
    let mut open = book.include.clone();
    while let Some(include) = open.pop() {
        if let (true, Some(text)) = (seen.insert(include.clone()), resolve(&include)) {
            let file = format!("{include}.toml");
            open.extend(Rulebook::parse(&file, &text)?.include);
            files.push((file, text));
        }
    }
    Ok((RulebookSet::load(&files)?, book))
}

impl Test {
    fn run(&self, set: &RulebookSet, book: &Rulebook) -> TestResult {
        let failures = self.try_run(set, book).unwrap_or_else(|| vec!["the test's times are out of range".to_owned()]);
        TestResult { rulebook: book.label(), name: self.name.clone(), failures }
    }

    fn try_run(&self, set: &RulebookSet, book: &Rulebook) -> Option<Vec<String>> {
        // A book that others include has no programme: its tests are of a patient who has it directly.
        let own = ProgrammeId::new(&book.id).ok()?;
        let direct = set.clone().with_programme(&book.id, &own);
        let history = self.history(book.programme.clone().unwrap_or(own))?;
        let last = history.readings.iter().map(|r| r.reading.measured_at.instant()).max();
        let until = match self.until {
            Some(until) => until.instant(self.timezone)?,
            None => last.or_else(|| Moment { day: 0, time: NaiveTime::MIN }.instant(self.timezone))?,
        };
        let evaluation = evaluate(&direct, &history, until);
        let mut failures: Vec<String> =
            evaluation.faults.iter().map(|f| format!("{} could not be evaluated: {}", f.rule, f.detail)).collect();
        for expected in &self.expect {
            if !evaluation.episodes.iter().any(|e| self.meets(expected, e)) {
                let named = evaluation.episodes.iter().find(|e| expected.names(e));
                let instead = named.map_or("none came".to_owned(), |e| format!("but it was {}", self.describe(e)));
                failures.push(format!("expected {}; {instead}", self.wanted(expected)));
            }
        }
        for episode in &evaluation.episodes {
            if !self.expect.iter().any(|x| x.names(episode)) {
                failures.push(format!("not expected: {}", self.describe(episode)));
            }
        }
        Some(failures)
    }

    fn history(&self, programme: ProgrammeId) -> Option<History> {
        let start = Moment { day: 0, time: NaiveTime::MIN }.instant(self.timezone)?;
        let mut history = History::new(PatientId::new("test").ok()?);
        history.timezone.set(start, self.timezone);
        let programmes = if self.programmes.is_empty() { vec![programme] } else { self.programmes.clone() };
        let enrol = |programme| Enrolment { programme, from: start, until: None, entered_at: start };
        history.enrolments = programmes.into_iter().map(enrol).collect();
        history.parameters = (1..)
            .zip(&self.parameters)
            .map(|(seq, (key, value))| ParameterSetting {
                scope: ParameterScope::Patient,
                key: key.clone(),
                value: Some(value.clone()),
                effective_from: start,
                seq,
            })
            .collect();
        for (seq, line) in (1..).zip(&self.readings) {
            history.insert_reading(self.reading(seq, line)?);
        }
        Some(history)
    }

    fn reading(&self, seq: u64, (at, kind, sample, values): &ReadingLine) -> Option<StoredReading> {
        let time = at.instant(self.timezone)?;
        let key = ReadingKey {
            source: SourceId::new("test").ok()?,
            device: DeviceId::new(kind.as_str()).ok()?,
            id: ReadingId::new(&format!("{seq:06}")).ok()?,
        };
        let reading = Reading {
            key,
            kind: *kind,
            measured_at: MeasuredAt::from(time),
            values: values.clone(),
            user_slot: None,
            flags: BTreeSet::new(),
            sample: *sample,
            meal: None,
            clock: None,
            battery: None,
            corrects: None,
        };
        let (received_at, stored_at) = (ReceivedAt(time), StoredAt(time));
        Some(StoredReading {
            seq,
            reading,
            received_at,
            stored_at,
            admission_flags: BTreeSet::new(),
            hub_connected: true,
        })
    }

    fn meets(&self, expected: &Expectation, episode: &Episode) -> bool {
        let at = |m: Moment| m.instant(self.timezone);
        let part = episode.rules.iter().find(|r| r.rule.as_str() == expected.name);
        let opened = part.map_or(episode.opened_at, |r| r.opened_at);
        let cleared = part.map_or(episode.cleared_at, |r| r.cleared.as_ref().map(|c| c.at));
        let severity = part.map_or(episode.severity, |r| r.severity);
        let confirmed =
            episode.rules.iter().filter(|r| part.is_none_or(|p| p.rule == r.rule)).any(|r| r.confirmed_by.is_some());
        expected.names(episode)
            && expected.at.is_none_or(|m| at(m) == Some(opened))
            && expected.cleared.is_none_or(|c| c.and_then(at) == cleared)
            && expected.severity.is_none_or(|s| s == severity || s == episode.severity)
            && expected.confirmed.is_none_or(|c| c == confirmed)
    }

    fn clock(&self, time: Instant) -> String {
        let start = NaiveDate::from_ymd_opt(2026, 1, 5).unwrap_or_default();
        let local = time.with_timezone(&self.timezone);
        format!("{}d {}", (local.date_naive() - start).num_days(), local.format("%H:%M"))
    }

    fn describe(&self, episode: &Episode) -> String {
        let rules: Vec<String> = episode
            .rules
            .iter()
            .map(|r| {
                let cleared =
                    r.cleared.as_ref().map_or("not cleared".to_owned(), |c| format!("cleared {}", self.clock(c.at)));
                format!("{} at {} ({}, {cleared}: {})", r.rule, self.clock(r.opened_at), r.severity, r.why)
            })
            .collect();
        format!("{} [{}]", rules.join(", "), episode.severity)
    }

    fn wanted(&self, expected: &Expectation) -> String {
        let mut text = expected.name.clone();
        let moment = |m: Moment| format!("{}d {}", m.day, m.time.format("%H:%M"));
        if let Some(at) = expected.at {
            text.push_str(&format!(" at {}", moment(at)));
        }
        if let Some(severity) = expected.severity {
            text.push_str(&format!(" with severity {severity}"));
        }
        match expected.cleared {
            Some(Some(at)) => text.push_str(&format!(" cleared {}", moment(at))),
            Some(None) => text.push_str(" not cleared"),
            None => {}
        }
        match expected.confirmed {
            Some(true) => text.push_str(", confirmed"),
            Some(false) => text.push_str(", unconfirmed"),
            None => {}
        }
        text
    }
}

impl Expectation {
    fn names(&self, episode: &Episode) -> bool {
        episode.group.as_str() == self.name || episode.rules.iter().any(|r| r.rule.as_str() == self.name)
    }
}
