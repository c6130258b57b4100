//! Suspected copies: how alike two readings from different devices must be to count once.
//!
//! The clinic says it by parameters, not by a file: it decides which readings count, so it is journalled with author,
//! reason and date like every other parameter. From a file, one journal would fold to other episodes after an edit.

use crate::parameter::{Form, Parameter};
use care::{History, ParameterScope};
use chrono::TimeDelta;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;
use vitals::{Decimal, Instant, Quantity};

/// What the clinic's keys begin with.
const BOOK: &str = "copies";
/// Seconds that the two may be apart, by default: enough for one measurement sent by hub and vendor's cloud.
const USUAL_S: &str = "60";
/// Most seconds: a day. Readings further apart are two, whoever sends them.
const MOST_S: i64 = 86_400;

/// How alike two readings must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tolerance {
    /// measured at most this far apart
    time: TimeDelta,
    /// values at most this far apart, in the canonical unit; where nothing is said, equal
    values: BTreeMap<Quantity, Decimal>,
}

impl Tolerance {
    pub(crate) fn time(&self) -> TimeDelta {
        self.time
    }

    pub(crate) fn allows(&self, quantity: Quantity, difference: Decimal) -> bool {
        difference.abs() <= self.values.get(&quantity).copied().unwrap_or(Decimal::ZERO)
    }
}

static SECONDS: LazyLock<Parameter> = LazyLock::new(|| Parameter {
    key: format!("{BOOK}.seconds"),
    name: "seconds".to_owned(),
    unit: None,
    default: Some(USUAL_S.to_owned()),
    description: "seconds that a measurement which two devices send may be apart, to count once".to_owned(),
    form: Form::Amount,
});

static VALUES: LazyLock<Vec<(Quantity, Parameter)>> = LazyLock::new(|| {
    let parameter = |quantity: Quantity| Parameter {
        key: format!("{BOOK}.{quantity}"),
        name: quantity.to_string(),
        unit: Some(quantity.canonical_unit()),
        default: Some(format!("0 {}", quantity.canonical_unit())),
        description: format!("how far {quantity} of a measurement which two devices send may differ, to count once"),
        form: Form::Amount,
    };
    Quantity::ALL.map(|quantity| (quantity, parameter(quantity))).into()
});

/// Every parameter by which the clinic says it.
pub(crate) fn parameters<'a>() -> impl Iterator<Item = &'a Parameter> {
    let values = VALUES.iter().map(|(_, parameter)| -> &'a Parameter { parameter });
    std::iter::once::<&'a Parameter>(&SECONDS).chain(values)
}

/// Whether `key` is one of them.
pub(crate) fn owns(key: &str) -> bool {
    key.split_once('.').is_some_and(|(book, _)| book == BOOK)
}

/// Checks a setting of one of them, besides its form: it is the clinic's alone, and no less than nothing.
pub(crate) fn check(scope: ParameterScope, parameter: &Parameter, value: Option<&str>) -> Result<(), String> {
    let key = &parameter.key;
    if scope == ParameterScope::Patient {
        return Err(format!("`{key}` is the clinic's, not a patient's; set it with the clinic's parameters"));
    }
    let Some(value) = value else { return Ok(()) };
    let number = parameter.number(value).map_err(|f| f.to_string())?;
    match parameter.unit {
        None if number < Decimal::ZERO || number > Decimal::from(MOST_S) => {
            Err(format!("`{key}` cannot be `{value}`; it lies between 0 and {MOST_S} seconds"))
        }
        Some(_) if number < Decimal::ZERO => Err(format!("`{key}` cannot be `{value}`; a difference is 0 or more")),
        _ => Ok(()),
    }
}

/// What was said when.
#[derive(Clone, Debug)]
pub(crate) struct Copies {
    first: Tolerance,
    /// later ones with the time from which they hold, in order
    later: Vec<(Instant, Tolerance)>,
}

impl Copies {
    /// As the clinic's parameters in `history` say.
    pub(crate) fn of(history: &History) -> Self {
        let own = history.parameters.iter().filter(|s| s.scope == ParameterScope::Clinic && owns(&s.key));
        let times: BTreeSet<Instant> = own.map(|setting| setting.effective_from).collect();
        let later = times.into_iter().map(|time| (time, tolerance(history, time))).collect();
        Self { first: tolerance(history, Instant::MIN_UTC), later }
    }

    /// What holds for two readings, the earlier of them measured at `time`: of both at once, so that it is the same
    /// whichever of them is looked at first.
    pub(crate) fn at(&self, time: Instant) -> &Tolerance {
        let place = self.later.partition_point(|(from, _)| *from <= time);
        place.checked_sub(1).and_then(|place| self.later.get(place)).map_or(&self.first, |(_, tolerance)| tolerance)
    }

    /// How far apart copies can be at any time.
    pub(crate) fn reach(&self) -> TimeDelta {
        self.later.iter().map(|(_, tolerance)| tolerance.time).fold(self.first.time, TimeDelta::max)
    }
}

/// The tolerance in force at `time`. A setting was checked when it was made; one that cannot be read allows nothing.
fn tolerance(history: &History, time: Instant) -> Tolerance {
    let number = |parameter: &Parameter| {
        let set = history.setting_at(ParameterScope::Clinic, &parameter.key, time).and_then(|s| s.value.as_deref());
        let text = set.or(parameter.default.as_deref()).unwrap_or_default();
        parameter.number(text).unwrap_or_default()
    };
    let seconds = number(&SECONDS).min(Decimal::from(MOST_S));
    let time = TimeDelta::seconds(i64::try_from(seconds.trunc()).unwrap_or_default());
    let values = VALUES.iter().map(|(quantity, parameter)| (*quantity, number(parameter)));
    Tolerance { time, values: values.filter(|(_, allowed)| !allowed.is_zero()).collect() }
}
