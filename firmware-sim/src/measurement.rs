//! What happened in a home, before any device wrote it down.

use std::collections::{BTreeMap, BTreeSet};
use vitals::{Decimal, Flag, Instant, Kind, Meal, Quantity, Sample, Unit, Value};

/// One person used one device, at a true time and with the values that the device found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measurement {
    /// when it truly was, to the second, whatever the device's clock said
    pub at: Instant,
    /// what sort
    pub kind: Kind,
    /// the values in canonical units, at the resolution of such devices
    pub values: BTreeMap<Quantity, Value>,
    /// what the device said about it
    pub flags: BTreeSet<Flag>,
    /// what a glucose value was measured in
    pub sample: Option<Sample>,
    /// relation to a meal
    pub meal: Option<Meal>,
    /// the values are not the person's: somebody else on the scale, a suitcase in the hand. Known to the
    /// simulation only, never sent.
    pub artefact: bool,
}

impl Measurement {
    /// A measurement of `kind` with values in canonical units.
    #[must_use]
    pub fn new<const N: usize>(at: Instant, kind: Kind, values: [(Quantity, Decimal); N]) -> Self {
        let values = values.map(|(q, value)| (q, Value::number(value, q.canonical_unit())));
        Self {
            at,
            kind,
            values: BTreeMap::from(values),
            flags: BTreeSet::new(),
            sample: (kind == Kind::Glucose).then_some(Sample::CapillaryWholeBlood),
            meal: None,
            artefact: false,
        }
    }

    /// The number of `quantity` in its canonical unit.
    #[must_use]
    pub fn number(&self, quantity: Quantity) -> Option<Decimal> {
        self.values.get(&quantity)?.as_number()
    }

    /// The value of `quantity` in `unit`, at `places` decimals, as a device that shows this unit gives it.
    #[must_use]
    pub fn shown(&self, quantity: Quantity, unit: Unit, places: u32) -> Option<Decimal> {
        quantity.canonical_unit().convert(self.number(quantity)?, unit).ok().map(|v| v.round_dp(places))
    }
}
