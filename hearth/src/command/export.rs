//! `hearth export`: what the store holds, as lines of JSON or as CSV. May run beside a running service.

mod sink;

use std::{
    fs::{DirBuilder, File},
    io::Write,
    os::unix::fs::DirBuilderExt,
    path::PathBuf,
};

use care::{Actor, Assignments, Episode, PatientId, Scope, Task};
use chrono::SecondsFormat;
use clap::ValueEnum;
use serde::Serialize;
use store::{PageRequest, SharedStore, TaskFilter};
use vitals::{Instant, StoredReading, Value};

use super::import::{COLUMNS, READING};
use crate::{failure::Failure, output::Output, place::DataArgs};
use sink::Sink;

/// Rows asked of the store at a time.
const PAGE: u32 = 500;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    place: DataArgs,
    /// What to write; several go into a directory.
    #[arg(long, value_enum, value_delimiter = ',', default_value = "readings")]
    what: Vec<What>,
    /// `ndjson`: everything, a JSON object a line. `csv`: a row each; of readings a row per value, patients' only.
    #[arg(long, value_enum, default_value = "ndjson")]
    format: Format,
    /// Writes a file for each into this directory instead of standard output.
    #[arg(long)]
    to: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    Readings,
    Episodes,
    Tasks,
    Ledger,
    Audit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Ndjson,
    Csv,
}

impl What {
    const fn file_stem(self) -> &'static str {
        match self {
            What::Readings => "readings",
            What::Episodes => "episodes",
            What::Tasks => "tasks",
            What::Ledger => "ledger",
            What::Audit => "audit",
        }
    }
}

impl Format {
    const fn extension(self) -> &'static str {
        match self {
            Format::Ndjson => "ndjson",
            Format::Csv => "csv",
        }
    }
}

pub(crate) async fn run(args: Args, out: &mut Output<'_>) -> Result<(), Failure> {
    if args.to.is_none() && args.what.len() > 1 {
        return Err(Failure::malformed("several things do not fit into one stream; name a directory with --to"));
    }
    let open = args.place.read("export")?;
    if let Some(dir) = &args.to {
        // Of patients, so for its owner only, as the data directory.
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(dir)
            .map_err(|error| Failure::expected(format!("cannot make the directory `{}`: {error}", dir.display())))?;
    }
    for what in args.what {
        let Some(dir) = &args.to else {
            write(&open.store, what, args.format, out.stream()).await?;
            continue;
        };
        let path = dir.join(format!("{}.{}", what.file_stem(), args.format.extension()));
        let failed = |error: std::io::Error| Failure::expected(format!("cannot write `{}`: {error}", path.display()));
        let mut file = std::io::BufWriter::new(File::create(&path).map_err(failed)?);
        write(&open.store, what, args.format, &mut file).await?;
        file.flush().map_err(failed)?;
        out.line(path.display())?;
    }
    Ok(())
}

async fn write(store: &SharedStore, what: What, format: Format, to: &mut dyn Write) -> Result<(), Failure> {
    let mut sink = match format {
        Format::Ndjson => Sink::ndjson(to),
        Format::Csv => Sink::csv(to),
    };
    match what {
        What::Readings => readings(store, &mut sink).await?,
        What::Episodes => episodes(store, &mut sink).await?,
        What::Tasks => tasks(store, &mut sink).await?,
        What::Audit => audit(store, &mut sink).await?,
        What::Ledger => {
            let ledger = store.ledger().await?;
            sink.head(&["received", "stored", "duplicate", "quarantined"])?;
            let counts = [ledger.received, ledger.stored, ledger.duplicate, ledger.quarantined];
            sink.row(&ledger, || counts.iter().map(u64::to_string).collect())?;
        }
    }
    sink.flush()
}

/// What Hearth added to a reading, before the message itself.
#[derive(Serialize)]
struct Provenance<'a> {
    source: &'a vitals::SourceId,
    device: &'a vitals::DeviceId,
    patient: Option<&'a PatientId>,
    received_at: vitals::ReceivedAt,
    stored_at: vitals::StoredAt,
    admission_flags: &'a std::collections::BTreeSet<vitals::Flag>,
}

async fn readings(store: &SharedStore, sink: &mut Sink<'_>) -> Result<(), Failure> {
    let mut assignments = Assignments::default();
    for assignment in store.assignments().await? {
        assignments.add(assignment).map_err(|error| Failure::because("the stored assignments overlap", &error))?;
    }
    sink.head(&[&COLUMNS[..], &[READING]].concat())?;
    let mut after = 0;
    loop {
        let page = store.readings_after(after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = last.seq;
        for stored in &page {
            reading(stored, assignments.patient_of_reading(&stored.reading), sink)?;
        }
    }
}

/// As JSON the message that the import reads, digit for digit; as CSV a row per value.
fn reading(stored: &StoredReading, patient: Option<&PatientId>, sink: &mut Sink<'_>) -> Result<(), Failure> {
    let reading = &stored.reading;
    if sink.is_csv() {
        let Some(patient) = patient else { return Ok(()) };
        let name = reading.key.to_string();
        for (quantity, value) in &reading.values {
            let (number, unit) = match value {
                Value::Number { value, unit } => (value.to_string(), unit.ucum().to_owned()),
                Value::Coded(_) => (value.to_string(), String::new()),
            };
            let (kind, time) = (reading.kind.to_string(), reading.measured_at.to_string());
            sink.cells(&[patient.to_string(), kind, time, quantity.to_string(), number, unit, name.clone()])?;
        }
        return Ok(());
    }
    let provenance = Provenance {
        source: &reading.key.source,
        device: &reading.key.device,
        patient,
        received_at: stored.received_at,
        stored_at: stored.stored_at,
        admission_flags: &stored.admission_flags,
    };
    sink.joined(&provenance, &wire::reading::write(reading))
}

fn time(at: Instant) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

async fn episodes(store: &SharedStore, sink: &mut Sink<'_>) -> Result<(), Failure> {
    #[derive(Serialize)]
    struct Line<'a> {
        patient: &'a PatientId,
        #[serde(flatten, serialize_with = "care::sentence::in_english")]
        episode: &'a Episode,
    }
    sink.head(&["patient", "id", "group", "severity", "rule", "opened_at", "cleared_at", "reason"])?;
    for (patient, episode) in &store.all_episodes().await? {
        sink.row(&Line { patient, episode }, || {
            let rule = episode.leading_rule();
            vec![
                patient.to_string(),
                episode.id.to_string(),
                episode.group.to_string(),
                episode.severity.to_string(),
                rule.map(|rule| rule.rule.to_string()).unwrap_or_default(),
                time(episode.opened_at),
                episode.cleared_at.map(time).unwrap_or_default(),
                episode.reason().unwrap_or_default().to_string(),
            ]
        })?;
    }
    Ok(())
}

async fn tasks(store: &SharedStore, sink: &mut Sink<'_>) -> Result<(), Failure> {
    sink.head(&[
        "id",
        "patient",
        "queue",
        "status",
        "severity",
        "rule",
        "rulebook_version",
        "title",
        "reason",
        "owner",
        "created_at",
        "due_at",
        "outcome",
        "closed_at",
    ])?;
    let mut after = None;
    loop {
        let page = store.tasks(&Scope::All, &TaskFilter::default(), PageRequest { after, limit: PAGE }).await?;
        for task in &page.items {
            sink.row(&TaskLine(task), || task_cells(task))?;
        }
        after = page.next;
        if after.is_none() {
            return Ok(());
        }
    }
}

#[derive(Serialize)]
struct TaskLine<'a>(#[serde(serialize_with = "care::sentence::in_english")] &'a Task);

/// Every line of the trail with its hash, oldest first; docs/guides/security.md says how to follow the chain.
async fn audit(store: &SharedStore, sink: &mut Sink<'_>) -> Result<(), Failure> {
    sink.head(&["row", "at", "actor", "action", "subject", "patient", "detail", "hash"])?;
    let mut after = 0;
    loop {
        let page = store.audit_after(after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = last.row;
        for line in &page {
            let e = &line.entry;
            sink.row(line, || {
                vec![
                    line.row.to_string(),
                    e.at.to_rfc3339_opts(SecondsFormat::Micros, true),
                    e.actor.to_string(),
                    e.action.clone(),
                    e.subject.clone(),
                    e.patient.as_ref().map(PatientId::to_string).unwrap_or_default(),
                    e.detail.clone(),
                    line.hash.to_string(),
                ]
            })?;
        }
    }
}

fn task_cells(task: &Task) -> Vec<String> {
    vec![
        task.id.to_string(),
        task.patient.to_string(),
        task.queue.to_string(),
        task.status.to_string(),
        task.severity.to_string(),
        task.rule.to_string(),
        task.rulebook_version.clone(),
        task.title.clone(),
        task.reason.to_string(),
        task.owner.as_ref().map(Actor::to_string).unwrap_or_default(),
        time(task.created_at),
        task.due_at.map(time).unwrap_or_default(),
        task.outcome.map(|outcome| outcome.to_string()).unwrap_or_default(),
        task.closed_at.map(time).unwrap_or_default(),
    ]
}
