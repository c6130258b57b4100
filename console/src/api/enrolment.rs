//! Programmes in a patient: names, or `{"id", "from", "until"}`.

use care::{Enrolment, ProgrammeId};
use chrono::{DateTime, TimeDelta, Utc};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use std::fmt;
use utoipa::ToSchema;
use vitals::Instant;

/// An enrolment as it is given.
#[derive(Clone, Debug)]
pub(crate) struct ProgrammeIn {
    pub(crate) id: ProgrammeId,
    pub(crate) from: Option<Instant>,
    pub(crate) until: Option<Instant>,
}

impl ProgrammeIn {
    /// Over before it begins.
    pub(crate) fn is_empty(&self) -> bool {
        self.from.zip(self.until).is_some_and(|(from, until)| until <= from)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Whole {
    id: ProgrammeId,
    #[serde(default)]
    from: Option<Instant>,
    #[serde(default)]
    until: Option<Instant>,
}

struct NameOrWhole;

impl<'de> Visitor<'de> for NameOrWhole {
    type Value = ProgrammeIn;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a programme's name, or {\"id\", \"from\", \"until\"}")
    }
    fn visit_str<E: Error>(self, name: &str) -> Result<ProgrammeIn, E> {
        let id = ProgrammeId::new(name).map_err(E::custom)?;
        Ok(ProgrammeIn { id, from: None, until: None })
    }
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<ProgrammeIn, A::Error> {
        let Whole { id, from, until } = Whole::deserialize(MapAccessDeserializer::new(map))?;
        Ok(ProgrammeIn { id, from, until })
    }
}

impl<'de> Deserialize<'de> for ProgrammeIn {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NameOrWhole)
    }
}

/// An enrolment as it is shown.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ProgrammeOut {
    #[schema(value_type = String)]
    id: ProgrammeId,
    from: DateTime<Utc>,
    until: Option<DateTime<Utc>>,
}

impl From<&Enrolment> for ProgrammeOut {
    fn from(e: &Enrolment) -> Self {
        Self { id: e.programme.clone(), from: e.from, until: e.until }
    }
}

/// The whole new list. A name alone keeps the enrolment that it already has; a new one begins at `default_from`.
pub(crate) fn enrolments_of(
    list: Vec<ProgrammeIn>,
    before: &[Enrolment],
    default_from: Instant,
    now: Instant,
) -> Vec<Enrolment> {
    let one = |p: ProgrammeIn| {
        let same = before.iter().rfind(|e| e.programme == p.id && p.from.is_none_or(|from| from == e.from));
        let running = same.filter(|e| p.from.is_some() || e.until.is_none_or(|until| now < until));
        let until = p.until.or_else(|| running.filter(|_| p.from.is_none()).and_then(|e| e.until));
        Enrolment {
            from: p.from.or_else(|| running.map(|e| e.from)).unwrap_or(default_from),
            until,
            entered_at: running.map_or(now, |e| e.entered_at),
            programme: p.id,
        }
    };
    list.into_iter().map(one).collect()
}

/// Between a request's arrival and its commit, at most.
const COMMIT: TimeDelta = TimeDelta::seconds(10);

/// The enrolments, begun at `first` where nobody named a time: `enrolled_at` is the earliest `from`, and a device may
/// be assigned after the patient was entered. `None` where nothing changes.
pub(crate) fn begun_earlier(enrolments: &[Enrolment], first: Instant) -> Option<Vec<Enrolment>> {
    // Only a default is the moment of entering itself, which the commit stamps a little later.
    let moves = |e: &Enrolment| (e.entered_at - e.from).abs() < COMMIT && first < e.from;
    let one = |e: &Enrolment| Enrolment { from: if moves(e) { first } else { e.from }, ..e.clone() };
    enrolments.iter().any(moves).then(|| enrolments.iter().map(one).collect())
}

/// `enrolled_at` said anew: what began first begins then.
pub(crate) fn begun_at(enrolments: &[Enrolment], from: Instant) -> Option<Vec<Enrolment>> {
    let first = enrolments.iter().map(|e| e.from).min()?;
    let one = |e: &Enrolment| Enrolment { from: if e.from == first { from } else { e.from }, ..e.clone() };
    Some(enrolments.iter().map(one).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn t(seconds: i64) -> Instant {
        Instant::from_timestamp(seconds, 0).unwrap()
    }

    #[test]
    fn a_name_keeps_the_enrolment_that_is_there() {
        let list: Vec<ProgrammeIn> =
            serde_json::from_str(r#"["copd", {"id": "diabetes", "from": "1970-01-01T00:00:50Z"}]"#).unwrap();
        let running =
            Enrolment { programme: ProgrammeId::new("copd").unwrap(), from: t(10), until: None, entered_at: t(20) };
        let now = enrolments_of(list.clone(), std::slice::from_ref(&running), t(90), t(100));
        assert_eq!(now[0], running);
        assert_eq!((now[1].from, now[1].entered_at), (t(50), t(100)));
        let over = Enrolment { until: Some(t(30)), ..running };
        let again = enrolments_of(list, &[over], t(90), t(100));
        assert_eq!((again[0].from, again[0].until, again[0].entered_at), (t(90), None, t(100)));
    }

    #[test]
    fn an_earlier_device_moves_only_what_nobody_dated() {
        let enrolled = |from| Enrolment {
            programme: ProgrammeId::new("copd").unwrap(),
            from: t(from),
            until: None,
            entered_at: t(100),
        };
        let moved = begun_earlier(&[enrolled(99), enrolled(90)], t(10)).unwrap();
        assert_eq!(moved, [enrolled(10), enrolled(90)]);
        assert_eq!(begun_earlier(&[enrolled(90)], t(10)), None);
        assert_eq!(begun_earlier(&[enrolled(100)], t(110)), None);
    }

    #[test]
    fn a_programme_is_a_name_or_an_object() {
        for bad in ["3", "\"a b\"", "{\"from\": null}", "{\"id\": \"copd\", \"untli\": null}"] {
            assert!(serde_json::from_str::<ProgrammeIn>(bad).is_err(), "{bad}");
        }
    }
}
