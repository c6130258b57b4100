//! Glucose meter: Glucose Measurement Context (2A34), what the patient told the meter about a record.

use crate::cursor::{announced, flags, has};
use crate::measurement::Words;
use crate::number::fixed;
use crate::{Characteristic, Cursor, DecodeError, Field, Measurement, Number, Sfloat};
use vitals::Meal;

/// A coded kind of carbohydrate and how much of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Amount {
    /// the kind's code: 1 breakfast … 7 brunch
    pub code: u8,
    /// how much, in kg according to the standard; 50 surely means grams
    pub quantity: Sfloat,
}

/// Who tested, and how the patient was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TesterHealth(
    /// low nibble tester (1 self … 15 not available), high nibble health (1 minor issues … 15 not available)
    pub u8,
);

/// Exercise before the measurement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exercise {
    /// seconds; 0xFFFF is longer than the field holds
    pub seconds: u16,
    /// percent
    pub intensity: u8,
}

/// The unit of a dose, from a flag bit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MedicationUnit {
    /// kg
    Kilogram,
    /// L
    Litre,
}

/// Insulin taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Medication {
    /// the kind's code: 1 rapid acting … 5 premixed
    pub code: u8,
    /// the dose
    pub quantity: Sfloat,
    /// of the dose
    pub unit: MedicationUnit,
}

/// The context of a glucose record: 3 to 17 bytes.
///
/// `flags u8 | sequence u16 | b7 extended flags u8 | b0 carbohydrate u8, SFLOAT | b1 meal u8 | b2 tester and
/// health u8 | b3 exercise u16 s, u8 % | b4 medication u8, SFLOAT | b6 HbA1c SFLOAT`; b5 is the dose's unit.
/// The extended flags come first although their bit is the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GlucoseContext {
    /// of the 2A18 record that it belongs to
    pub sequence: u16,
    /// no bit of them has a meaning yet
    pub extended_flags: Option<u8>,
    /// eaten or drunk
    pub carbohydrate: Option<Amount>,
    /// 1 preprandial … 5 bedtime; see [`GlucoseContext::meal_code`]
    pub meal: Option<u8>,
    /// who tested, and how the patient was
    pub tester_health: Option<TesterHealth>,
    /// before the measurement
    pub exercise: Option<Exercise>,
    /// insulin
    pub medication: Option<Medication>,
    /// percent
    pub hba1c: Option<Sfloat>,
}

const MEALS: [(u8, Meal); 5] =
    [(1, Meal::Preprandial), (2, Meal::Postprandial), (3, Meal::Fasting), (4, Meal::Casual), (5, Meal::Bedtime)];
const CARBOHYDRATES: Words =
    &[(1, "breakfast"), (2, "lunch"), (3, "dinner"), (4, "snack"), (5, "drink"), (6, "supper"), (7, "brunch")];
const MEDICATIONS: Words =
    &[(1, "rapid-acting"), (2, "short-acting"), (3, "intermediate-acting"), (4, "long-acting"), (5, "premixed")];
/// 15, "not available", says nothing and is left out; in [`HEALTHS`] too.
const TESTERS: Words = &[(1, "self"), (2, "health-care-professional"), (3, "lab")];
const HEALTHS: Words =
    &[(1, "minor-issues"), (2, "major-issues"), (3, "during-menses"), (4, "under-stress"), (5, "no-issues")];
const NOT_AVAILABLE: u8 = 15;
const OVERRUN: u16 = 0xFFFF;

impl GlucoseContext {
    /// The code of a meal.
    #[must_use]
    pub fn meal_code(meal: Meal) -> u8 {
        MEALS.iter().find(|(_, m)| *m == meal).map_or(0, |(code, _)| *code)
    }

    /// Reads one.
    ///
    /// # Errors
    /// [`DecodeError`] where a field does not fit.
    pub fn decode(from: &mut Cursor<'_>) -> Result<Self, DecodeError> {
        let flags = from.u8("flags")?;
        let unit = if has(flags, 5) { MedicationUnit::Litre } else { MedicationUnit::Kilogram };
        Ok(Self {
            sequence: from.u16("sequence number")?,
            extended_flags: announced(flags, 7, || from.u8("extended flags"))?,
            carbohydrate: announced(flags, 0, || {
                Ok(Amount { code: from.u8("carbohydrate id")?, quantity: from.sfloat("carbohydrate")? })
            })?,
            meal: announced(flags, 1, || from.u8("meal"))?,
            tester_health: announced(flags, 2, || from.u8("tester and health").map(TesterHealth))?,
            exercise: announced(flags, 3, || {
                Ok(Exercise { seconds: from.u16("exercise duration")?, intensity: from.u8("exercise intensity")? })
            })?,
            medication: announced(flags, 4, || {
                Ok(Medication { code: from.u8("medication id")?, quantity: from.sfloat("medication")?, unit })
            })?,
            hba1c: announced(flags, 6, || from.sfloat("HbA1c"))?,
        })
    }

    /// The payload.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = vec![flags(&[
            (0, self.carbohydrate.is_some()),
            (1, self.meal.is_some()),
            (2, self.tester_health.is_some()),
            (3, self.exercise.is_some()),
            (4, self.medication.is_some()),
            (5, self.medication.is_some_and(|m| m.unit == MedicationUnit::Litre)),
            (6, self.hba1c.is_some()),
            (7, self.extended_flags.is_some()),
        ])];
        out.extend(self.sequence.to_le_bytes());
        out.extend(self.extended_flags);
        if let Some(Amount { code, quantity }) = self.carbohydrate {
            out.push(code);
            out.extend(quantity.0.to_le_bytes());
        }
        out.extend(self.meal);
        out.extend(self.tester_health.map(|t| t.0));
        if let Some(Exercise { seconds, intensity }) = self.exercise {
            out.extend(seconds.to_le_bytes());
            out.push(intensity);
        }
        if let Some(Medication { code, quantity, .. }) = self.medication {
            out.push(code);
            out.extend(quantity.0.to_le_bytes());
        }
        out.extend(self.hba1c.into_iter().flat_map(|h| h.0.to_le_bytes()));
        out
    }

    /// What it says.
    #[must_use]
    pub fn measurement(&self) -> Measurement {
        let mut said = Measurement::new(Characteristic::GlucoseContext, None);
        said.sequence = Some(self.sequence);
        if let Some(bits) = self.extended_flags {
            said.fields.insert("extended-flags", Field::Number(bits.into()));
        }
        if let Some(Amount { code, quantity }) = self.carbohydrate {
            let word = said.word("carbohydrate-type", code, CARBOHYDRATES);
            said.amount("carbohydrate", word, quantity.number(), "kg");
        }
        if let Some(code) = self.meal {
            say_meal(&mut said, code);
        }
        if let Some(TesterHealth(byte)) = self.tester_health {
            for (name, code, words) in [("tester", byte & 0x0F, TESTERS), ("health", byte >> 4, HEALTHS)] {
                if code != NOT_AVAILABLE {
                    let word = said.word(name, code, words);
                    said.fields.extend(word.map(|word| (name, Field::Word(word))));
                }
            }
        }
        if let Some(exercise) = self.exercise {
            say_exercise(&mut said, exercise);
        }
        if let Some(Medication { code, quantity, unit }) = self.medication {
            let unit = match unit {
                MedicationUnit::Kilogram => "kg",
                MedicationUnit::Litre => "L",
            };
            let word = said.word("medication-type", code, MEDICATIONS);
            said.amount("medication", word, quantity.number(), unit);
        }
        if let Some(hba1c) = self.hba1c {
            said.amount("hba1c", None, hba1c.number(), "%");
        }
        said
    }
}

fn say_meal(said: &mut Measurement, code: u8) {
    said.meal = MEALS.iter().find(|(c, _)| *c == code).map(|(_, meal)| *meal);
    if said.meal.is_none() {
        // Kept, for some meters give reserved codes a meaning of their own (CareSens: 6 is a ketone value).
        said.flag("meal-reserved");
        said.fields.insert("meal-code", Field::Number(code.into()));
    }
}

fn say_exercise(said: &mut Measurement, Exercise { seconds, intensity }: Exercise) {
    if seconds == OVERRUN {
        said.flag("exercise-duration-overrun");
    } else {
        said.amount("exercise-duration", None, Number::Finite(fixed(seconds.into(), 0)), "s");
    }
    said.amount("exercise-intensity", None, Number::Finite(fixed(intensity.into(), 0)), "%");
}
