//! A cohort: homes and vendors with their people and devices, all from one seed.

use crate::Measurement;
use crate::device::{Device, DeviceClock, Display, Speech, User};
use crate::firmware::{Message, Sender};
use crate::noise::{Purpose, chance};
use crate::persona::{Condition, Course, Persona};
use chrono::{TimeDelta, Timelike};
use rand::Rng;
use vitals::{ClockSource, DeviceId, Instant, Kind, SourceId, UserSlot};

/// Who speaks for a home's devices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HomeKind {
    /// a hub in the home: has a status, answers prompts
    Gateway,
    /// a vendor's cloud, for many homes
    Vendor,
}

impl HomeKind {
    /// The word of the HTTP interface for such a source.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            HomeKind::Gateway => "gateway",
            HomeKind::Vendor => "vendor",
        }
    }
}

/// A source: a home with its hub, or a vendor's cloud.
#[derive(Clone, Debug)]
pub struct Home {
    /// its name on MQTT
    pub source: SourceId,
    /// who speaks
    pub kind: HomeKind,
    /// what measures
    pub devices: Vec<Device>,
    /// who is measured
    pub people: Vec<Persona>,
    /// since when its internet has been down at the anchor; what was measured since is delivered live
    pub offline_since: Option<Instant>,
}

impl Home {
    /// The person with that number, if they live here.
    #[must_use]
    pub fn persona(&self, number: u32) -> Option<&Persona> {
        self.people.iter().find(|p| p.number() == number)
    }

    /// The device with that name.
    #[must_use]
    pub fn device(&self, id: &DeviceId) -> Option<&Device> {
        self.devices.iter().find(|d| d.id == *id)
    }

    /// The device with which `persona` measures `kind`.
    #[must_use]
    pub fn device_for(&self, persona: u32, kind: Kind) -> Option<(&Device, User)> {
        self.devices.iter().filter(|d| d.kind == kind).find_map(|d| Some((d, d.user(persona)?)))
    }

    /// The message of a measurement, as this home sends it.
    #[must_use]
    pub fn message(&self, person: &Persona, measurement: &Measurement) -> Option<Message> {
        let (device, user) = self.device_for(person.number(), measurement.kind)?;
        let clock = match self.kind {
            HomeKind::Gateway => ClockSource::Device,
            HomeKind::Vendor => ClockSource::Vendor,
        };
        Sender { source: &self.source, clock, timezone: person.timezone() }.message(device, user, measurement)
    }

    /// The messages of what is measured in `[from, to)`, by time: a device's memory of that span.
    #[must_use]
    pub fn messages(&self, from: Instant, to: Instant) -> Vec<Message> {
        let of = |person| Persona::measurements(person, from, to).filter_map(|m| self.message(person, &m));
        let mut found: Vec<_> = self.people.iter().flat_map(of).collect();
        found.sort_by(|a, b| a.measured_at.cmp(&b.measured_at).then_with(|| a.device.cmp(&b.device)));
        found
    }

    /// When a message of `measured_at` reached the other side: at once, or the next morning where the internet
    /// was down that day (three days in a hundred, hubs only).
    fn arrives(&self, message: &Message, seed: u64, number: u32) -> Instant {
        let at = message.arrives_at();
        let day = at.timestamp().div_euclid(86_400);
        let down = self.kind == HomeKind::Gateway && chance(seed, Purpose::Delivery, number, day).random_bool(0.03);
        let next_morning = || {
            let morning = at.with_hour(8)?.with_minute(5)?.with_second(0)?;
            Some(morning + TimeDelta::days(1) + (at - morning) / 600)
        };
        if down { next_morning().unwrap_or(at) } else { at }
    }
}

/// A message of the past.
#[derive(Clone, Debug)]
pub struct PastMessage {
    /// what was sent
    pub message: Message,
    /// when it arrived
    pub received_at: Instant,
}

/// Homes with people and devices; equal seeds, numbers and anchors make equal cohorts.
#[derive(Clone, Debug)]
pub struct Cohort {
    seed: u64,
    anchor: Instant,
    homes: Vec<Home>,
}

/// People of one vendor's cloud.
const PER_VENDOR: usize = 50;

impl Cohort {
    /// Days for which people have measured before the anchor.
    pub const DAYS: u32 = 90;

    /// `people` people who started 90 days before `anchor`. The first is the story's; two share a scale from
    /// seven people on.
    ///
    /// The anchor is the instant around which the courses lie, the start of a demonstration. Whoever continues
    /// one keeps its anchor.
    #[must_use]
    pub fn new(seed: u64, people: u32, anchor: Instant) -> Self {
        Self::with_days(seed, people, anchor, Self::DAYS)
    }

    /// The same with another number of days before the anchor.
    #[must_use]
    pub fn with_days(seed: u64, people: u32, anchor: Instant, days: u32) -> Self {
        let mut homes: Vec<Home> = Vec::new();
        for number in 0..people {
            let cast = Role::of(number);
            let mut person = Persona::new(seed, number, cast.condition, cast.course, anchor, days);
            for kind in cast.also {
                person = person.also(*kind);
            }
            let Some(home) = home_of(&mut homes, cast, number) else { continue };
            furnish(home, &person, cast, anchor, seed);
            home.people.push(person);
        }
        Self { seed, anchor, homes }
    }

    /// The instant around which the courses lie.
    #[must_use]
    pub const fn anchor(&self) -> Instant {
        self.anchor
    }

    /// The seed.
    #[must_use]
    pub const fn seed(&self) -> u64 {
        self.seed
    }

    /// Sources with their devices and people.
    #[must_use]
    pub fn homes(&self) -> &[Home] {
        &self.homes
    }

    /// What was sent of the measurements in `[from, to)`, day by day; not what a home that is offline at the
    /// anchor has kept since.
    pub fn history(&self, from: Instant, to: Instant) -> impl Iterator<Item = PastMessage> + '_ {
        let days = std::iter::successors(Some(from), |start| Some(*start + TimeDelta::days(1)));
        days.take_while(move |start| *start < to)
            .flat_map(move |start| self.span(start, to.min(start + TimeDelta::days(1))))
    }

    fn span(&self, from: Instant, to: Instant) -> Vec<PastMessage> {
        let mut found: Vec<PastMessage> = Vec::new();
        for (home, number) in self.homes.iter().zip(0..) {
            let to = home.offline_since.map_or(to, |since| since.min(to));
            let past =
                |message: Message| PastMessage { received_at: home.arrives(&message, self.seed, number), message };
            found.extend(home.messages(from, to).into_iter().map(past));
        }
        found.sort_by_key(|past| past.message.measured_at);
        found
    }
}

/// What part somebody has in a cohort.
#[derive(Clone, Copy)]
struct Role {
    condition: Condition,
    course: Course,
    also: &'static [Kind],
    home: HomeKind,
    /// lives with whoever has the number before
    shares: bool,
    display: Display,
    trouble: Trouble,
}

/// What is wrong with somebody's device.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Trouble {
    None,
    SlowClock,
    DriftingClock,
    /// after a change of batteries it was 2010 for two days; the hub corrects it
    Reset2010,
    /// after a change of batteries it is 1970 for an hour, and nobody corrects it
    Reset1970,
    /// the internet has been down for the last three days
    Offline,
}

impl Role {
    /// The first dozen have the parts that a demonstration needs, the others repeat a mixture.
    fn of(number: u32) -> Self {
        use Condition::{Copd, Diabetes, HeartFailure, Hypertension};
        let plain = |condition| Self {
            condition,
            course: Course::Stable,
            also: &[],
            home: HomeKind::Gateway,
            shares: false,
            display: Display::Usual,
            trouble: Trouble::None,
        };
        let vendor = |role| Self { home: HomeKind::Vendor, ..role };
        match number {
            0 => Self { course: Course::SuddenGain, trouble: Trouble::Offline, ..plain(HeartFailure) },
            1 => Self { trouble: Trouble::DriftingClock, ..plain(Hypertension) },
            2 => plain(Diabetes),
            3 => Self { also: &[Kind::OxygenSaturation], trouble: Trouble::SlowClock, ..plain(HeartFailure) },
            4 => Self { course: Course::Silent { days: 5 }, ..plain(HeartFailure) },
            5 => Self { trouble: Trouble::Reset2010, ..plain(HeartFailure) },
            6 => Self { shares: true, ..plain(HeartFailure) },
            7 => Self { also: &[Kind::BodyTemperature], ..plain(Copd) },
            8 => vendor(plain(Hypertension)),
            9 => Self { display: Display::Other, trouble: Trouble::Reset1970, ..vendor(plain(Diabetes)) },
            10 => Self { course: Course::FluidGain, ..plain(HeartFailure) },
            11 => plain(HeartFailure),
            _ => match number % 6 {
                0 => plain(Hypertension),
                1 => vendor(plain(Diabetes)),
                2 => Self { also: &[Kind::BodyTemperature], ..plain(Copd) },
                3 => Self { also: &[Kind::BloodPressure], ..plain(HeartFailure) },
                4 => Self { display: Display::Other, ..plain(Hypertension) },
                _ => Self { display: Display::Other, ..vendor(plain(HeartFailure)) },
            },
        }
    }
}

fn home_of(homes: &mut Vec<Home>, role: Role, number: u32) -> Option<&mut Home> {
    let empty = |source: String, kind| {
        let source = SourceId::new(&source).ok()?;
        Some(Home { source, kind, devices: Vec::new(), people: Vec::new(), offline_since: None })
    };
    if role.shares && !homes.is_empty() {
        return homes.last_mut();
    }
    if role.home == HomeKind::Gateway {
        homes.push(empty(format!("hub-{:03}", number + 1), role.home)?);
        return homes.last_mut();
    }
    let room = |h: &Home| h.kind == HomeKind::Vendor && h.people.len() < PER_VENDOR;
    if !homes.iter().any(room) {
        let vendors = homes.iter().filter(|h| h.kind == HomeKind::Vendor).count();
        homes.push(empty(format!("vendor-{}", vendors + 1), role.home)?);
    }
    homes.iter_mut().find(|h| room(h))
}

/// Puts the devices that `person` uses into `home`.
fn furnish(home: &mut Home, person: &Persona, role: Role, anchor: Instant, seed: u64) {
    let number = person.number();
    if role.trouble == Trouble::Offline {
        home.offline_since = Some(person.midnight_before_anchor(3));
    }
    if role.shares
        && let Some(shared) = home.devices.iter_mut().find(|d| d.kind == role.condition.kind())
    {
        shared.users.iter_mut().for_each(|u| u.slot = Some(UserSlot(1)));
        shared.users.push(User { slot: Some(UserSlot(2)), persona: number });
        return;
    }
    let mut rng = chance(seed, Purpose::Home, number, 0);
    for kind in person.kinds() {
        let Ok(id) = DeviceId::new(&format!("{}-{:03}", name_of(*kind), number + 1)) else { continue };
        // Two hubs in three pass on what they cannot decode.
        let gatt = home.kind == HomeKind::Gateway && rng.random_range(0..3) < 2;
        home.devices.push(Device {
            id,
            kind: *kind,
            users: vec![User { slot: None, persona: number }],
            speech: if gatt { Speech::Gatt } else { Speech::Json },
            display: role.display,
            clock: clock_of(role.trouble, person.enrolled_at(), anchor),
            corrected: role.trouble != Trouble::Reset1970,
        });
    }
}

fn clock_of(trouble: Trouble, enrolled: Instant, anchor: Instant) -> DeviceClock {
    let day = TimeDelta::days(1);
    match trouble {
        Trouble::None | Trouble::Offline => DeviceClock::Right,
        Trouble::SlowClock => DeviceClock::Offset { seconds: -420 },
        Trouble::DriftingClock => DeviceClock::Drift { seconds_per_day: 11, since: enrolled },
        Trouble::Reset2010 => DeviceClock::Reset { year: 2010, from: anchor - day * 12, until: anchor - day * 10 },
        Trouble::Reset1970 => {
            DeviceClock::Reset { year: 1970, from: anchor - day / 24, until: anchor + TimeDelta::minutes(1) }
        }
    }
}

const fn name_of(kind: Kind) -> &'static str {
    match kind {
        Kind::BodyWeight | Kind::BodyComposition => "scale",
        Kind::BloodPressure => "cuff",
        Kind::Glucose => "meter",
        Kind::OxygenSaturation => "oximeter",
        Kind::BodyTemperature => "thermometer",
        Kind::HeartRate => "strap",
    }
}
