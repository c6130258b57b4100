//! Why a message was refused, with its numbers: the receipt's words, kept with the message, as one reader reads them.

use super::caught::caught;
use super::{Lang, Words, t};
use vitals::{Kind, Quantity, Unit};

/// What was caught in a sentence, one after the other.
struct Parts<'a> {
    words: Words,
    parts: Vec<&'a str>,
}

impl Parts<'_> {
    fn text(&self, at: usize) -> String {
        self.parts.get(at).copied().unwrap_or_default().to_owned()
    }

    /// With the reader's decimal mark.
    fn number(&self, at: usize) -> String {
        self.text(at).replace('.', &self.words.lang.decimal_mark().to_string())
    }

    fn quantity(&self, at: usize) -> String {
        let text = self.text(at);
        text.parse::<Quantity>().map_or(text, |quantity| self.words.quantity(quantity))
    }

    fn kind(&self, at: usize) -> String {
        let text = self.text(at);
        text.parse::<Kind>().map_or(text, |kind| self.words.kind(kind))
    }

    fn unit(&self, at: usize) -> String {
        let text = self.text(at);
        text.parse::<Unit>().map_or(text, |unit| unit.display().to_owned())
    }

    /// What a piece of JSON is.
    fn sort(&self, at: usize) -> String {
        let lang = self.words.lang;
        match self.parts.get(at).copied().unwrap_or_default() {
            "a string" => t!(lang, "refused-a-string"),
            "an object" => t!(lang, "refused-an-object"),
            "an array" => t!(lang, "refused-an-array"),
            "a boolean" => t!(lang, "refused-a-boolean"),
            "a number" => t!(lang, "refused-a-number"),
            other => other.to_owned(),
        }
    }
}

type Say = fn(Lang, &Parts<'_>) -> String;

/// What may be wrong with a message as a whole, and how it is written.
const WRITTEN: &[(&str, Say)] = &[
    ("the payload is empty", |l, _| t!(l, "refused-empty")),
    ("the payload is not UTF-8 from byte {} on", |l, p| t!(l, "refused-not-utf8", byte = p.text(0))),
    ("the payload starts with a byte order mark, which JSON does not allow", |l, _| t!(l, "refused-byte-order")),
    ("this is no JSON: {} at line {} column {}; NaN and Infinity are not JSON", |l, p| {
        t!(l, "refused-no-json-nan", why = p.text(0), line = p.text(1), column = p.text(2))
    }),
    ("this is no JSON: {} at line {} column {}", |l, p| {
        t!(l, "refused-no-json", why = p.text(0), line = p.text(1), column = p.text(2))
    }),
    ("a JSON object is wanted here, this is {}", |l, p| t!(l, "refused-no-object", sort = p.sort(0))),
    ("`true` or `false` is wanted here", |l, _| t!(l, "refused-no-boolean")),
    ("{} is wanted here, this is {}", |l, p| t!(l, "refused-sort", wanted = p.sort(0), sort = p.sort(1))),
    ("the array has {} messages, at most {} may come in one", |l, p| {
        t!(l, "refused-too-many", count = p.text(0), most = p.text(1))
    }),
    ("brackets nest more than {} deep", |l, p| t!(l, "refused-deep", most = p.text(0))),
    ("`{}` stands here twice", |l, p| t!(l, "refused-twice", name = p.text(0))),
    ("`value` (or `coded`) is missing", |l, _| t!(l, "refused-no-value")),
    ("`{}` is missing", |l, p| t!(l, "refused-missing", name = p.text(0))),
    ("this is not hexadecimal: {}", |l, p| t!(l, "refused-hexadecimal", why = p.text(0))),
    (
        "this device has sent another reading with this id; a correction needs an id of its own and `corrects`",
        |l, _| t!(l, "refused-id-reused"),
    ),
    ("a reading cannot correct itself; give it an id of its own", |l, _| t!(l, "refused-corrects-itself")),
    ("an id holds no control characters", |l, _| t!(l, "refused-id-characters")),
];

/// What may be wrong with what it says.
const SAID: &[(&str, Say)] = &[
    ("{} {} {} is outside the possible range {} to {} {}", |l, p| {
        let (quantity, value, unit) = (p.quantity(0), p.number(1), p.unit(2));
        t!(l, "refused-range", quantity = quantity, value = value, low = p.number(3), high = p.number(4), unit = unit)
    }),
    ("systolic is not above diastolic", |l, _| t!(l, "refused-pressures")),
    ("{} is too long ago to be a set clock's time", |l, p| t!(l, "refused-long-ago", time = p.text(0))),
    ("{} is {} s after it arrived", |l, p| t!(l, "refused-ahead", time = p.text(0), seconds = p.text(1))),
    ("{} has no offset from UTC", |l, p| t!(l, "refused-no-offset", time = p.text(0))),
    ("{} is no RFC 3339 time", |l, p| t!(l, "refused-no-time", time = p.text(0))),
    ("the bound on a clock's error is negative", |l, _| t!(l, "refused-clock-error")),
    ("{} is no exact decimal of at most {} digits", |l, p| {
        t!(l, "refused-no-decimal", text = p.text(0), most = p.text(1))
    }),
    ("a value that is not a number is left out, not sent", |l, _| t!(l, "refused-not-a-number")),
    ("a value is `value` with `unit`, or `coded`, not both", |l, _| t!(l, "refused-value-or-coded")),
    ("unknown unit {}; {} may come in {}", |l, p| {
        t!(l, "refused-unknown-unit", unit = p.text(0), quantity = p.quantity(1), units = p.text(2))
    }),
    ("{} is not measured in {}; it may come in {}", |l, p| {
        t!(l, "refused-other-unit", quantity = p.quantity(0), unit = p.text(1), units = p.text(2))
    }),
    ("a reading of kind `{}` has a value `{}`", |l, p| {
        t!(l, "refused-value-missing", kind = p.kind(0), name = p.text(1))
    }),
    ("a reading of kind `{}` carries no `{}`", |l, p| {
        t!(l, "refused-value-unknown", kind = p.kind(0), name = p.text(1))
    }),
    ("{} is none of {}", |l, p| t!(l, "refused-word", text = p.text(0), known = p.text(1))),
    ("{} is not a whole number from {} to {}", |l, p| {
        t!(l, "refused-whole", text = p.text(0), low = p.text(1), high = p.text(2))
    }),
    ("{} flags, at most {} may come with one reading", |l, p| {
        t!(l, "refused-flags", count = p.text(0), most = p.text(1))
    }),
    ("{} is not a kebab-case flag of at most {} characters", |l, p| {
        t!(l, "refused-flag", text = p.text(0), most = p.text(1))
    }),
    ("{} bytes, a characteristic's value has at most {}", |l, p| {
        t!(l, "refused-bytes", count = p.text(0), most = p.text(1))
    }),
];

/// A refusal's detail in the reader's language; none where it is known in English only.
pub(crate) fn refused(words: Words, detail: &str) -> Option<String> {
    WRITTEN.iter().chain(SAID).find_map(|(form, say)| {
        let parts = Parts { words, parts: caught(form, detail)? };
        Some(say(words.lang, &parts))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(lang: Lang, detail: &str) -> Option<String> {
        refused(Words::new(lang, chrono_tz::Tz::UTC, vitals::Instant::UNIX_EPOCH), detail)
    }

    #[test]
    fn what_was_refused_is_said_with_its_numbers_in_the_readers_language() {
        for (english, german) in [
            (
                "weight 900 kg is outside the possible range 22.7 to 340.2 kg",
                "Gewicht 900 kg liegt außerhalb des Möglichen, 22,7 bis 340,2 kg",
            ),
            (
                "1970-01-01T00:00:12Z is too long ago to be a set clock's time",
                "1970-01-01T00:00:12Z liegt zu lange zurück für eine gestellte Uhr",
            ),
            (
                "this is no JSON: EOF while parsing an object at line 1 column 32",
                "Das ist kein JSON: Zeile 1, Spalte 32 (EOF while parsing an object)",
            ),
            ("`unit` is missing", "`unit` fehlt"),
            ("`value` (or `coded`) is missing", "`value` (oder `coded`) fehlt"),
            ("a number is wanted here, this is a string", "Hier gehört eine Zahl hin, dies ist ein Text"),
            ("`x` is not a whole number from 0 to 255", "`x` ist keine ganze Zahl von 0 bis 255"),
        ] {
            assert_eq!(said(Lang::German, english).as_deref(), Some(german));
        }
        assert_eq!(said(Lang::German, "the tenth bit is set"), None);
    }

    #[test]
    fn every_form_is_said_and_takes_all_that_was_caught() {
        for (at, (form, _)) in WRITTEN.iter().chain(SAID).enumerate() {
            let count = form.matches("{}").count();
            let detail = (0..count).fold((*form).to_owned(), |text, n| text.replacen("{}", &format!("7{n}"), 1));
            for lang in Lang::ALL {
                let said = said(lang, &detail).unwrap();
                // A unit that was caught twice is said once.
                let wanted = count - usize::from(form.contains("possible range"));
                let shown = (0..count).filter(|n| said.contains(&format!("7{n}"))).count();
                assert_eq!(shown, wanted, "{at}: {said}");
            }
        }
    }
}
