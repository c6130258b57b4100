//! Parameters: what may be tuned, by whom, and what is in force.

use crate::check::{canonical, parse_amount};
use crate::rulebook::is_rate;
use crate::value::Failure;
use care::{History, Limit, ParameterOrigin, ParameterScope};
use serde::Serialize;
use vitals::{Decimal, Instant, Unit};

/// A parameter of a rulebook, as pages show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Parameter {
    /// `heart-failure.gain_3d`: under which clinic and patients set it
    pub key: String,
    /// `gain_3d`
    pub name: String,
    /// the unit of its default or declaration; settings may use any unit of the same dimension
    pub unit: Option<Unit>,
    /// as written; none where it is the clinic's or the patient's to set
    pub default: Option<String>,
    /// what it is for
    pub description: String,
    /// what its values look like
    pub form: Form,
}

/// What a parameter's values look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// a number, with a unit where it has one
    Amount,
    /// how often a reading is expected: `1 per day`, or `none`
    Rate,
}

/// What a parameter is at some time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ParameterState {
    Set(Amount),
    Unset,
    Invalid(Failure),
}

/// A parameter's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Amount {
    pub(crate) name: String,
    pub(crate) written: String,
    pub(crate) raw: Decimal,
    pub(crate) unit: Option<Unit>,
    pub(crate) origin: ParameterOrigin,
    /// in the canonical unit
    pub(crate) value: Decimal,
    /// in the canonical unit, as a difference of temperatures
    pub(crate) difference: Decimal,
}

impl Amount {
    /// As evidence names it.
    pub(crate) fn limit(&self) -> Limit {
        Limit { name: self.name.clone(), value: self.written.clone(), origin: self.origin }
    }
}

impl Parameter {
    /// The value in force at `time` with its origin: the patient's, else the clinic's, else the rulebook's.
    #[must_use]
    pub fn in_force(&self, history: &History, time: Instant) -> Option<(String, ParameterOrigin)> {
        let set = |scope| history.setting_at(scope, &self.key, time).and_then(|s| s.value.clone());
        let patient = set(ParameterScope::Patient).map(|v| (v, ParameterOrigin::Patient));
        patient
            .or_else(|| set(ParameterScope::Clinic).map(|v| (v, ParameterOrigin::Clinic)))
            .or_else(|| self.default.clone().map(|v| (v, ParameterOrigin::Rulebook)))
    }

    /// Whether `text` can be this parameter's value.
    ///
    /// # Errors
    /// What is wrong, naming the parameter and the remedy.
    pub fn accepts(&self, text: &str) -> Result<(), String> {
        match self.form {
            Form::Amount => self.amount(text, ParameterOrigin::Clinic).map(drop).map_err(|f| f.to_string()),
            Form::Rate if text == "none" || is_rate(text) => Ok(()),
            Form::Rate => Err(format!("`{text}` is no rate for `{}`; write e.g. `1 per day`, or `none`", self.key)),
        }
    }

    pub(crate) fn state_at(&self, history: &History, time: Instant) -> ParameterState {
        match self.in_force(history, time) {
            None => ParameterState::Unset,
            Some((text, origin)) => {
                self.amount(&text, origin).map_or_else(ParameterState::Invalid, ParameterState::Set)
            }
        }
    }

    /// The number in `text` as a difference in the parameter's own unit.
    pub(crate) fn number(&self, text: &str) -> Result<Decimal, Failure> {
        let amount = self.amount(text, ParameterOrigin::Clinic)?;
        match amount.unit.zip(self.unit) {
            Some((from, to)) => from.convert_difference(amount.raw, to).map_err(|_| self.unfit(text)),
            None => Ok(amount.raw),
        }
    }

    fn amount(&self, text: &str, origin: ParameterOrigin) -> Result<Amount, Failure> {
        let amount = || {
            let (raw, unit) = parse_amount(text)?;
            if unit.map(Unit::dimension) != self.unit.map(Unit::dimension) {
                return None;
            }
            let to = unit.map(|u| canonical(u.dimension()));
            let (value, difference) = match unit.zip(to) {
                Some((unit, to)) => (unit.convert(raw, to).ok()?, unit.convert_difference(raw, to).ok()?),
                None => (raw, raw),
            };
            Some(Amount {
                name: self.name.clone(),
                written: text.trim().to_owned(),
                raw,
                unit,
                origin,
                value,
                difference,
            })
        };
        amount().ok_or_else(|| self.unfit(text))
    }

    fn unfit(&self, text: &str) -> Failure {
        let unit = self.unit.map(|u| format!("a number with a unit such as `{u}`"));
        let wanted = unit.unwrap_or_else(|| "a plain number".to_owned());
        Failure::Parameter { key: self.key.clone(), value: text.to_owned(), wanted }
    }
}
