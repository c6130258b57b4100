//! Which programmes the patients of tasks are in.

use super::super::column::{collect, parsed, time, time_or_none};
use super::super::fault::Fault;
use care::ProgrammeId;
use rusqlite::Connection;
use std::collections::HashMap;
use std::sync::Arc;
use vitals::Instant;

/// A patient's times in programmes, by programme.
#[derive(Clone, Debug, Default)]
pub(super) struct Programmes(Arc<[Enrolled]>);

#[derive(Clone, Debug)]
struct Enrolled {
    programme: ProgrammeId,
    from: Instant,
    until: Option<Instant>,
}

impl Programmes {
    /// The programmes at this time.
    pub(super) fn at(&self, now: Instant) -> impl Iterator<Item = &ProgrammeId> {
        let holds = move |e: &&Enrolled| e.from <= now && e.until.is_none_or(|until| now < until);
        self.0.iter().filter(holds).map(|e| &e.programme)
    }
}

/// By patient, of those who have a task `t` for which `condition` with the parameter `?1` holds.
pub(super) fn programmes(db: &Connection, condition: &str, parameter: &str) -> Result<HashMap<i64, Programmes>, Fault> {
    let mut query = db.prepare_cached(&format!(
        "SELECT * FROM enrolment WHERE patient IN (SELECT t.patient FROM task t WHERE {condition})
         ORDER BY patient, programme, from_at"
    ))?;
    let mut found: HashMap<i64, Vec<Enrolled>> = HashMap::new();
    for (patient, enrolled) in collect(query.query([parameter])?, |row| {
        let (programme, from, until) =
            (parsed(row, "programme")?, time(row, "from_at")?, time_or_none(row, "until_at")?);
        Ok((row.get::<_, i64>("patient")?, Enrolled { programme, from, until }))
    })? {
        found.entry(patient).or_default().push(enrolled);
    }
    Ok(found.into_iter().map(|(patient, of)| (patient, Programmes(of.into()))).collect())
}
