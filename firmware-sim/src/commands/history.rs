//! `firmware-sim history`.

use super::clock;
use anyhow::{Context, Result};
use chrono::{SecondsFormat, TimeDelta};
use firmware_sim::{Cohort, PastMessage};
use serde::Serialize;
use serde_json::value::RawValue;
use std::io::{BufWriter, Write};
use std::process::ExitCode;
use vitals::Instant;

#[derive(Clone, Copy, clap::ValueEnum)]
enum Format {
    /// one message a line, with its topic and when it arrived
    Ndjson,
    /// patient,kind,measured_at,quantity,value,unit: one quantity a row, true values before any device wrote them
    Csv,
}

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Seed of the people
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many people
    #[arg(long, visible_alias = "homes", default_value_t = 24)]
    people: u32,
    /// How many days, ending now or at --until
    #[arg(long, default_value_t = 90)]
    days: u32,
    /// When it ends (RFC 3339); the same end gives the same history
    #[arg(long, value_name = "TIME")]
    until: Option<Instant>,
    /// How it is printed
    #[arg(long, value_enum, default_value = "ndjson")]
    format: Format,
}

#[derive(Serialize)]
struct Line<'a> {
    topic: String,
    received_at: String,
    payload: &'a RawValue,
}

impl Args {
    pub(crate) fn run(self) -> Result<ExitCode> {
        let until = self.until.unwrap_or_else(|| clock()());
        let from = until - TimeDelta::days(self.days.into());
        let cohort = Cohort::with_days(self.seed, self.people, until, self.days);
        let mut out = BufWriter::new(std::io::stdout().lock());
        match self.format {
            Format::Ndjson => {
                for past in cohort.history(from, until) {
                    ndjson(&mut out, &past)?;
                }
            }
            Format::Csv => csv(&mut out, &cohort, from, until)?,
        }
        out.flush().context("writing to standard output")?;
        Ok(ExitCode::SUCCESS)
    }
}

fn ndjson(out: &mut impl Write, past: &PastMessage) -> Result<()> {
    let received_at = past.received_at.to_rfc3339_opts(SecondsFormat::AutoSi, true);
    let payload = serde_json::from_slice(&past.message.payload)?;
    serde_json::to_writer(&mut *out, &Line { topic: past.message.topic(), received_at, payload })?;
    out.write_all(b"\n").context("writing to standard output")
}

fn csv(out: &mut impl Write, cohort: &Cohort, from: Instant, until: Instant) -> Result<()> {
    let mut rows = csv::Writer::from_writer(out);
    rows.write_record(["patient", "kind", "measured_at", "quantity", "value", "unit"])?;
    for person in cohort.homes().iter().flat_map(|h| &h.people) {
        for m in person.measurements(from, until) {
            let at = m.at.to_rfc3339_opts(SecondsFormat::AutoSi, true);
            for (quantity, value) in &m.values {
                let Some(number) = value.as_number() else { continue };
                rows.write_record([
                    format!("p{}", person.number() + 1),
                    m.kind.to_string(),
                    at.clone(),
                    quantity.to_string(),
                    number.to_string(),
                    quantity.canonical_unit().to_string(),
                ])?;
            }
        }
    }
    rows.flush().context("writing to standard output")
}
