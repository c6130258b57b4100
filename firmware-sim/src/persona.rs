//! A simulated person: a seed, a number, a body and habits. Not a patient: nobody has a name here.

use crate::measurement::Measurement;
use crate::noise::{Purpose, chance, normal};
use crate::physiology;
use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, TimeDelta, TimeZone};
use chrono_tz::Tz;
use rand::Rng;
use rand::rngs::StdRng;
use vitals::{Instant, Kind};

/// What a person has; the name of the programme that suits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Condition {
    /// weighs in the morning
    HeartFailure,
    /// measures blood pressure morning and evening
    Hypertension,
    /// pricks a finger two to four times a day
    Diabetes,
    /// measures oxygen saturation once a day
    Copd,
}

impl Condition {
    /// The name of the programme that suits: a hint, plain text.
    #[must_use]
    pub const fn programme(self) -> &'static str {
        match self {
            Condition::HeartFailure => "heart-failure",
            Condition::Hypertension => "hypertension",
            Condition::Diabetes => "diabetes",
            Condition::Copd => "copd",
        }
    }

    /// What somebody with it measures.
    #[must_use]
    pub const fn kind(self) -> Kind {
        match self {
            Condition::HeartFailure => Kind::BodyWeight,
            Condition::Hypertension => Kind::BloodPressure,
            Condition::Diabetes => Kind::Glucose,
            Condition::Copd => Kind::OxygenSaturation,
        }
    }
}

/// How it goes with a person around the anchor day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Course {
    /// as always
    Stable,
    /// holds back fluid: from 30 days before the anchor day, diverging in the last 7
    FluidGain,
    /// steady, then 82.4, 83.3 and 84.9 kg on the three days before the anchor day
    SuddenGain,
    /// has not weighed for so many days, the anchor day included
    Silent {
        /// how many
        days: u32,
    },
}

/// A person's constants.
#[derive(Clone, Debug)]
pub(crate) struct Body {
    pub(crate) weight_kg: f64,
    pub(crate) systolic: f64,
    pub(crate) diastolic: f64,
    pub(crate) pulse: f64,
    pub(crate) irregular_pulse: f64,
    pub(crate) fasting_glucose: f64,
    pub(crate) spo2: f64,
    /// minute of the local day at which the morning's measuring begins
    pub(crate) morning_minute: i32,
    pub(crate) evening_minute: i32,
    /// share of what is asked that is done once the first two weeks are over
    adherence: f64,
}

/// Adherence on the first day, and what of its excess is left after each further day (a week's time constant).
const FIRST_ADHERENCE: f64 = 0.97;
const DAILY_DECAY: f64 = 0.867;

/// A simulated person. All that they ever do is a function of this value and the time.
#[derive(Clone, Debug)]
pub struct Persona {
    seed: u64,
    number: u32,
    condition: Condition,
    course: Course,
    timezone: Tz,
    kinds: Vec<Kind>,
    first_day: NaiveDate,
    anchor_day: NaiveDate,
    body: Body,
}

impl Persona {
    /// A person who starts to measure `days` before `anchor`, the instant around which the courses lie.
    #[must_use]
    pub fn new(seed: u64, number: u32, condition: Condition, course: Course, anchor: Instant, days: u32) -> Self {
        const ZONES: [Tz; 4] = [Tz::Europe__Berlin, Tz::Europe__London, Tz::Europe__Vienna, Tz::Europe__Zurich];
        let mut rng = chance(seed, Purpose::Body, number, 0);
        let timezone = ZONES.get(rng.random_range(0..ZONES.len())).copied().unwrap_or(Tz::UTC);
        let anchor_day = anchor.with_timezone(&timezone).date_naive();
        let body = Body::draw(condition, &mut rng);
        Self {
            seed,
            number,
            condition,
            course,
            timezone,
            kinds: vec![condition.kind()],
            first_day: anchor_day.checked_sub_days(Days::new(days.into())).unwrap_or(anchor_day),
            anchor_day,
            body,
        }
    }

    /// The same person with one more device to use.
    #[must_use]
    pub fn also(mut self, kind: Kind) -> Self {
        if !self.kinds.contains(&kind) {
            self.kinds.push(kind);
        }
        self
    }

    /// Who it is.
    #[must_use]
    pub const fn number(&self) -> u32 {
        self.number
    }

    /// What they have.
    #[must_use]
    pub const fn condition(&self) -> Condition {
        self.condition
    }

    /// How it goes.
    #[must_use]
    pub const fn course(&self) -> Course {
        self.course
    }

    /// Where they live.
    #[must_use]
    pub const fn timezone(&self) -> Tz {
        self.timezone
    }

    /// What they measure.
    #[must_use]
    pub fn kinds(&self) -> &[Kind] {
        &self.kinds
    }

    /// When they began: the first midnight of their first day.
    #[must_use]
    pub fn enrolled_at(&self) -> Instant {
        self.midnight(self.first_day)
    }

    /// What they measure in `[from, to)`, in order of time; the same however a span is cut into ranges.
    pub fn measurements(&self, from: Instant, to: Instant) -> impl Iterator<Item = Measurement> + '_ {
        let first = self.date(from).max(self.first_day);
        let last = self.date(to);
        first
            .iter_days()
            .take_while(move |date| *date <= last)
            .flat_map(move |date| self.on(date))
            .filter(move |m| from <= m.at && m.at < to)
    }

    /// What a measurement of `kind` at `at` finds, without gross artefacts: the answer to "please repeat".
    #[must_use]
    pub fn measure(&self, kind: Kind, at: Instant) -> Measurement {
        physiology::now(self, kind, at)
    }

    fn on(&self, date: NaiveDate) -> Vec<Measurement> {
        let mut found: Vec<_> = self.kinds.iter().flat_map(|kind| physiology::day(self, *kind, date)).collect();
        // What an evening measures never reaches beyond its day, so sorted days make a sorted life.
        found.retain(|m| self.date(m.at) == date);
        found.sort_by_key(|m| (m.at, m.kind));
        found
    }

    pub(crate) const fn seed(&self) -> u64 {
        self.seed
    }

    pub(crate) const fn body(&self) -> &Body {
        &self.body
    }

    /// The time in their own zone.
    #[must_use]
    pub fn local(&self, at: Instant) -> DateTime<Tz> {
        at.with_timezone(&self.timezone)
    }

    pub(crate) fn date(&self, at: Instant) -> NaiveDate {
        self.local(at).date_naive()
    }

    /// A number for a day, for chance.
    pub(crate) fn day(&self, date: NaiveDate) -> i64 {
        date.num_days_from_ce().into()
    }

    pub(crate) fn days_to_anchor(&self, date: NaiveDate) -> i64 {
        (self.anchor_day - date).num_days()
    }

    pub(crate) fn is_first_day(&self, date: NaiveDate) -> bool {
        date == self.first_day
    }

    /// Whether they do on that day what is asked of them: almost always at first, three times in four later.
    pub(crate) fn keeps(&self, date: NaiveDate, rng: &mut StdRng) -> bool {
        let days = i32::try_from((date - self.first_day).num_days().clamp(0, 3650)).unwrap_or(3650);
        let level = self.body.adherence;
        rng.random_bool((level + (FIRST_ADHERENCE - level) * DAILY_DECAY.powi(days)).clamp(0.0, 1.0))
    }

    /// The instant `minute` minutes into the local day, at a random second of it.
    pub(crate) fn at(&self, date: NaiveDate, minute: f64, rng: &mut StdRng) -> Option<Instant> {
        let second = rng.random_range(0.0..60.0);
        // A float goes to an integer by way of the decimal, which knows no silent wrap.
        let seconds = crate::noise::rounded(minute * 60.0 + second, 0).try_into().unwrap_or(0_i64);
        let local =
            date.and_time(NaiveTime::MIN).checked_add_signed(TimeDelta::seconds(seconds.clamp(14_400, 86_000)))?;
        self.timezone.from_local_datetime(&local).earliest().map(|t| t.to_utc())
    }

    /// The midnight at which the local day so many days before the anchor day begins.
    pub(crate) fn midnight_before_anchor(&self, days: u64) -> Instant {
        self.midnight(self.anchor_day.checked_sub_days(Days::new(days)).unwrap_or(self.anchor_day))
    }

    fn midnight(&self, date: NaiveDate) -> Instant {
        let local = date.and_time(NaiveTime::MIN);
        self.timezone.from_local_datetime(&local).earliest().map_or_else(|| local.and_utc(), |t| t.to_utc())
    }
}

impl Body {
    fn draw(condition: Condition, rng: &mut StdRng) -> Self {
        let pressure = if condition == Condition::Hypertension { (134.0, 82.0) } else { (122.0, 75.0) };
        let spo2 = if condition == Condition::Copd { 91.5 } else { 96.0 };
        let irregular = rng.random_bool(0.1);
        Self {
            weight_kg: (81.0 + 11.0 * normal(rng)).clamp(52.0, 125.0),
            systolic: pressure.0 + 6.0 * normal(rng).clamp(-2.0, 2.0),
            diastolic: pressure.1 + 4.0 * normal(rng).clamp(-2.0, 2.0),
            pulse: 72.0 + 6.0 * normal(rng).clamp(-2.0, 2.0),
            irregular_pulse: if irregular { 0.08 } else { 0.002 },
            fasting_glucose: 126.0 + 9.0 * normal(rng).clamp(-2.0, 2.0),
            spo2: spo2 + 0.6 * normal(rng).clamp(-1.5, 1.5),
            morning_minute: rng.random_range(375..490),
            evening_minute: rng.random_range(1125..1290),
            adherence: 0.742 + rng.random_range(-0.1..0.1),
        }
    }
}
