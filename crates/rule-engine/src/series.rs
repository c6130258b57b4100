//! The readings that count, in order, and by quantity: what windows look at.

use crate::condition::{UNKNOWN_ERROR_S, kind_index, quantity_bit, quantity_index};
use crate::copies::Copies;
use crate::missed::Missed;
use crate::picture::Standing;
use crate::value::Datum;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use vitals::{Flag, Instant, Kind, Quantity, ReadingId, ReadingKey, StoredReading, Unit, Value};

/// A reading as rules see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) key: ReadingKey,
    pub(crate) kind: Kind,
    pub(crate) time: Instant,
    /// bound on the clock's error in seconds; [`UNKNOWN_ERROR_S`] where it is uncertain
    pub(crate) error_s: i64,
    /// whether the device or admission said something about it
    pub(crate) flagged: bool,
    pub(crate) values: Vec<(Quantity, Datum)>,
    /// bits of `values`
    pub(crate) quantities: u32,
    corrects: Option<ReadingId>,
    /// measured while readings of this patient are only stored
    pub(crate) ended: bool,
}

impl Entry {
    pub(crate) fn new(stored: &StoredReading, ended: bool) -> Self {
        let reading = &stored.reading;
        let values: Vec<(Quantity, Datum)> = Quantity::ALL
            .into_iter()
            .filter_map(|q| match reading.quantity(q)? {
                // A body water mass is no percentage: conditions speak of the canonical unit alone.
                Value::Number { unit, .. } if unit != q.canonical_unit() => None,
                value => Some((q, value.into())),
            })
            .collect();
        let flags = || reading.flags.iter().chain(&stored.admission_flags);
        let uncertain = flags().any(|f| *f == Flag::CLOCK_UNCERTAIN);
        let error = reading.clock.as_ref().and_then(|c| c.error_s).map_or(0, i64::from);
        Self {
            key: reading.key.clone(),
            kind: reading.kind,
            time: reading.measured_at.instant(),
            error_s: if uncertain { UNKNOWN_ERROR_S } else { error },
            flagged: flags().any(|f| doubts(f, reading.kind)),
            quantities: values.iter().fold(0, |bits, (q, _)| bits | quantity_bit(*q)),
            values,
            corrects: reading.corrects.clone().filter(|id| *id != reading.key.id),
            ended,
        }
    }

    pub(crate) fn value(&self, quantity: Quantity) -> Option<Datum> {
        self.values.iter().find(|(q, _)| *q == quantity).map(|(_, v)| *v)
    }

    fn corrected_key(&self) -> Option<ReadingKey> {
        self.corrects.clone().map(|id| ReadingKey { id, ..self.key.clone() })
    }

    /// The one that stands of two copies is the lesser: the smaller clock error, then the key. A sender that
    /// says nothing of its clock's error is taken to know less than one that does.
    fn copy_rank(&self, stated: bool) -> (bool, i64, &ReadingKey) {
        (!stated, self.error_s, &self.key)
    }
}

/// What `device-codec` appends to the name of a value that the device left out.
const ABSENT: [&str; 7] =
    ["nan", "nres", "infinite", "negative-infinite", "reserved", "unrepresentable", "unsuccessful"];

/// Whether `flag` casts doubt on a reading of `kind` as a whole. Lateness says when it arrived, which must not enter
/// into a judgement; bytes behind the last field and an optional value that is missing (most cuffs give no mean
/// pressure) say nothing of the values that are there.
fn doubts(flag: &Flag, kind: Kind) -> bool {
    let absent = |q: &Quantity| {
        let why = flag.as_str().strip_prefix(q.as_str()).and_then(|rest| rest.strip_prefix('-'));
        why.is_some_and(|why| ABSENT.contains(&why))
    };
    *flag != Flag::LATE && flag.as_str() != "trailing-bytes" && !kind.optional().iter().any(absent)
}

/// Everything that is stored, in order; from it follow the readings that count.
#[derive(Clone, Debug, Default)]
pub(crate) struct Archive {
    all: Vec<Stored>,
    /// keys that some reading corrects
    corrected: BTreeSet<ReadingKey>,
}

#[derive(Clone, Debug)]
struct Stored {
    entry: Arc<Entry>,
    /// the sender gave a bound on its clock's error
    stated: bool,
}

/// What an added reading changes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Added {
    /// it was there already
    Nothing,
    /// it counts, and nothing else changes
    Counts(Arc<Entry>),
    /// corrections or copies: which readings count must be found anew
    Recount,
}

impl Archive {
    pub(crate) fn add(&mut self, stored: &StoredReading, ended: bool, copies: &Copies) -> Added {
        let mut entry = Entry::new(stored, ended);
        // One patient's readings come from few devices: their names are kept once.
        if let Some(last) = self.all.last().map(|s| &s.entry.key) {
            share(&mut entry.key.source, &last.source);
            share(&mut entry.key.device, &last.device);
        }
        let entry = Arc::new(entry);
        let Err(place) = self.all.binary_search_by(|s| order(&s.entry).cmp(&order(&entry))) else {
            return Added::Nothing;
        };
        let corrects = entry.corrected_key();
        let tangled = corrects.is_some() || self.corrected.contains(&entry.key) || ended;
        self.corrected.extend(corrects);
        let copied = !tangled && self.copies(&entry, copies).next().is_some();
        let stated = stored.reading.clock.as_ref().is_some_and(|c| c.error_s.is_some());
        self.all.insert(place, Stored { entry: Arc::clone(&entry), stated });
        if tangled || copied { Added::Recount } else { Added::Counts(entry) }
    }

    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    /// Stored readings that could be the same measurement as `entry`.
    fn copies<'a>(&'a self, entry: &'a Entry, copies: &'a Copies) -> impl Iterator<Item = &'a Stored> {
        let from = entry.time.checked_sub_signed(copies.reach()).unwrap_or(Instant::MIN_UTC);
        let until = entry.time.checked_add_signed(copies.reach()).unwrap_or(Instant::MAX_UTC);
        self.within(from, until).filter(move |other| is_copy(&other.entry, entry, copies))
    }

    fn within(&self, from: Instant, until: Instant) -> impl Iterator<Item = &Stored> {
        let first = self.all.partition_point(|s| s.entry.time < from);
        self.all.iter().skip(first).take_while(move |s| s.entry.time <= until)
    }

    /// The time of the first reading to be kept where all before `time` may go: earlier, if one of those before could be
    /// a copy of it or of a copy. None where nothing can go, as where somebody corrects: a family stays together.
    pub(crate) fn floor(&self, time: Instant, copies: &Copies) -> Option<Instant> {
        if !self.corrected.is_empty() {
            return None;
        }
        let first = self.all.partition_point(|s| s.entry.time < time);
        let neighbours = self.all.iter().zip(self.all.iter().skip(1)).take(first).rev();
        neighbours.map(|(a, b)| (a.entry.time, b.entry.time)).find(|(a, b)| *b - *a > copies.reach()).map(|(_, b)| b)
    }

    /// Forgets what was measured before `floor`.
    pub(crate) fn forget(&mut self, floor: Instant) {
        self.all.drain(..self.all.partition_point(|s| s.entry.time < floor));
        self.all.shrink_to_fit();
    }

    /// The readings that count, in order: of a reading and its corrections the last one, of copies the best,
    /// and none measured while readings are only stored. A function of the set, not of its order of arrival.
    pub(crate) fn standing(&self, copies: &Copies) -> Vec<Arc<Entry>> {
        let replaced = self.replaced();
        let kept = |s: &&Stored| !replaced.contains(&s.entry.key) && !s.entry.ended;
        let mut disputed: Vec<&Stored> = Vec::new();
        let mut standing: Vec<Arc<Entry>> = Vec::new();
        for stored in self.all.iter().filter(kept) {
            let alone = !self.copies(&stored.entry, copies).any(|other| kept(&other));
            if alone {
                standing.push(Arc::clone(&stored.entry));
            } else {
                disputed.push(stored);
            }
        }
        if !disputed.is_empty() {
            disputed.sort_by(|a, b| a.entry.copy_rank(a.stated).cmp(&b.entry.copy_rank(b.stated)));
            let mut best: Vec<&Stored> = Vec::new();
            for stored in disputed {
                if !best.iter().any(|b| is_copy(&b.entry, &stored.entry, copies)) {
                    best.push(stored);
                }
            }
            standing.extend(best.into_iter().map(|s| Arc::clone(&s.entry)));
            standing.sort_by(|a, b| order(a).cmp(&order(b)));
        }
        standing
    }

    /// The readings that are not among [`Self::standing`], each with the reason.
    pub(crate) fn passed_over(&self, copies: &Copies) -> BTreeMap<ReadingKey, Standing> {
        let replaced = self.replaced();
        let standing: BTreeSet<ReadingKey> = self.standing(copies).into_iter().map(|e| e.key.clone()).collect();
        let why = |entry: &Entry| match entry {
            e if replaced.contains(&e.key) => Standing::Corrected,
            e if e.ended => Standing::OnlyStored,
            _ => Standing::Copy,
        };
        let over = self.all.iter().filter(|s| !standing.contains(&s.entry.key));
        over.map(|s| (s.entry.key.clone(), why(&s.entry))).collect()
    }

    /// Readings that a correction replaces. A reading, its corrections and theirs are one family; of a family
    /// stands the reading that nobody corrects, of several the greatest id, and in a circle the greatest id.
    fn replaced(&self) -> BTreeSet<ReadingKey> {
        if self.corrected.is_empty() {
            return BTreeSet::new();
        }
        let by_key: BTreeMap<&ReadingKey, &Entry> = self.all.iter().map(|s| (&s.entry.key, &*s.entry)).collect();
        let mut families: BTreeMap<ReadingKey, Vec<&Entry>> = BTreeMap::new();
        for entry in by_key.values() {
            let mut seen: Vec<ReadingKey> = vec![entry.key.clone()];
            while let Some(next) = seen.last().and_then(|k| by_key.get(k)).and_then(|e| e.corrected_key()) {
                if seen.contains(&next) {
                    // A circle is named by its least member.
                    seen = seen.into_iter().skip_while(|k| *k != next).collect();
                    seen.sort_by(|a, b| b.cmp(a));
                    break;
                }
                seen.push(next);
            }
            if let Some(root) = seen.pop() {
                families.entry(root).or_default().push(entry);
            }
        }
        let mut replaced = BTreeSet::new();
        for family in families.into_values().filter(|f| f.len() > 1) {
            let last = |e: &&&Entry| !self.corrected.contains(&e.key);
            let stands =
                family.iter().filter(last).map(|e| &e.key).max().or_else(|| family.iter().map(|e| &e.key).max());
            replaced.extend(family.iter().map(|e| &e.key).filter(|k| Some(*k) != stands).cloned());
        }
        // A reading that corrects one which is not known (yet) replaces nothing.
        replaced
    }
}

/// Makes equal texts one.
fn share<T: Clone + PartialEq>(own: &mut T, known: &T) {
    if own == known {
        own.clone_from(known);
    }
}

/// Ties go by source, device, id.
fn order(entry: &Entry) -> (Instant, &ReadingKey) {
    (entry.time, &entry.key)
}

fn is_copy(a: &Entry, b: &Entry, copies: &Copies) -> bool {
    let tolerance = copies.at(a.time.min(b.time));
    let elsewhere = a.key.source != b.key.source || a.key.device != b.key.device;
    if !elsewhere || a.kind != b.kind || (a.time - b.time).abs() > tolerance.time() {
        return false;
    }
    let same = |q: Quantity, x: Datum, y: Datum| match (x, y) {
        (Datum::Number(x), Datum::Number(y)) => x.checked_sub(y).is_some_and(|d| tolerance.allows(q, d)),
        (x, y) => x == y,
    };
    let mut common = a.values.iter().filter_map(|(q, x)| b.value(*q).map(|y| same(*q, *x, y))).peekable();
    common.peek().is_some() && common.all(|s| s)
}

/// One value of a quantity.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Point {
    /// place of its reading in [`Series::entries`]
    pub(crate) entry: usize,
    pub(crate) time: Instant,
    pub(crate) value: Datum,
    pub(crate) error_s: i64,
}

/// The readings that count, with an index by quantity and by kind. A reading keeps its place when those before it are
/// forgotten; who asks for one of those is noted in [`Missed`].
#[derive(Clone, Debug, Default)]
pub(crate) struct Series {
    /// place of the first reading in `entries`
    base: usize,
    entries: Vec<Arc<Entry>>,
    /// earlier ones that `points` and `times` still name, with their places, in order
    early: Vec<(usize, Arc<Entry>)>,
    points: [Vec<Point>; Quantity::ALL.len()],
    times: [Vec<(usize, Instant)>; Kind::ALL.len()],
    lost: Lost,
    missed: Missed,
}

/// How far back something is forgotten.
#[derive(Clone, Debug, Default)]
struct Lost {
    /// readings before that
    before: Option<Instant>,
    /// the newest value forgotten
    points: [Option<Instant>; Quantity::ALL.len()],
    /// the newest reading forgotten
    times: [Option<Instant>; Kind::ALL.len()],
}

impl Series {
    pub(crate) fn new(entries: Vec<Arc<Entry>>) -> Self {
        let mut series = Self::default();
        series.extend(entries);
        series
    }

    /// The first place that is known.
    pub(crate) fn base(&self) -> usize {
        self.base
    }

    /// The place after the last.
    pub(crate) fn end(&self) -> usize {
        self.base + self.entries.len()
    }

    pub(crate) fn newest(&self) -> Option<Instant> {
        self.entries.last().map(|e| e.time)
    }

    pub(crate) fn entry(&self, place: usize) -> Option<&Arc<Entry>> {
        match place.checked_sub(self.base) {
            Some(index) => self.entries.get(index),
            None => self.early.iter().find(|(early, _)| *early == place).map(|(_, entry)| entry),
        }
    }

    /// The readings from `place` on, with their places.
    pub(crate) fn entries_from(&self, place: usize) -> impl Iterator<Item = (usize, &Arc<Entry>)> {
        let skip = place.saturating_sub(self.base);
        self.entries.iter().enumerate().skip(skip).map(|(index, entry)| (self.base + index, entry))
    }

    /// The place of the first reading measured at `time` or later.
    pub(crate) fn place_at(&self, time: Instant) -> usize {
        self.base + self.entries.partition_point(|e| e.time < time)
    }

    /// The values of a quantity, oldest first.
    pub(crate) fn points(&self, quantity: Quantity) -> &[Point] {
        self.points.get(quantity_index(quantity)).map_or(&[], Vec::as_slice)
    }

    /// When readings of a kind were measured, oldest first, with their places.
    pub(crate) fn times(&self, kind: Kind) -> &[(usize, Instant)] {
        self.times.get(kind_index(kind)).map_or(&[], Vec::as_slice)
    }

    /// Where `entry` belongs.
    pub(crate) fn place_of(&self, entry: &Entry) -> usize {
        self.base + self.entries.partition_point(|e| order(e) < order(entry))
    }

    /// Adds one reading at its place.
    pub(crate) fn insert(&mut self, place: usize, entry: Arc<Entry>) {
        let tail = self.entries.split_off(place.saturating_sub(self.base).min(self.entries.len()));
        self.forget_from(place);
        self.extend(std::iter::once(entry).chain(tail));
    }

    /// Makes the readings these. Says from which place and time on they differ, if they do.
    pub(crate) fn replace(&mut self, entries: Vec<Arc<Entry>>) -> Option<(usize, Instant)> {
        let same = self.entries.iter().zip(&entries).take_while(|(a, b)| Arc::ptr_eq(a, b)).count();
        let time = [self.entries.get(same), entries.get(same)].into_iter().flatten().map(|e| e.time).min()?;
        self.entries.truncate(same);
        let place = self.base + same;
        self.forget_from(place);
        self.extend(entries.into_iter().skip(same));
        Some((place, time))
    }

    /// Empties the indexes of everything from `place` on.
    fn forget_from(&mut self, place: usize) {
        for points in &mut self.points {
            points.truncate(points.partition_point(|p| p.entry < place));
        }
        for times in &mut self.times {
            times.truncate(times.partition_point(|t| t.0 < place));
        }
    }

    /// Forgets the readings measured before `floor`, but for the newest `keep` values of each quantity and the newest
    /// reading of each kind: windows that have no end see these.
    pub(crate) fn forget(&mut self, floor: Instant, keep: usize) {
        let place = self.place_at(floor);
        let count = place.saturating_sub(self.base).min(self.entries.len());
        let mut named = BTreeSet::new();
        for (points, lost) in self.points.iter_mut().zip(&mut self.lost.points) {
            let goes = |p: &Point| p.entry < place;
            *lost = drop_but(points, goes, keep).map(|p| p.time).or(*lost);
            named.extend(points.iter().map(|p| p.entry).take_while(|entry| *entry < place));
        }
        for (times, lost) in self.times.iter_mut().zip(&mut self.lost.times) {
            *lost = drop_but(times, |t| t.0 < place, 1).map(|t| t.1).or(*lost);
            named.extend(times.iter().map(|t| t.0).take_while(|entry| *entry < place));
        }
        let early = named.into_iter().filter_map(|place| Some((place, Arc::clone(self.entry(place)?))));
        self.early = early.collect();
        self.entries.drain(..count);
        self.entries.shrink_to_fit();
        self.lost.before = Some(floor);
        self.base += count;
    }

    /// Somebody looks at the values of `quantity` since `time`, or at older ones than are known.
    pub(crate) fn needs_points(&self, quantity: Quantity, time: Instant) {
        if self.lost.points.get(quantity_index(quantity)).is_some_and(|lost| *lost >= Some(time)) {
            self.missed.note();
        }
    }

    /// Somebody looks at when readings of `kind` were measured since `time`.
    pub(crate) fn needs_times(&self, kind: Kind, time: Instant) {
        if self.lost.times.get(kind_index(kind)).is_some_and(|lost| *lost >= Some(time)) {
            self.missed.note();
        }
    }

    /// Somebody looks at all readings since `time`.
    pub(crate) fn needs_readings(&self, time: Instant) {
        if self.lost.before.is_some_and(|floor| time < floor) {
            self.missed.note();
        }
    }

    /// Whether somebody looked at what is forgotten.
    pub(crate) fn missed(&self) -> &Missed {
        &self.missed
    }

    fn extend(&mut self, entries: impl IntoIterator<Item = Arc<Entry>>) {
        for entry in entries {
            let place = self.end();
            for (quantity, value) in &entry.values {
                if let Some(points) = self.points.get_mut(quantity_index(*quantity)) {
                    points.push(Point { entry: place, time: entry.time, value: *value, error_s: entry.error_s });
                }
            }
            if let Some(times) = self.times.get_mut(kind_index(entry.kind)) {
                times.push((place, entry.time));
            }
            self.entries.push(entry);
        }
    }
}

/// Drops the first of `list` that `go`, but for the last `keep` of them; the last one dropped.
fn drop_but<T>(list: &mut Vec<T>, go: impl Fn(&T) -> bool, keep: usize) -> Option<T> {
    let count = list.partition_point(go).saturating_sub(keep);
    let last = list.drain(..count).next_back();
    list.shrink_to_fit();
    last
}

/// A value in the quantity's canonical unit, as evidence wants it.
pub(crate) fn as_value(quantity: Quantity, datum: Datum) -> Value {
    let unit: Unit = quantity.canonical_unit();
    match datum {
        Datum::Number(value) => Value::number(value, unit),
        Datum::Low => Value::Coded(vitals::Coded::Lo),
        Datum::High => Value::Coded(vitals::Coded::Hi),
    }
}
