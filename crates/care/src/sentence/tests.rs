//! Every form, in every language.

use super::*;
use crate::ParameterOrigin;
use vitals::{Decimal, Quantity, Unit};

fn amount(hundredths: i64, unit: Unit) -> Amount {
    Amount::Number { value: Decimal::new(hundredths, 2), unit: Some(unit) }
}

fn kg(hundredths: i64) -> Amount {
    amount(hundredths, Unit::Kilogram)
}

fn number(n: i64) -> Amount {
    Amount::Number { value: n.into(), unit: None }
}

fn given(amount: Amount, origin: ParameterOrigin) -> Given {
    Given { amount, equals: None, origin }
}

fn book(amount: Amount) -> Threshold {
    Threshold::Given(given(amount, ParameterOrigin::Rulebook))
}

const DAY: i64 = 86_400;
const THREE_DAYS: Window = Window::Within(Span(3 * DAY));

fn moved(by: Option<Amount>) -> Subject {
    Subject::Moved { quantity: Quantity::Weight, window: THREE_DAYS, since: false, from: kg(8010), to: kg(8270), by }
}

fn measured(statistic: Statistic, window: Window, value: Amount) -> Subject {
    Subject::Measured(Measured { statistic, quantity: Quantity::Glucose, window, count: 3, value })
}

fn fact(subject: Subject) -> Sentence {
    Sentence::Facts { facts: vec![Fact { subject, bounds: vec![], held: vec![] }] }
}

fn bounded(subject: Subject, comparison: Comparison, threshold: Threshold) -> Sentence {
    let bounds = vec![Bound { comparison, threshold }];
    Sentence::Facts { facts: vec![Fact { subject, bounds, held: vec![] }] }
}

/// Said in both languages, and the same after it was stored.
#[track_caller]
fn check(sentence: Sentence, english: &str, german: &str) {
    assert_eq!((sentence.to_string().as_str(), German.say(&sentence).as_str()), (english, german));
    let stored = serde_json::to_string(&sentence).unwrap();
    assert_eq!(serde_json::from_str::<Sentence>(&stored).unwrap(), sentence, "{stored}");
}

#[test]
fn what_moved() {
    let limit = |origin| Threshold::Given(given(kg(200), origin));
    check(
        bounded(moved(Some(kg(260))), Comparison::Limit, limit(ParameterOrigin::Rulebook)),
        "Weight up 2.6 kg in 3 days (80.1 → 82.7 kg), limit 2 kg",
        "Gewicht in 3 Tagen um 2,6 kg gestiegen (80,1 → 82,7 kg), Grenze 2 kg",
    );
    check(
        bounded(moved(Some(kg(-260))), Comparison::Limit, limit(ParameterOrigin::Clinic)),
        "Weight down 2.6 kg in 3 days (80.1 → 82.7 kg), limit 2 kg (set by the clinic)",
        "Gewicht in 3 Tagen um 2,6 kg gesunken (80,1 → 82,7 kg), Grenze 2 kg (von der Klinik festgelegt)",
    );
    let pounds = Given { equals: Some(kg(136)), ..given(amount(300, Unit::Pound), ParameterOrigin::Patient) };
    let since = Subject::Moved {
        quantity: Quantity::Weight,
        window: Window::Before { near: Span(12 * 3600), far: Span(36 * 3600) },
        since: true,
        from: kg(8000),
        to: kg(8140),
        by: Some(kg(140)),
    };
    check(
        bounded(since, Comparison::Limit, Threshold::Given(pounds)),
        "Weight up 1.4 kg since the reading 12 to 36 hours before (80 → 81.4 kg), limit 3 lb = 1.36 kg (set for this \
         patient)",
        "Gewicht seit der Messung 12 bis 36 Stunden davor um 1,4 kg gestiegen (80 → 81,4 kg), Grenze 3 lb = 1,36 kg \
         (für diese Person festgelegt)",
    );
    check(fact(moved(None)), "Weight 80.1 → 82.7 kg in 3 days", "Gewicht in 3 Tagen 80,1 → 82,7 kg");
}

#[test]
fn what_was_measured() {
    let mg = |n: i64| amount(n * 100, Unit::MilligramPerDecilitre);
    let in_a_day = Window::Within(Span(DAY));
    let around = Window::Before { near: Span(1800), far: Span(2 * 3600) };
    for (statistic, window, english, german) in [
        (Statistic::Latest, Window::Newest, "Glucose 69 mg/dL", "Blutzucker 69 mg/dL"),
        (
            Statistic::Latest,
            around,
            "Glucose 69 mg/dL 30 minutes to 2 hours before",
            "Blutzucker 30 Minuten bis 2 Stunden davor 69 mg/dL",
        ),
        (
            Statistic::Lowest,
            in_a_day,
            "Lowest glucose in 24 hours 69 mg/dL",
            "Blutzucker, niedrigster Wert in 24 Stunden 69 mg/dL",
        ),
        (
            Statistic::Highest,
            Window::Last(2),
            "Highest glucose over the last 2 readings 69 mg/dL",
            "Blutzucker, höchster Wert über die letzten 2 Messungen 69 mg/dL",
        ),
        (
            Statistic::Mean,
            in_a_day,
            "Mean glucose of 3 readings in 24 hours 69 mg/dL",
            "Blutzucker, Mittel aus 3 Messungen in 24 Stunden 69 mg/dL",
        ),
        (
            Statistic::Median,
            Window::Last(1),
            "Median glucose over the last reading 69 mg/dL",
            "Blutzucker, Median über die letzte Messung 69 mg/dL",
        ),
    ] {
        check(fact(measured(statistic, window, mg(69))), english, german);
    }
    let count = measured(Statistic::Count, Window::Within(Span(3600)), number(3));
    check(fact(count), "3 readings of glucose in 1 hour", "Blutzucker: 3 Messungen in 1 Stunde");
    let low = measured(Statistic::Latest, Window::Newest, Amount::Low);
    check(bounded(low, Comparison::Below, book(mg(54))), "Glucose LO, below 54 mg/dL", "Blutzucker LO, unter 54 mg/dL");
}

fn bmi() -> Subject {
    Subject::Measured(Measured {
        statistic: Statistic::Latest,
        quantity: Quantity::Bmi,
        window: Window::Newest,
        count: 1,
        value: amount(3150, Unit::KilogramPerSquareMetre),
    })
}

#[test]
fn what_it_is_compared_with() {
    let ten = || book(number(10));
    for (comparison, english, german) in [
        (Comparison::Limit, "limit", "Grenze"),
        (Comparison::Below, "below", "unter"),
        (Comparison::AtOrBelow, "at or below", "bei oder unter"),
        (Comparison::Above, "above", "über"),
        (Comparison::AtOrAbove, "at or above", "bei oder über"),
        (Comparison::Exactly, "exactly", "genau"),
        (Comparison::OtherThan, "other than", "anders als"),
    ] {
        check(
            bounded(bmi(), comparison, ten()),
            &format!("BMI 31.5 kg/m², {english} 10"),
            &format!("BMI 31,5 kg/m², {german} 10"),
        );
    }
    check(
        bounded(bmi(), Comparison::Above, Threshold::NotSet),
        "BMI 31.5 kg/m², above a limit that nobody has set",
        "BMI 31,5 kg/m², über einer Grenze, die niemand festgelegt hat",
    );
}

#[test]
fn what_a_limit_is_reckoned_from() {
    let target = Term::Parameter { name: "target_weight".to_owned(), given: given(kg(8000), ParameterOrigin::Patient) };
    let above = Term::Number(given(kg(230), ParameterOrigin::Rulebook));
    let term = Box::new(Term::Of(Arithmetic::Plus, Box::new(target), Box::new(above)));
    check(
        bounded(bmi(), Comparison::AtOrAbove, Threshold::Computed { term: term.clone(), value: Some(kg(8230)) }),
        "BMI 31.5 kg/m², at or above 82.3 kg (target weight 80 kg set for this patient + 2.3 kg)",
        "BMI 31,5 kg/m², bei oder über 82,3 kg (Zielgewicht 80 kg, für diese Person festgelegt, + 2,3 kg)",
    );
    let settled = |origin| {
        let settled = Term::Parameter { name: "settled".to_owned(), given: given(kg(90), origin) };
        Box::new(Term::Of(Arithmetic::Plus, Box::new(Term::AtOnset(Some(kg(8310)))), Box::new(settled)))
    };
    let below = |origin| {
        let term = settled(origin);
        bounded(bmi(), Comparison::Below, Threshold::Computed { term, value: Some(kg(8400)) })
    };
    check(
        below(ParameterOrigin::Rulebook),
        "BMI 31.5 kg/m², below 84 kg (83.1 kg at the start + 0.9 kg)",
        "BMI 31,5 kg/m², unter 84 kg (83,1 kg zu Beginn + 0,9 kg)",
    );
    check(
        below(ParameterOrigin::Clinic),
        "BMI 31.5 kg/m², below 84 kg (83.1 kg at the start + 0.9 kg set by the clinic)",
        "BMI 31,5 kg/m², unter 84 kg (83,1 kg zu Beginn + 0,9 kg, von der Klinik festgelegt)",
    );
    let onset = Term::Of(
        Arithmetic::Minus,
        Box::new(Term::AtOnset(Some(kg(8000)))),
        Box::new(Term::Negative(Box::new(Term::NotSet))),
    );
    check(
        bounded(bmi(), Comparison::Below, Threshold::Computed { term: Box::new(onset), value: None }),
        "BMI 31.5 kg/m², below 80 kg at the start - -(a limit that nobody has set)",
        "BMI 31,5 kg/m², unter 80 kg zu Beginn - -(einer Grenze, die niemand festgelegt hat)",
    );
    let ratio = |op| Term::Of(op, Box::new(Term::Readings(bmi())), Box::new(Term::AtOnset(None)));
    check(
        fact(Subject::Computed { term: Box::new(ratio(Arithmetic::Over)), value: Some(number(2)) }),
        "BMI 31.5 kg/m² / unknown at the start is 2",
        "BMI 31,5 kg/m² / unbekannt zu Beginn ist 2",
    );
    check(
        fact(Subject::Computed { term: Box::new(ratio(Arithmetic::Times)), value: None }),
        "BMI 31.5 kg/m² × unknown at the start is unknown",
        "BMI 31,5 kg/m² × unbekannt zu Beginn ist unbekannt",
    );
}

#[test]
fn what_did_not_come() {
    let nothing = |window, lack| fact(Subject::Nothing { quantity: Quantity::Spo2, window, lack });
    check(
        nothing(THREE_DAYS, Lack::NoReading),
        "Oxygen saturation: no reading in 3 days",
        "Sauerstoffsättigung: keine Messung in 3 Tagen",
    );
    check(
        nothing(Window::Last(5), Lack::TooFew),
        "Oxygen saturation: not enough readings over the last 5 readings",
        "Sauerstoffsättigung: zu wenige Messungen über die letzten 5 Messungen",
    );
    check(
        nothing(Window::Before { near: Span(2 * DAY), far: Span(3 * DAY) }, Lack::NoneToCompare),
        "Oxygen saturation: no reading 2 to 3 days before to compare with",
        "Sauerstoffsättigung: keine Messung 2 bis 3 Tage davor zum Vergleichen",
    );
    let missing = |days, last_days, holds| fact(Subject::Missing { kind: Kind::BodyWeight, days, last_days, holds });
    check(
        missing(3, None, true),
        "No body weight reading on 3 expected days in a row; none has ever come",
        "Keine Gewichtsmessung an 3 erwarteten Tagen in Folge; es kam noch nie eine",
    );
    check(
        missing(1, Some(0), true),
        "No body weight reading on an expected day; the last one came within a day",
        "Keine Gewichtsmessung an einem erwarteten Tag; die letzte kam innerhalb eines Tages",
    );
    check(
        missing(2, Some(1), false),
        "A body weight reading is missed on 2 expected days in a row; the last one came 1 day before",
        "Eine Gewichtsmessung fehlt an 2 erwarteten Tagen in Folge; die letzte kam 1 Tag davor",
    );
    check(
        missing(2, Some(4), true),
        "No body weight reading on 2 expected days in a row; the last one came 4 days before",
        "Keine Gewichtsmessung an 2 erwarteten Tagen in Folge; die letzte kam 4 Tage davor",
    );
    check(
        fact(Subject::Came { kind: Kind::BodyWeight, values: vec![kg(8050), kg(100)] }),
        "A body weight reading came: 80.5 kg, 1 kg",
        "Eine Gewichtsmessung kam: 80,5 kg; 1 kg",
    );
}

#[test]
fn how_often_and_how_long() {
    let spo2 = || measured(Statistic::Latest, Window::Newest, amount(6900, Unit::MilligramPerDecilitre));
    let held = |subject, held| Sentence::Facts { facts: vec![Fact { subject, bounds: vec![], held: vec![held] }] };
    let times = |count, limit| Held::Times { count, within: Span(DAY), limit };
    check(
        held(spo2(), times(2, None)),
        "Glucose 69 mg/dL, 2 times in 24 hours",
        "Blutzucker 69 mg/dL, 2-mal in 24 Stunden",
    );
    check(
        held(Subject::SoFar, times(0, Some(2))),
        "So far 0 times in 24 hours, limit 2 times",
        "Bisher 0-mal in 24 Stunden, Grenze 2-mal",
    );
    for (span, english, german) in [
        (DAY * 2, "2 days", "2 Tage"),
        (DAY, "24 hours", "24 Stunden"),
        (60, "1 minute", "1 Minute"),
        (1, "1 second", "1 Sekunde"),
        (90, "90 seconds", "90 Sekunden"),
    ] {
        let (english, german) =
            (format!("Glucose 69 mg/dL, for {english}"), format!("Blutzucker 69 mg/dL, {german} lang"));
        check(held(spo2(), Held::For(Span(span))), &english, &german);
    }
    let limit = |comparison, n| Bound { comparison, threshold: book(number(n)) };
    let both = vec![limit(Comparison::Below, 70), limit(Comparison::AtOrAbove, 54)];
    let facts = vec![
        Fact { subject: spo2(), bounds: both, held: vec![times(2, None)] },
        Fact { subject: moved(Some(kg(260))), bounds: vec![], held: vec![] },
    ];
    check(
        Sentence::Facts { facts },
        "Glucose 69 mg/dL, below 70 and at or above 54, 2 times in 24 hours; weight up 2.6 kg in 3 days (80.1 → 82.7 kg)",
        "Blutzucker 69 mg/dL, unter 70 und bei oder über 54, 2-mal in 24 Stunden; Gewicht in 3 Tagen um 2,6 kg gestiegen \
         (80,1 → 82,7 kg)",
    );
}

#[test]
fn what_becomes_of_an_episode() {
    let because = || Box::new(fact(moved(Some(kg(260)))));
    check(
        Sentence::MoreSevere { severity: Severity::Critical, because: because() },
        "Now critical: weight up 2.6 kg in 3 days (80.1 → 82.7 kg)",
        "Jetzt kritisch: Gewicht in 3 Tagen um 2,6 kg gestiegen (80,1 → 82,7 kg)",
    );
    let second = |severity| Sentence::SecondKind { severity, kinds: [Kind::BodyWeight, Kind::OxygenSaturation] };
    check(
        second(Severity::High),
        "Now high: body weight and oxygen saturation out of range within a day",
        "Jetzt hoch: Körpergewicht und Sauerstoffsättigung innerhalb eines Tages außerhalb der Grenzen",
    );
    check(
        Sentence::words("As said").and(second(Severity::Medium)),
        "As said; now medium: body weight and oxygen saturation out of range within a day",
        "As said; Jetzt mittel: Körpergewicht und Sauerstoffsättigung innerhalb eines Tages außerhalb der Grenzen",
    );
    let programme = || ProgrammeId::new("heart-failure").unwrap();
    for (because, english, german) in [
        (
            Unwatched::ProgrammeOver { programme: programme() },
            "the programme heart failure is over",
            "das Programm Herzinsuffizienz ist beendet",
        ),
        (
            Unwatched::KeptAway { programme: ProgrammeId::new("copd").unwrap() },
            "the programme COPD stands in its place",
            "an ihrer Stelle gilt das Programm COPD",
        ),
        (
            Unwatched::CareEnded,
            "readings of this patient are only stored",
            "Messungen dieser Person werden nur gespeichert",
        ),
    ] {
        check(
            Sentence::Unwatched { because },
            &format!("No longer watched: {english}"),
            &format!("Nicht mehr überwacht: {german}"),
        );
    }
}

#[test]
fn what_becomes_of_a_task() {
    for (remark, english, german) in [
        (Remark::Confirmed, "a repeat shows the same", "eine Wiederholung zeigt dasselbe"),
        (
            Remark::Unconfirmed,
            "unconfirmed: no repeat came in time",
            "unbestätigt: es kam rechtzeitig keine Wiederholung",
        ),
        (
            Remark::MoreSevere(Severity::Low),
            "more severe than what was settled: now low",
            "dringlicher als das Erledigte: jetzt niedrig",
        ),
        (Remark::AnotherRule, "another rule than those settled", "eine andere Regel als die erledigten"),
        (
            Remark::Revisit,
            "the time to look again has come, and it still holds",
            "es ist Zeit, wieder nachzusehen, und es hält an",
        ),
        (Remark::Again, "again since the last task was closed", "erneut, seit die letzte Aufgabe geschlossen wurde"),
    ] {
        let reason = Box::new(Sentence::words("R"));
        check(Sentence::Created { reason, remark }, &format!("R ({english})"), &format!("R ({german})"));
    }
    for (what, english, german) in [
        (TakenBack::Condition, "no longer show this condition", "zeigen diesen Zustand nicht mehr"),
        (
            TakenBack::ConditionOfTouched,
            "no longer show this condition; please complete the task",
            "zeigen diesen Zustand nicht mehr; bitte die Aufgabe abschließen",
        ),
        (TakenBack::Episode, "no longer show one of its episodes", "zeigen eine ihrer Episoden nicht mehr"),
        (TakenBack::Part(None), "no longer show all of what it said", "zeigen nicht mehr alles, was hier stand"),
        (
            TakenBack::Part(Some(Box::new(Sentence::words("R")))),
            "no longer show all of what it said; what they show: R",
            "zeigen nicht mehr alles, was hier stand; sie zeigen: R",
        ),
    ] {
        let (english, german) =
            (format!("readings known by now {english}"), format!("inzwischen bekannte Messungen {german}"));
        check(Sentence::TakenBack { what }, &english, &german);
    }
    for (sentence, english, german) in [
        (Sentence::HoldOver, "the time it was to wait for has come", "die Zeit, auf die gewartet wurde, ist gekommen"),
        (Sentence::WorseOnHold, "it got worse while it waited", "es wurde schlechter, während gewartet wurde"),
        (
            Sentence::GoesOn,
            "readings known by now show that the condition goes on",
            "inzwischen bekannte Messungen zeigen, dass der Zustand anhält",
        ),
        (Sentence::words("spoke to him"), "spoke to him", "spoke to him"),
    ] {
        check(sentence, english, german);
    }
}

#[test]
fn why_a_rule_says_nothing() {
    let programme = ProgrammeId::new("copd").unwrap();
    for (sentence, english, german) in [
        (
            Sentence::NotEnrolled,
            "No programme of this patient has this rule",
            "Kein Programm dieser Person enthält diese Regel",
        ),
        (
            Sentence::InItsPlace { programme },
            "The programme COPD stands in its place",
            "An ihrer Stelle gilt das Programm COPD",
        ),
        (
            Sentence::OnlyStored,
            "Readings of this patient are only stored",
            "Messungen dieser Person werden nur gespeichert",
        ),
        (
            Sentence::Failed { detail: "a division by zero".to_owned() },
            "It could not be evaluated: a division by zero",
            "Sie konnte nicht ausgewertet werden: a division by zero",
        ),
        (
            Sentence::NotConfigured { parameters: vec!["a.b".to_owned(), "a.c".to_owned()] },
            "Not configured: nobody has set a.b, a.c",
            "Nicht eingestellt: niemand hat a.b, a.c festgelegt",
        ),
    ] {
        check(sentence, english, german);
    }
}

#[test]
fn a_language_is_found_by_its_tag() {
    for (tag, found) in [("de", "de"), ("de-AT", "de"), ("DE_de", "de"), ("en-US", "en"), ("fr", "en"), ("", "en")] {
        assert_eq!(language(tag).tag(), found, "{tag}");
    }
}

#[test]
fn outside_json_has_words_and_nothing_else_changes() {
    #[derive(Serialize)]
    struct Shown {
        why: Vec<Sentence>,
        say: &'static str,
    }
    let shown = Shown { why: vec![Sentence::HoldOver, fact(moved(None))], say: "not a sentence" };
    let json = in_words(&shown, &German).unwrap();
    let why = ["die Zeit, auf die gewartet wurde, ist gekommen", "Gewicht in 3 Tagen 80,1 → 82,7 kg"];
    assert_eq!(json, serde_json::json!({ "why": why, "say": "not a sentence" }));
}
