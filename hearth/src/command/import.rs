//! `hearth import`: readings from a file, through the same admission as everything else.
//!
//! `.csv` has a value a row and names patients; `.ndjson` has a reading a line and names source and device, as
//! `hearth export` writes it. Importing a file twice changes nothing.

mod rows;

pub(crate) use rows::{COLUMNS, READING};

use std::{
    fs::File,
    io::{BufRead, BufReader},
    path::PathBuf,
};

use bytes::Bytes;
use care::{Assignment, PatientId};
use ingest::admission::AdmissionLimits;
use serde::Deserialize;
use store::Admit;
use vitals::{DeviceId, DeviceRef, ReceivedAt, SourceId};
use wire::Channel;

use crate::{
    failure::Failure,
    intake::{self, BATCH, Counts},
    output::Output,
    place::{DataArgs, OpenStore, operator},
};
use rows::PatientReadings;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    place: DataArgs,
    /// The source that readings of a CSV file are said to come from.
    #[arg(long, default_value = "import")]
    source: SourceId,
    /// A `.csv` or `.ndjson` file.
    file: PathBuf,
}

pub(crate) async fn run(args: Args, out: &mut Output<'_>) -> Result<(), Failure> {
    let open_file = || {
        File::open(&args.file)
            .map_err(|error| Failure::expected(format!("cannot read `{}`: {error}", args.file.display())))
    };
    let limits = args.place.admission()?;
    let counts = match args.file.extension().and_then(|extension| extension.to_str()) {
        Some("csv") => {
            let patients = rows::read(open_file()?, &args.file.display().to_string())?;
            let open = args.place.write("import")?;
            let counts = import_patients(&open, &limits, &args.source, patients).await?;
            finish(open, &args, counts).await?
        }
        Some("ndjson") => {
            let lines = BufReader::new(open_file()?);
            let open = args.place.write("import")?;
            let counts = import_lines(&open, &limits, lines, &args.file.display().to_string()).await?;
            finish(open, &args, counts).await?
        }
        _ => {
            return Err(Failure::malformed(format!(
                "`{}` is neither .csv nor .ndjson; `hearth import --help` says what is in them",
                args.file.display()
            )));
        }
    };
    let Counts { stored, duplicate, quarantined } = counts;
    out.report(
        &counts,
        format!("{stored} stored, {duplicate} there already, {quarantined} in quarantine; the rules run over them at the next start"),
    )
}

async fn finish(open: OpenStore, args: &Args, counts: Counts) -> Result<Counts, Failure> {
    let Counts { stored, duplicate, quarantined } = counts;
    let name = args.file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    open.audit("import", &name, &format!("{stored} stored, {duplicate} duplicate, {quarantined} quarantined")).await?;
    open.close().await?;
    Ok(counts)
}

/// Each patient of the file has a device of that name; where the patient is known, it is theirs from then on.
async fn import_patients(
    open: &OpenStore,
    limits: &AdmissionLimits,
    source: &SourceId,
    patients: Vec<PatientReadings>,
) -> Result<Counts, Failure> {
    let mut counts = Counts::default();
    let received_at = ReceivedAt(open.clock.now());
    let taken = open.store.assignments().await?;
    for PatientReadings { patient, first, messages } in patients {
        let device = DeviceRef { source: source.clone(), device: patient.clone() };
        assign(open, &device, &patient, first, &taken).await?;
        let mut batch = Vec::with_capacity(BATCH);
        for message in messages {
            batch.push(intake::judge(device.clone(), Channel::Reading, Bytes::from(message), received_at, limits));
            flush(open, &mut batch, BATCH, &mut counts).await?;
        }
        flush(open, &mut batch, 1, &mut counts).await?;
    }
    Ok(counts)
}

async fn assign(
    open: &OpenStore,
    device: &DeviceRef,
    patient: &DeviceId,
    from: vitals::Instant,
    taken: &[Assignment],
) -> Result<(), Failure> {
    let Ok(patient) = PatientId::new(patient.as_str()) else { return Ok(()) };
    if taken.iter().any(|assignment| assignment.device == *device) || open.store.patient(&patient).await?.is_none() {
        return Ok(());
    }
    let assignment = Assignment { device: device.clone(), user_slot: None, patient, from, until: None };
    Ok(open.store.assign(assignment, "imported readings name this patient", &operator()).await?)
}

/// What a line needs besides being a reading message.
#[derive(Deserialize)]
struct Origin {
    source: SourceId,
    device: DeviceId,
}

async fn import_lines(
    open: &OpenStore,
    limits: &AdmissionLimits,
    lines: impl BufRead,
    file: &str,
) -> Result<Counts, Failure> {
    let mut counts = Counts::default();
    let mut batch: Vec<Admit> = Vec::with_capacity(BATCH);
    let received_at = ReceivedAt(open.clock.now());
    for (number, line) in lines.lines().enumerate() {
        let place = format!("{file}:{}", number.saturating_add(1));
        let line = line.map_err(|error| Failure::expected(format!("{place}: cannot be read: {error}")))?;
        if line.trim().is_empty() {
            continue;
        }
        let Origin { source, device } = serde_json::from_str(&line).map_err(|error| {
            Failure::malformed(format!(
                "{place}: {error}; a line is a reading message with `source` and `device`; {} readings of the lines before are in",
                counts.stored
            ))
        })?;
        let device = DeviceRef { source, device };
        batch.push(intake::judge(device, Channel::Reading, Bytes::from(line), received_at, limits));
        flush(open, &mut batch, BATCH, &mut counts).await?;
    }
    flush(open, &mut batch, 1, &mut counts).await?;
    Ok(counts)
}

/// Commits the batch if it holds at least `at_least` messages.
async fn flush(open: &OpenStore, batch: &mut Vec<Admit>, at_least: usize, counts: &mut Counts) -> Result<(), Failure> {
    if batch.len() >= at_least {
        intake::commit(&open.store, std::mem::take(batch), counts).await?;
    }
    Ok(())
}
