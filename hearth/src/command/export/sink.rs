//! Rows in one of two formats.

use std::io::Write;

use serde::Serialize;

use crate::failure::Failure;

/// Takes rows.
pub(super) enum Sink<'a> {
    Ndjson(&'a mut dyn Write),
    Csv(Box<csv::Writer<&'a mut dyn Write>>),
}

impl<'a> Sink<'a> {
    pub(super) fn ndjson(to: &'a mut dyn Write) -> Self {
        Self::Ndjson(to)
    }

    pub(super) fn csv(to: &'a mut dyn Write) -> Self {
        Self::Csv(Box::new(csv::Writer::from_writer(to)))
    }

    pub(super) const fn is_csv(&self) -> bool {
        matches!(self, Self::Csv(_))
    }

    /// The names of the columns; lines of JSON name themselves.
    pub(super) fn head(&mut self, columns: &[&str]) -> Result<(), Failure> {
        match self {
            Self::Ndjson(_) => Ok(()),
            Self::Csv(csv) => csv.write_record(columns).map_err(failure),
        }
    }

    /// One thing: as an object, or as cells.
    pub(super) fn row<T: Serialize>(&mut self, value: &T, cells: impl FnOnce() -> Vec<String>) -> Result<(), Failure> {
        match self {
            Self::Ndjson(to) => Ok(writeln!(to, "{}", json(value)?)?),
            Self::Csv(csv) => csv.write_record(cells()).map_err(failure),
        }
    }

    /// A row of cells; nothing in lines of JSON.
    pub(super) fn cells(&mut self, cells: &[String]) -> Result<(), Failure> {
        match self {
            Self::Ndjson(_) => Ok(()),
            Self::Csv(csv) => csv.write_record(cells).map_err(failure),
        }
    }

    /// The members of two objects as one, the second as it was written; nothing in CSV.
    pub(super) fn joined<T: Serialize>(&mut self, first: &T, second: &[u8]) -> Result<(), Failure> {
        let Self::Ndjson(to) = self else { return Ok(()) };
        let first = json(first)?;
        let members = first.strip_suffix('}').unwrap_or_default();
        write!(to, "{members},")?;
        to.write_all(second.strip_prefix(b"{").unwrap_or_default())?;
        Ok(writeln!(to)?)
    }

    pub(super) fn flush(&mut self) -> Result<(), Failure> {
        match self {
            Self::Ndjson(to) => Ok(to.flush()?),
            Self::Csv(csv) => Ok(csv.flush()?),
        }
    }
}

fn json<T: Serialize>(value: &T) -> Result<String, Failure> {
    serde_json::to_string(value).map_err(|error| Failure::because("cannot write JSON", &error))
}

fn failure(error: csv::Error) -> Failure {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error.into(),
        other => Failure::expected(format!("cannot write CSV: {other:?}")),
    }
}
