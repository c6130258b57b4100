//! Replays a recorded glucose trace as a sensor's readings, and waits for the receipt of each.

use crate::driver::{Clock, Driver, Nobody, Order, Report};
use crate::firmware::Message;
use crate::mqtt::{Broker, Login};
use chrono::{DateTime, FixedOffset, NaiveDateTime, TimeDelta};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use vitals::{
    Clock as ReadingClock, ClockSource, DeviceRef, Instant, Kind, MeasuredAt, Quantity, Reading, ReadingId, ReadingKey,
    Sample, SourceId, Unit, Value, decimal_from_json,
};
use wire::{Channel, MAX_BATCH};

/// How fast the trace runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Speed {
    /// so many times as fast as it was recorded
    Times(f64),
    /// as fast as receipts come
    Max,
}

impl std::str::FromStr for Speed {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text.parse::<f64>() {
            _ if text == "max" => Ok(Speed::Max),
            Ok(times) if times.is_finite() && times > 0.0 => Ok(Speed::Times(times)),
            _ => Err(format!("`{text}` is neither `max` nor a number above zero")),
        }
    }
}

/// A trace that cannot be replayed.
#[derive(Debug, thiserror::Error)]
pub enum TraceError {
    /// not CSV
    #[error("the trace: {0}")]
    Csv(#[from] csv::Error),
    /// without the columns
    #[error("the trace has no column `{0}`; it needs `time` and `glucose_mg_dl`")]
    Column(&'static str),
    /// a cell that says nothing
    #[error("line {line}: `{text}` is no {what}")]
    Cell {
        /// counted from 1, the header included
        line: u64,
        /// what was expected
        what: &'static str,
        /// what stood there
        text: String,
    },
    /// too much for one replay
    #[error("the trace has more than {0} rows; cut it into pieces")]
    TooLong(usize),
}

/// Rows of the longest trace: a year of a reading each minute.
const MAX_ROWS: usize = 530_000;

/// What is replayed, and as whom.
#[derive(Clone, Debug)]
pub struct Replay {
    /// the device whose readings they become
    pub device: DeviceRef,
    /// the offset of the trace's local times
    pub offset: FixedOffset,
    /// the first reading's new time; `None` keeps the times of the file
    pub start: Option<DateTime<FixedOffset>>,
}

impl Replay {
    /// The readings of a trace with the columns `time` (no zone) and `glucose_mg_dl`, in the file's order. The
    /// same trace at the same times gives the same ids: a second replay is one of duplicates.
    ///
    /// # Errors
    /// [`TraceError`], with the line.
    pub fn readings(&self, trace: impl Read) -> Result<Vec<Reading>, TraceError> {
        let mut rows = csv::Reader::from_reader(trace);
        let headers = rows.headers()?.clone();
        let column = |name| headers.iter().position(|h| h.trim() == name).ok_or(TraceError::Column(name));
        let (time, glucose) = (column("time")?, column("glucose_mg_dl")?);
        let mut shift = None;
        let mut readings = Vec::new();
        for row in rows.records() {
            let row = row?;
            if readings.len() >= MAX_ROWS {
                return Err(TraceError::TooLong(MAX_ROWS));
            }
            let line = row.position().map_or(0, csv::Position::line);
            let text = |column: usize| row.get(column).unwrap_or_default().trim();
            let wrong = |what, text: &str| TraceError::Cell { line, what, text: text.to_owned() };
            let local = text(time).parse::<NaiveDateTime>().map_err(|_| wrong("time without zone", text(time)))?;
            let at = local.and_local_timezone(self.offset).single().ok_or_else(|| wrong("time", text(time)))?;
            let value = decimal_from_json(text(glucose)).ok_or_else(|| wrong("number", text(glucose)))?;
            let shift = *shift.get_or_insert_with(|| self.start.map_or(TimeDelta::zero(), |start| start - at));
            let at = at.checked_add_signed(shift).ok_or_else(|| wrong("time within reach", text(time)))?;
            let id = ReadingId::new(&format!("cgm-{}", at.timestamp())).map_err(|_| wrong("time", text(time)))?;
            readings.push(self.reading(id, at, Value::number(value, Unit::MilligramPerDecilitre)));
        }
        Ok(readings)
    }

    fn reading(&self, id: ReadingId, at: DateTime<FixedOffset>, glucose: Value) -> Reading {
        let (source, device) = (self.device.source.clone(), self.device.device.clone());
        Reading {
            key: ReadingKey { source, device, id },
            kind: Kind::Glucose,
            measured_at: MeasuredAt::new(at),
            values: BTreeMap::from([(Quantity::Glucose, glucose)]),
            user_slot: None,
            flags: BTreeSet::new(),
            sample: Some(Sample::Interstitial),
            meal: None,
            clock: Some(ReadingClock { source: ClockSource::Device, error_s: Some(60), device_time: None }),
            battery: None,
            corrects: None,
        }
    }
}

/// Sends `readings` as `source`, each due at its time divided by the speed, and returns when all have their
/// receipts or `stop` says so.
pub async fn send(
    broker: Broker,
    login: Option<Login>,
    readings: Vec<Reading>,
    speed: Speed,
    clock: Clock,
    progress: watch::Sender<Report>,
    stop: CancellationToken,
) {
    let Some(first) = readings.first() else { return };
    let source: SourceId = first.key.source.clone();
    let (orders, inbox) = mpsc::channel(16);
    let driver = Driver { broker, source, login, has_status: false, answers: Box::new(Nobody), clock: clock.clone() };
    let driving = tokio::spawn(driver.run(inbox, progress, stop.clone()));
    feed(readings, speed, &clock, &orders, &stop).await;
    drop(orders);
    // The driver ends when the last receipt is there; a panic in it is in its own output.
    let _ended = driving.await.is_ok();
}

async fn feed(
    readings: Vec<Reading>,
    speed: Speed,
    clock: &Clock,
    orders: &mpsc::Sender<Order>,
    stop: &CancellationToken,
) {
    let begun = clock();
    let Some(first) = readings.first().map(|r| r.measured_at.instant()) else { return };
    let mut waiting = readings.as_slice();
    while !waiting.is_empty() {
        let due = match speed {
            Speed::Max => waiting.len(),
            Speed::Times(times) => {
                let reached = scaled(clock() - begun, times);
                waiting.iter().take_while(|r| r.measured_at.instant() - first <= reached).count()
            }
        };
        let (batch, rest) = waiting.split_at(due.min(MAX_BATCH));
        waiting = rest;
        if batch.is_empty() {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(Duration::from_millis(100)) => continue,
            }
        }
        if let Some(message) = together(batch)
            && orders.send(Order::Offer(message)).await.is_err()
        {
            return;
        }
    }
}

fn scaled(span: TimeDelta, times: f64) -> TimeDelta {
    let seconds = span.as_seconds_f64() * times;
    TimeDelta::from_std(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)).unwrap_or(TimeDelta::MAX)
}

/// Readings in one publish: an object for one, an array for several.
fn together(readings: &[Reading]) -> Option<Message> {
    let first = readings.first()?;
    let single = readings.len() == 1;
    let payload = if single { wire::reading::write(first) } else { wire::reading::write_batch(readings) };
    let also = readings.iter().skip(1).map(|r| r.key.id.clone()).collect();
    let (device, id) = (first.device_ref(), first.key.id.clone());
    let measured_at: Instant = first.measured_at.instant();
    Some(Message { device, channel: Channel::Reading, id, also, payload, measured_at })
}
