//! Why nothing is heard from a patient, and who can change it: a pure function over what the store knows.

use care::{Expectation, Run};
use chrono::TimeDelta;
use store::{DeviceAround, SilentPatient, SourceKind};
use vitals::{DeviceRef, Instant, SourceId};
use wire::{HubStatus, ReasonCode};

/// A source that was not seen for so long is taken for silent: hubs and vendors speak several times a day.
const SOURCE_SILENT: TimeDelta = TimeDelta::hours(24);
/// Readings that arrive with times further back than this were dated by a wrong clock, if nothing newer comes.
const RECENT: TimeDelta = Expectation::SILENT_AFTER;
/// A hub's clock that is off by more makes its times useless.
const CLOCK_OFF_S: i64 = 3600;
/// Percent; below it devices stop by themselves.
pub(crate) const BATTERY_LOW: u8 = 15;

/// What keeps readings from coming.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// the patient has nothing to measure with
    NoDevice,
    /// Hearth itself was down for so long of the time
    HearthDown(TimeDelta),
    /// nobody ever made the source that the device is assigned under
    SourceUnknown(SourceId),
    /// an administrator closed the source
    SourceDisabled(SourceId),
    /// a vendor's cloud sends nothing of anybody
    VendorSilent(SourceId, Option<Instant>),
    /// the hub in the patient's home is not connected; never, without a time
    HubOffline(SourceId, Option<Instant>),
    /// messages of the device are refused
    Refused(DeviceRef, String),
    /// readings come with times that are off
    ClockWrong(DeviceRef),
    /// readings come in a slot that is nobody's
    Nobodys(DeviceRef, u64),
    /// the battery was nearly empty when the device was last heard
    BatteryLow(DeviceRef, u8),
    /// everything is in place and nothing was ever measured
    NeverSent,
    /// everything works as far as can be seen
    NotMeasuring,
}

/// Who can change it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Whose {
    /// whoever runs Hearth
    Hearth,
    /// the vendor
    Vendor,
    /// the care team: assignments
    Team,
    /// hub or device in the patient's home
    Device,
    /// the patient
    Patient,
}

impl Cause {
    pub(crate) fn whose(&self) -> Whose {
        match self {
            Cause::HearthDown(_) | Cause::SourceUnknown(_) | Cause::SourceDisabled(_) => Whose::Hearth,
            Cause::VendorSilent(..) | Cause::Refused(..) => Whose::Vendor,
            Cause::NoDevice | Cause::Nobodys(..) => Whose::Team,
            Cause::HubOffline(..) | Cause::ClockWrong(_) | Cause::BatteryLow(..) => Whose::Device,
            Cause::NeverSent | Cause::NotMeasuring => Whose::Patient,
        }
    }
}

/// What one look at a device finds: quiet since, and now.
type Judgement = fn(&DeviceAround, Instant, Instant) -> Option<Cause>;

/// The cause nearest to Hearth: what is wrong there would hide everything behind it.
pub(crate) fn cause(patient: &SilentPatient, runs: &[Run], now: Instant) -> Cause {
    if patient.devices.is_empty() {
        return Cause::NoDevice;
    }
    let down = down_between(runs, patient.quiet_since, now);
    let quiet = now.signed_duration_since(patient.quiet_since);
    if down > TimeDelta::zero() && quiet - down < Expectation::SILENT_AFTER {
        return Cause::HearthDown(down);
    }
    let steps: [Judgement; 4] = [of_source, of_messages, of_slots, of_power];
    let of_devices =
        |step: &Judgement| patient.devices.iter().find_map(|device| step(device, patient.quiet_since, now));
    if let Some(cause) = steps.iter().find_map(of_devices) {
        return cause;
    }
    let ever = patient.devices.iter().any(|d| d.seen.last_seen.is_some());
    if ever { Cause::NotMeasuring } else { Cause::NeverSent }
}

/// For how long of `[from, to]` Hearth took nothing in.
fn down_between(runs: &[Run], from: Instant, to: Instant) -> TimeDelta {
    let within = |run: &Run| run.started_at.min(to).signed_duration_since(run.down_since.max(from));
    runs.iter().map(within).filter(|d| *d > TimeDelta::zero()).sum()
}

fn of_source(device: &DeviceAround, _quiet: Instant, now: Instant) -> Option<Cause> {
    let id = &device.seen.device.source;
    let Some(source) = &device.source else { return Some(Cause::SourceUnknown(id.clone())) };
    if source.disabled {
        return Some(Cause::SourceDisabled(id.clone()));
    }
    let silent = source.last_seen.is_none_or(|seen| now.signed_duration_since(seen) > SOURCE_SILENT);
    match source.kind {
        SourceKind::Vendor => silent.then(|| Cause::VendorSilent(id.clone(), source.last_seen)),
        SourceKind::Gateway => {
            // Its last will says since when it is gone, sooner than its silence does.
            let gone = device.status.as_ref().filter(|s| HubStatus::parse(&s.payload).is_ok_and(|hub| !hub.online));
            let since = gone.map(|s| s.at).or(source.last_seen);
            (gone.is_some() || silent).then(|| Cause::HubOffline(id.clone(), since))
        }
    }
}

fn of_messages(device: &DeviceAround, quiet: Instant, now: Instant) -> Option<Cause> {
    let seen = &device.seen;
    if let Some((code, at)) = &device.refused
        && *at > quiet
    {
        let clock = [ReasonCode::TimeInTheFuture, ReasonCode::TimeImplausible].iter().any(|c| c.as_str() == code);
        let name = seen.device.clone();
        return Some(if clock { Cause::ClockWrong(name) } else { Cause::Refused(name, code.clone()) });
    }
    let hub = device.status.as_ref().and_then(|s| HubStatus::parse(&s.payload).ok());
    let off = hub.and_then(|h| h.clock_offset_s).is_some_and(|s| s.abs() > CLOCK_OFF_S.into());
    let arrives = seen.last_seen.is_some_and(|at| at > quiet && now.signed_duration_since(at) < RECENT);
    let dated_back = seen.last_measured.is_some_and(|at| now.signed_duration_since(at) > RECENT);
    (off || (arrives && dated_back)).then(|| Cause::ClockWrong(seen.device.clone()))
}

fn of_slots(device: &DeviceAround, quiet: Instant, _now: Instant) -> Option<Cause> {
    let seen = &device.seen;
    let arrives = seen.last_seen.is_some_and(|at| at > quiet);
    (seen.unassigned > 0 && arrives).then(|| Cause::Nobodys(seen.device.clone(), seen.unassigned))
}

fn of_power(device: &DeviceAround, _quiet: Instant, _now: Instant) -> Option<Cause> {
    let low = device.seen.battery.filter(|percent| *percent <= BATTERY_LOW)?;
    Some(Cause::BatteryLow(device.seen.device.clone(), low))
}

#[cfg(test)]
mod tests {
    use super::*;
    use care::{Patient, PatientId, PatientStatus};
    use store::{DeviceSeen, PatientRecord, Source, SourceStatus};
    use vitals::{DeviceId, Kind};

    fn now() -> Instant {
        Instant::from_timestamp(1_800_000_000, 0).unwrap()
    }

    fn hours(n: i64) -> Instant {
        now() - TimeDelta::hours(n)
    }

    fn device() -> DeviceRef {
        DeviceRef { source: SourceId::new("hub-1").unwrap(), device: DeviceId::new("scale").unwrap() }
    }

    /// A patient quiet for four days with a hub that is connected and a device that was heard before.
    fn patient() -> SilentPatient {
        let source = Source {
            id: device().source,
            kind: SourceKind::Gateway,
            secret_sha256: [0; 32],
            disabled: false,
            created_at: hours(2000),
            last_seen: Some(hours(0)),
            qos0: 0,
            unknown_fields: 0,
        };
        let seen = DeviceSeen {
            device: device(),
            last_seen: Some(hours(96)),
            last_measured: Some(hours(96)),
            battery: Some(80),
            user_slots: vec![],
            unassigned: 0,
        };
        let profile = Patient {
            id: PatientId::new("p").unwrap(),
            name: "P".into(),
            birth_date: None,
            timezone: chrono_tz::Tz::UTC,
            phone: String::new(),
            contacts: vec![],
            language: "en".into(),
            identifiers: vec![],
            teams: [].into(),
        };
        SilentPatient {
            record: PatientRecord {
                patient: profile,
                status: PatientStatus::Active,
                enrolments: vec![],
                parameters: vec![],
                assignments: vec![],
            },
            expectations: vec![Expectation { kind: Kind::BodyWeight, since: hours(2000), last: Some(hours(96)) }],
            quiet_since: hours(96),
            devices: vec![DeviceAround {
                seen,
                source: Some(source),
                status: status(br#"{"online": true}"#),
                refused: None,
            }],
        }
    }

    fn status(payload: &'static [u8]) -> Option<SourceStatus> {
        Some(SourceStatus { source: device().source, payload: payload.into(), at: hours(50) })
    }

    #[track_caller]
    fn check(change: impl FnOnce(&mut SilentPatient), expected: Cause) {
        let mut patient = patient();
        change(&mut patient);
        assert_eq!(cause(&patient, &[], now()), expected);
    }

    #[test]
    fn each_cause_is_told_apart() {
        let source = || device().source;
        check(|_| {}, Cause::NotMeasuring);
        check(|p| p.devices.clear(), Cause::NoDevice);
        check(|p| p.devices[0].source = None, Cause::SourceUnknown(source()));
        check(|p| p.devices[0].source.as_mut().unwrap().disabled = true, Cause::SourceDisabled(source()));
        check(|p| p.devices[0].status = status(br#"{"online": false}"#), Cause::HubOffline(source(), Some(hours(50))));
        let unseen = |p: &mut SilentPatient| {
            p.devices[0].status = None;
            p.devices[0].source.as_mut().unwrap().last_seen = None;
        };
        check(unseen, Cause::HubOffline(source(), None));
        let vendor = |p: &mut SilentPatient| {
            let source = p.devices[0].source.as_mut().unwrap();
            (source.kind, source.last_seen) = (SourceKind::Vendor, Some(hours(30)));
        };
        check(vendor, Cause::VendorSilent(source(), Some(hours(30))));
        let refused = |code: &str, hour| Some((code.to_owned(), hours(hour)));
        check(|p| p.devices[0].refused = refused("unknown-unit", 2), Cause::Refused(device(), "unknown-unit".into()));
        check(|p| p.devices[0].refused = refused("unknown-unit", 200), Cause::NotMeasuring);
        check(|p| p.devices[0].refused = refused("time-in-the-future", 2), Cause::ClockWrong(device()));
        check(
            |p| p.devices[0].status = status(br#"{"online": true, "clock_offset_s": -86400}"#),
            Cause::ClockWrong(device()),
        );
        check(|p| p.devices[0].seen.last_seen = Some(hours(1)), Cause::ClockWrong(device()));
        let slot = |p: &mut SilentPatient| {
            let seen = &mut p.devices[0].seen;
            (seen.last_seen, seen.last_measured, seen.unassigned) = (Some(hours(1)), Some(hours(1)), 3);
        };
        check(slot, Cause::Nobodys(device(), 3));
        check(|p| p.devices[0].seen.battery = Some(9), Cause::BatteryLow(device(), 9));
        let fresh = |p: &mut SilentPatient| {
            let seen = &mut p.devices[0].seen;
            (seen.last_seen, seen.last_measured, seen.battery) = (None, None, None);
        };
        check(fresh, Cause::NeverSent);
    }

    #[test]
    fn a_time_in_which_hearth_was_down_is_nobody_elses_fault() {
        let run = |from, to| Run { down_since: hours(from), started_at: hours(to) };
        assert_eq!(cause(&patient(), &[run(90, 30)], now()), Cause::HearthDown(TimeDelta::hours(60)));
        assert_eq!(cause(&patient(), &[run(500, 90), run(3, 2)], now()), Cause::NotMeasuring);
    }
}
