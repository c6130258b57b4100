//! What the language means, rule by rule of the contract.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "test code")]

use care::{
    Confirm, Ending, Enrolment, Episode, GroupKey, History, Judge, ParameterOrigin, ParameterScope, ParameterSetting,
    PatientId, PatientStatus, ProgrammeId, Severity,
};
use chrono::TimeDelta;
use rule_engine::{Evaluator, Outcome, RuleExplanation, RulebookSet, evaluate, explain};
use std::sync::Arc;
use vitals::{
    Clock, ClockSource, Decimal, DeviceId, Flag, Instant, Kind, MeasuredAt, Quantity, Reading, ReadingId, ReadingKey,
    ReceivedAt, SourceId, StoredAt, StoredReading, Unit, Value,
};

const HEAD: &str = "[rulebook]\nid = \"heart-failure\"\nversion = \"1\"\nprogramme = \"heart-failure\"\n";

fn rule(id: &str, when: &str, more: &str) -> String {
    format!(
        "[[rule]]\nid = \"{id}\"\nwhen = \"{when}\"\nseverity = \"medium\"\ntask = {{ title = \"t\" }}\nbasis = \"b\"\n{more}\n"
    )
}

fn load(text: &str) -> RulebookSet {
    RulebookSet::load(&[("test.toml", text)]).unwrap_or_else(|e| panic!("{}", e[0]))
}

fn at(hours: i64) -> Instant {
    "2026-03-02T00:00:00Z".parse::<Instant>().unwrap() + TimeDelta::hours(hours)
}

fn minutes(minutes: i64) -> Instant {
    at(0) + TimeDelta::minutes(minutes)
}

fn enrolled() -> History {
    let mut history = History::new(PatientId::new("p1").unwrap());
    enrol(&mut history, "heart-failure", at(0), None);
    history
}

fn enrol(history: &mut History, programme: &str, from: Instant, until: Option<Instant>) {
    let programme = ProgrammeId::new(programme).unwrap();
    history.enrolments.push(Enrolment { programme, from, until, entered_at: from });
}

fn weight(id: &str, time: Instant, kg: &str) -> StoredReading {
    let kg: Decimal = kg.parse().unwrap();
    let key = ReadingKey {
        source: SourceId::new("hub").unwrap(),
        device: DeviceId::new("scale").unwrap(),
        id: ReadingId::new(id).unwrap(),
    };
    let reading = Reading {
        key,
        kind: Kind::BodyWeight,
        measured_at: MeasuredAt::from(time),
        values: [(Quantity::Weight, Value::number(kg, Unit::Kilogram))].into(),
        user_slot: None,
        flags: [].into(),
        sample: None,
        meal: None,
        clock: None,
        battery: None,
        corrects: None,
    };
    let (received_at, stored_at) = (ReceivedAt(time), StoredAt(time));
    StoredReading { seq: 1, reading, received_at, stored_at, admission_flags: [].into(), hub_connected: true }
}

fn with(mut history: History, readings: impl IntoIterator<Item = StoredReading>) -> History {
    readings.into_iter().for_each(|r| history.insert_reading(r));
    history
}

fn episodes(set: &RulebookSet, history: &History) -> Vec<Episode> {
    let evaluation = evaluate(set, history, at(24 * 30));
    assert_eq!(evaluation.faults, []);
    evaluation.episodes
}

fn why(text: &str, readings: &[(i64, &str)]) -> String {
    let readings = readings.iter().enumerate().map(|(i, (h, kg))| weight(&i.to_string(), at(*h), kg));
    let found = episodes(&load(text), &with(enrolled(), readings));
    found.first().map(|e| e.rules[0].why.to_string()).unwrap_or_default()
}

const GAIN: &str = "[parameters]\ngain_3d = \"2 kg\"\n";

#[test]
fn a_sentence_says_the_numbers_and_whose_limit() {
    let text = format!("{HEAD}{GAIN}{}", rule("R", "rise(weight, 72 h) > gain_3d", ""));
    assert_eq!(why(&text, &[(7, "80.1"), (55, "82.7")]), "Weight up 2.6 kg in 3 days (80.1 → 82.7 kg), limit 2 kg");

    let mut history = with(enrolled(), [weight("1", at(7), "80.1"), weight("2", at(55), "82.7")]);
    history.parameters.push(ParameterSetting {
        scope: ParameterScope::Patient,
        key: "heart-failure.gain_3d".to_owned(),
        value: Some("5 [lb_av]".to_owned()),
        effective_from: at(0),
        seq: 1,
    });
    let episode = &episodes(&load(&text), &history)[0];
    let part = &episode.rules[0];
    assert_eq!(
        part.why.to_string(),
        "Weight up 2.6 kg in 3 days (80.1 → 82.7 kg), limit 5 lb = 2.27 kg (set for this patient)"
    );
    assert_eq!(
        (part.evidence.limits[0].name.as_str(), part.evidence.limits[0].origin),
        ("gain_3d", ParameterOrigin::Patient)
    );
    let values: Vec<String> = part.evidence.points.iter().map(|p| p.value.to_string()).collect();
    assert_eq!(values, ["80.1 kg", "82.7 kg"]);

    let since = format!("{HEAD}{}", rule("R", "latest(weight) - latest(weight, 12 h .. 36 h ago) >= 1.36 kg", ""));
    let told = "Weight up 1.4 kg since the reading 12 to 36 hours before (80 → 81.4 kg), limit 1.36 kg";
    assert_eq!(why(&since, &[(7, "80"), (31, "81.4")]), told);
    let close = format!("{HEAD}{}", rule("R", "weight > 80 kg", ""));
    assert_eq!(why(&close, &[(7, "80.004")]), "Weight 80.004 kg, above 80 kg");
}

#[test]
fn a_clearing_says_the_numbers_too() {
    let text = format!(
        "{HEAD}{}",
        rule("R", "rise(weight, 72 h) > 2 kg", "clear = \"latest(weight) < onset(weight) + 0.9 kg\"")
    );
    let readings = [weight("1", at(7), "80.1"), weight("2", at(31), "82.7"), weight("3", at(55), "80.5")];
    let episode = &episodes(&load(&text), &with(enrolled(), readings))[0];
    let cleared = episode.rules[0].cleared.as_ref().unwrap();
    assert_eq!((cleared.at, episode.cleared_at), (at(55), Some(at(55))));
    assert_eq!(cleared.why.to_string(), "Weight 80.5 kg, below 81 kg (80.1 kg at the start + 0.9 kg)");
}

#[test]
fn neither_silence_nor_too_little_data_clears() {
    let text = format!("{HEAD}{}", rule("R", "weight > 90 kg", "clear = \"mean(weight, last 3) < 85 kg\""));
    let readings = [weight("1", at(7), "91"), weight("2", at(8), "70")];
    assert!(episodes(&load(&text), &with(enrolled(), readings))[0].is_open());
}

#[test]
fn how_alike_copies_are_is_the_clinic_s_to_set_from_a_date() {
    let set = load(&format!("{HEAD}{}", rule("N", "count(weight, 24 h) >= 2", "")));
    let copy = |id: &str, time, kg: &str| {
        let mut copy = weight(id, time, kg);
        copy.reading.key.source = SourceId::new("cloud").unwrap();
        copy
    };
    let setting = |key: &str, value: &str, from| ParameterSetting {
        scope: ParameterScope::Clinic,
        key: format!("copies.{key}"),
        value: Some(value.to_owned()),
        effective_from: from,
        seq: 1,
    };
    let counted = |settings: Vec<ParameterSetting>, first, then, kg: &str| {
        let mut history = with(enrolled(), [weight("1", first, "91"), copy("1", then, kg)]);
        history.parameters = settings;
        2 - usize::from(episodes(&set, &history).is_empty())
    };
    assert_eq!(counted(vec![], minutes(0), minutes(1), "91"), 1, "a minute and equal, by default");
    assert_eq!(counted(vec![], minutes(0), minutes(1), "91.1"), 2);
    assert_eq!(counted(vec![], minutes(0), minutes(4), "91"), 2);
    let wide = |from| vec![setting("seconds", "240", from), setting("weight", "0.25 [lb_av]", from)];
    assert_eq!(counted(wide(at(0)), minutes(0), minutes(4), "91.1"), 1);
    assert_eq!(counted(wide(at(0)), minutes(0), minutes(5), "91.1"), 2);
    assert_eq!(counted(wide(at(0)), minutes(0), minutes(4), "91.2"), 2);
    assert_eq!(counted(wide(minutes(2)), minutes(0), minutes(4), "91.1"), 2, "the earlier of the two says what holds");
    assert_eq!(counted(vec![setting("seconds", "0", at(0))], minutes(0), minutes(1), "91"), 2);
}

#[test]
fn a_tolerance_for_copies_is_checked_and_no_patient_s() {
    let set = load(HEAD);
    let check = |scope, key: &str, value: &str| set.check_setting(scope, key, Some(value));
    let refused = |key: &str, value: &str, said: &str| {
        assert_eq!(check(ParameterScope::Clinic, key, value), Err(said.to_owned()));
    };
    assert_eq!(check(ParameterScope::Clinic, "copies.weight", "200 g"), Ok(()));
    assert_eq!(check(ParameterScope::Clinic, "copies.temperature", "0.2 [degF]"), Ok(()));
    assert_eq!(set.check_setting(ParameterScope::Clinic, "copies.seconds", None), Ok(()));
    refused("copies.seconds", "86401", "`copies.seconds` cannot be `86401`; it lies between 0 and 86400 seconds");
    refused("copies.weight", "-1 kg", "`copies.weight` cannot be `-1 kg`; a difference is 0 or more");
    assert!(check(ParameterScope::Clinic, "copies.weight", "1 mm[Hg]").unwrap_err().contains("`kg`"));
    assert!(check(ParameterScope::Clinic, "copies.wieght", "1 kg").unwrap_err().contains("copies.weight"));
    assert!(check(ParameterScope::Patient, "copies.weight", "1 kg").unwrap_err().contains("not a patient's"));
    assert!(set.parameters(at(0)).iter().any(|p| p.key == "copies.seconds" && p.default.as_deref() == Some("60")));
}

#[test]
fn a_copy_from_another_source_counts_once_and_confirms_nothing() {
    let confirm = "confirm = { repeat = \"body-weight\", within = \"30 min\" }";
    let set =
        load(&format!("{HEAD}{}{}", rule("R", "weight > 90 kg", confirm), rule("N", "count(weight, 24 h) >= 2", "")));
    let mut copy = weight("9", minutes(1), "91");
    copy.reading.key.source = SourceId::new("cloud").unwrap();
    let found = episodes(&set, &with(enrolled(), [weight("1", minutes(0), "91"), copy.clone()]));
    assert_eq!((found.len(), &found[0].rules[0].confirmed_by), (1, &None));
    // The one with the smaller error stands.
    copy.reading.clock = Some(Clock { source: ClockSource::Vendor, error_s: Some(1), device_time: None });
    let found = episodes(&set, &with(enrolled(), [weight("1", minutes(0), "91"), copy]));
    assert_eq!(found[0].rules[0].opened_by.as_ref().unwrap().source.as_str(), "cloud");
    // The same device twice is two readings, and a repeat confirms.
    let found = episodes(&set, &with(enrolled(), [weight("1", minutes(0), "91"), weight("2", minutes(1), "91")]));
    assert_eq!(found.len(), 2);
    assert!(found[0].rules[0].confirmed_by.is_some());
    assert_eq!(found[0].rules[0].confirm, Some(Confirm { repeat: Kind::BodyWeight, within_s: 1800 }));
}

#[test]
fn a_correction_replaces_and_a_flagged_repeat_refutes_nothing() {
    let confirm = "confirm = { repeat = \"body-weight\", within = \"30 min\" }";
    let set = load(&format!("{HEAD}{}", rule("R", "weight > 90 kg", confirm)));
    let mut fixed = weight("2", minutes(0), "80");
    fixed.reading.corrects = Some(ReadingId::new("1").unwrap());
    assert_eq!(episodes(&set, &with(enrolled(), [weight("1", minutes(0), "91"), fixed])), []);
    let mut again = weight("2", minutes(5), "80");
    assert_eq!(episodes(&set, &with(enrolled(), [weight("1", minutes(0), "91"), again.clone()])), []);
    // Many devices leave an optional value out; that says nothing against the one that counts.
    again.reading.flags = [Flag::new("bmi-nan").unwrap(), Flag::new("trailing-bytes").unwrap()].into();
    assert_eq!(episodes(&set, &with(enrolled(), [weight("1", minutes(0), "91"), again.clone()])), []);
    again.reading.flags = [Flag::new("movement").unwrap()].into();
    assert_eq!(episodes(&set, &with(enrolled(), [weight("1", minutes(0), "91"), again])).len(), 1);
    assert_eq!(
        episodes(&set, &with(enrolled(), [weight("1", minutes(0), "91"), weight("2", minutes(31), "80")])).len(),
        1
    );
}

#[test]
fn a_clock_error_that_a_window_cannot_bear_keeps_a_reading_out() {
    let set = load(&format!("{HEAD}{}{}", rule("R", "rise(weight, 10 h) > 2 kg", ""), rule("V", "weight > 90 kg", "")));
    let rules = |error_s| {
        let mut late = weight("2", at(2), "91");
        late.reading.clock = Some(Clock { source: ClockSource::Device, error_s: Some(error_s), device_time: None });
        let found = episodes(&set, &with(enrolled(), [weight("1", at(1), "80"), late]));
        found.iter().map(|e| e.group.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(rules(3600), ["R", "V"]);
    assert_eq!(rules(3601), ["V"]);
}

#[test]
fn only_readings_measured_while_enrolled_are_judged() {
    let set = load(&format!("{HEAD}{}", rule("R", "rise(weight, 72 h) > 2 kg", "")));
    let mut history = History::new(PatientId::new("p1").unwrap());
    enrol(&mut history, "heart-failure", at(10), Some(at(20)));
    let readings = |time| [weight("1", at(1), "80"), weight("2", time, "83")];
    assert_eq!(episodes(&set, &with(history.clone(), readings(at(9)))), []);
    assert_eq!(episodes(&set, &with(history.clone(), readings(at(10)))).len(), 1, "but its window may begin before");
    assert_eq!(episodes(&set, &with(history.clone(), readings(at(20)))), []);
    history.status.set(at(0), PatientStatus::Ended);
    assert_eq!(episodes(&set, &with(history, readings(at(10)))), []);
}

#[test]
fn an_episode_keeps_the_version_that_opened_it() {
    let first = format!("{HEAD}{}", rule("R", "weight > 90 kg", ""));
    let second = first.replace("version = \"1\"", "version = \"2\"").replace("90 kg", "80 kg");
    let set = load(&first).with_version("second", &second, at(10)).unwrap();
    let found = episodes(
        &set,
        &with(enrolled(), [weight("1", at(1), "91"), weight("2", at(11), "85"), weight("3", at(12), "81")]),
    );
    let seen: Vec<_> = found.iter().map(|e| (e.rules[0].rulebook.as_str(), e.opened_at, e.cleared_at)).collect();
    assert_eq!(seen, [("heart-failure 1", at(1), Some(at(11))), ("heart-failure 2", at(12), None)]);
}

#[test]
fn a_missing_reading_is_noticed_by_the_local_day_and_pauses_expect_nothing() {
    let set =
        load(&format!("{HEAD}[schedule]\nbody-weight = \"1 per day\"\n{}", rule("N", "missing(body-weight, 3 d)", "")));
    let mut history = enrolled();
    let evaluation = evaluate(&set, &history, at(71));
    assert_eq!((evaluation.episodes.len(), evaluation.next_wake), (0, Some(at(72))));
    let evaluation = evaluate(&set, &history, at(72));
    assert_eq!(evaluation.episodes[0].opened_at, at(72));
    assert_eq!(evaluation.episodes[0].rules[0].opened_by, None);
    assert_eq!(
        evaluation.episodes[0].rules[0].why.to_string(),
        "No body weight reading on 3 expected days in a row; none has ever come"
    );
    history.status.set(at(0), PatientStatus::Active);
    history.status.set(at(60), PatientStatus::Paused);
    assert_eq!(evaluate(&set, &history, at(24 * 10)).episodes, []);
    history.status.set(at(24 * 5), PatientStatus::Active);
    assert_eq!(evaluate(&set, &history, at(24 * 10)).episodes[0].opened_at, at(24 * 6), "two before, one after");
}

#[test]
fn a_rule_that_fails_is_a_fault_and_the_others_go_on() {
    let broken = rule("Broken", "1 / (weight / 1 kg - 91) > 1", "");
    let set = load(&format!(
        "{HEAD}{GAIN}{broken}{}{}",
        rule("R", "weight > 90 kg", ""),
        rule("P", "rise(weight, 3 h) > gain_3d", "")
    ));
    let mut history = with(enrolled(), [weight("1", at(1), "91")]);
    history.parameters.push(ParameterSetting {
        scope: ParameterScope::Clinic,
        key: "heart-failure.gain_3d".to_owned(),
        value: Some("2 mm[Hg]".to_owned()),
        effective_from: at(0),
        seq: 1,
    });
    let evaluation = evaluate(&set, &history, at(2));
    assert_eq!(evaluation.episodes.len(), 1);
    let faults: Vec<_> = evaluation.faults.iter().map(|f| f.detail.as_str()).collect();
    let parameter =
        "parameter `heart-failure.gain_3d` is set to `2 mm[Hg]`, which is not a number with a unit such as `kg`";
    assert_eq!(faults, ["a division by zero", parameter]);
}

#[test]
fn what_a_completed_task_showed_does_not_count_again() {
    let set = Arc::new(load(&format!("{HEAD}{}", rule("R", "rise(weight, 72 h) > 2 kg", ""))));
    let group = GroupKey::new("R").unwrap();
    let mut evaluator = Evaluator::new(&set, &enrolled(), at(0));
    for (id, hours, kg) in [("1", 1, "80"), ("2", 25, "82.5"), ("3", 30, "83")] {
        evaluator.insert(&weight(id, at(hours), kg));
    }
    assert_eq!(evaluator.true_again(&group, at(25), None), None, "only 0.5 kg since");
    evaluator.insert(&weight("4", at(50), "84.6"));
    let again = evaluator.true_again(&group, at(25), None).unwrap();
    assert_eq!(again.why.to_string(), "Weight up 2.1 kg in 3 days (82.5 → 84.6 kg), limit 2 kg");
    assert_eq!(evaluator.true_again(&group, at(25), Some(at(51))), None);
}

#[test]
fn every_rule_is_explained() {
    let book = format!(
        "{HEAD}[parameters]\ntarget = {{ unit = \"kg\" }}\n{}{}{}{}{}{}",
        rule("A", "weight > 82 kg", ""),
        rule("B", "rise(weight, 72 h) > 5 kg", ""),
        rule("C", "weight > target", ""),
        rule("D", "systolic > 180 mm[Hg]", ""),
        rule("E", "weight > 82 kg", "unless_programme = [\"copd\"]"),
        rule("F", "median(weight, last 5) > 1 kg", ""),
    );
    let mut history = with(enrolled(), [weight("1", at(1), "80"), weight("2", at(25), "82.5")]);
    enrol(&mut history, "copd", at(0), None);
    let told: Vec<RuleExplanation> = explain(&load(&book), &history, at(26));
    let outcomes: Vec<&Outcome> = told.iter().map(|t| &t.outcome).collect();
    let target = "heart-failure.target".to_owned();
    let expected = [
        Outcome::Fired { since: at(25) },
        Outcome::NotMet,
        Outcome::NotConfigured { parameters: vec![target] },
        Outcome::Unknown,
        Outcome::KeptAway { programme: ProgrammeId::new("copd").unwrap() },
        Outcome::Unknown,
    ];
    assert_eq!(outcomes, expected.iter().collect::<Vec<_>>());
    assert_eq!(told[1].sentence.to_string(), "Weight up 2.5 kg in 3 days (80 → 82.5 kg), limit 5 kg");
    assert_eq!(told[5].sentence.to_string(), "Weight: not enough readings over the last 5 readings, limit 1 kg");
    assert!(explain(&load(&book), &history, at(2)).iter().all(|t| !matches!(t.outcome, Outcome::Fired { .. })));
}

#[test]
fn mistakes_are_told_all_at_once_with_place_and_remedy() {
    let first = rule("R", "rise(wieght, 72 h) > gain_3d", "colour = \"red\"");
    let text = format!("{HEAD}{first}{}", rule("S", "weight > 2", "clera = \"x\""));
    let errors = RulebookSet::load(&[("a.toml", text)]).unwrap_err();
    let mut told: Vec<String> =
        errors.iter().map(|e| format!("{}:{} {} | {}", e.line, e.column, e.message, e.remedy)).collect();
    told.sort();
    let names = "known are weight, bmi,";
    assert!(told.remove(4).starts_with("7:30 unknown name `gain_3d`"), "{told:#?}");
    assert!(!told.iter().any(|t| t.contains(names)), "{told:#?}");
    let expected = [
        "11:1 unknown key `colour` in a [[rule]] | known are id, when, clear, confirm, group, severity, once_per, \
         unless_programme, task, basis, revisit",
        "14:9 a mass is compared with a plain number | give the number a unit, e.g. `kg`",
        "18:1 unknown key `clera` in a [[rule]] | did you mean `clear`?",
        "7:14 unknown quantity `wieght` | did you mean `weight`?",
    ];
    assert_eq!(told, expected);
}

#[test]
fn a_translation_belongs_to_a_text_of_the_book() {
    let rules = rule("R", "weight > 2 kg", "");
    let set = load(&format!("{HEAD}{rules}\n[text.de]\nt = \"T\"\n"));
    assert_eq!((set.text("de", "t"), set.text("de", "b"), set.text("en", "t")), (Some("T"), None, None));
    let text = format!("{HEAD}{rules}[text.de]\nt = \"\"\nb = 2\nweight = \"x\"\n[text.dee]\n[text.xx]\nt = \"T\"\n");
    let errors = RulebookSet::load(&[("a.toml", text)]).unwrap_err();
    let mut told: Vec<String> =
        errors.iter().map(|e| format!("{}:{} {} | {}", e.line, e.column, e.message, e.remedy)).collect();
    told.sort();
    let expected = [
        "13:5 an empty translation | leave the line out, and English is shown",
        "14:5 `b` must be a text | put it in quotes",
        "15:1 no text of this rulebook reads `weight` | write a title, question, basis or description as it stands in \
         this file",
        "16:7 unknown key `dee` in [text] | did you mean `de`?",
        "17:7 unknown key `xx` in [text] | did you mean `de`?",
    ];
    assert_eq!(told, expected);
}

#[test]
fn severity_rises_with_a_second_kind_and_stays() {
    let set = load(&format!("{HEAD}{}{}", rule("W", "weight > 90 kg", ""), rule("P", "systolic > 180 mm[Hg]", "")));
    let mut pressure = weight("p", at(20), "1");
    pressure.reading.kind = Kind::BloodPressure;
    pressure.reading.values = [(Quantity::Systolic, Value::number(190.into(), Unit::MillimetreOfMercury))].into();
    let found =
        episodes(&set, &with(enrolled(), [weight("1", at(1), "91"), pressure.clone(), weight("2", at(40), "80")]));
    assert_eq!(found.iter().map(|e| e.severity).collect::<Vec<_>>(), [Severity::High, Severity::High]);
    assert_eq!(
        found[0].changes[1].why.to_string(),
        "Now high: body weight and blood pressure out of range within a day"
    );
    pressure.reading.measured_at = MeasuredAt::from(at(26));
    let found = episodes(&set, &with(enrolled(), [weight("1", at(1), "91"), pressure]));
    assert_eq!(found.iter().map(|e| e.severity).collect::<Vec<_>>(), [Severity::Medium, Severity::Medium]);
}

#[test]
fn one_rule_in_two_programmes_is_one_episode() {
    let shared = "[rulebook]\nid = \"shared\"\nversion = \"1\"\n".to_owned() + &rule("S", "weight > 90 kg", "");
    let one = format!("{}include = [\"shared\"]\n", HEAD);
    let two = one.replace("heart-failure", "copd");
    let set = RulebookSet::load(&[("s", shared.as_str()), ("a", one.as_str()), ("b", two.as_str())]).unwrap();
    let mut history = with(enrolled(), [weight("1", at(1), "91")]);
    enrol(&mut history, "copd", at(0), None);
    let found = episodes(&set, &history);
    assert_eq!((found.len(), found[0].rules[0].programme.as_str()), (1, "copd"));
    assert!(RulebookSet::load(&[("a", one.as_str())]).is_err(), "an unknown include is a mistake");
}

fn only(set: &RulebookSet, history: &History) -> Episode {
    let mut found = episodes(set, history);
    assert_eq!(found.len(), 1, "{found:#?}");
    found.remove(0)
}

#[test]
fn what_the_patient_no_longer_has_is_no_longer_watched() {
    let text = format!("{HEAD}{}", rule("R", "weight > 90 kg", "unless_programme = [\"copd\"]"));
    let set = load(&text);
    let readings = [weight("1", at(1), "91"), weight("2", at(60), "80")];
    let ended = |episode: &Episode| {
        let cleared = episode.rules[0].cleared.as_ref().unwrap();
        assert_eq!(episode.changes.last().map(|c| (c.at, &c.why)), Some((cleared.at, &cleared.why)));
        (cleared.at, cleared.how, cleared.why.to_string())
    };
    let watched = only(&set, &with(enrolled(), readings.clone()));
    assert_eq!((ended(&watched).0, ended(&watched).1, watched.unwatched_since()), (at(60), Ending::Cleared, None));

    // The programme is over: from then on, and not because of a reading.
    let mut history = with(enrolled(), readings.clone());
    history.enrolments[0].until = Some(at(30));
    let over = only(&set, &history);
    let why = "No longer watched: the programme heart failure is over".to_owned();
    assert_eq!(ended(&over), (at(30), Ending::Unwatched, why));
    assert_eq!((over.cleared_at, over.unwatched_since()), (Some(at(30)), Some(at(30))));
    assert!(evaluate(&set, &history, at(29)).episodes[0].is_open(), "not before its time");
    assert_eq!(evaluate(&set, &history, at(29)).next_wake, Some(at(30)));
    // Back in the programme, a reading opens anew.
    enrol(&mut history, "heart-failure", at(40), None);
    history.insert_reading(weight("3", at(50), "92"));
    assert_eq!(episodes(&set, &history).len(), 2);

    // Another programme keeps the rule away.
    let mut history = with(enrolled(), readings.clone());
    enrol(&mut history, "copd", at(20), None);
    let why = "No longer watched: the programme COPD stands in its place".to_owned();
    assert_eq!(ended(&only(&set, &history)), (at(20), Ending::Unwatched, why));

    // The patient's readings are only stored.
    let mut history = with(enrolled(), readings.clone());
    history.status.set(at(10), PatientStatus::Ended);
    let why = "No longer watched: readings of this patient are only stored".to_owned();
    assert_eq!(ended(&only(&set, &history)), (at(10), Ending::Unwatched, why));

    // A later version without the rule: the episode keeps the version that opened it.
    let later = text.replace("version = \"1\"", "version = \"2\"").replace("id = \"R\"", "id = \"S\"");
    let set = set.with_version("test.toml", &later, at(10)).unwrap();
    let kept = only(&set, &with(enrolled(), readings));
    assert_eq!((ended(&kept).1, kept.rules[0].rulebook.as_str()), (Ending::Cleared, "heart-failure 1"));
}

#[test]
fn what_made_it_more_severe_is_what_it_says_now() {
    let levels = "severity = [{ when = \"latest(systolic, 24 h) < 100 mm[Hg]\", is = \"high\" }, \
                  { when = \"weight > 95 kg\", is = \"high\" }, \"medium\"]";
    let text = format!("{HEAD}{}", rule("R", "rise(weight, 72 h) > 2 kg", "")).replace("severity = \"medium\"", levels);
    let set = load(&text);
    let grown = [weight("1", at(1), "80"), weight("2", at(25), "83")];
    let opened = only(&set, &with(enrolled(), grown.clone()));
    assert_eq!((opened.rules[0].worsened.as_ref(), opened.rules[0].says()), (None, &opened.rules[0].why));

    let mut pressure = weight("p", at(26), "1");
    pressure.reading.kind = Kind::BloodPressure;
    pressure.reading.values = [(Quantity::Systolic, Value::number(95.into(), Unit::MillimetreOfMercury))].into();
    let worse = only(&set, &with(enrolled(), grown.clone().into_iter().chain([pressure])));
    let told = "Weight up 3 kg in 3 days (80 → 83 kg), limit 2 kg; systolic pressure 95 mmHg, below 100 mmHg";
    assert_eq!(worse.rules[0].says().to_string(), told);
    assert_eq!(worse.rules[0].rests_on().points.len(), 3);
    assert_eq!(worse.rules[0].worsened.as_ref().unwrap().by.as_ref().unwrap().id.as_str(), "p");
    let change = worse.changes.last().unwrap().why.to_string();
    assert_eq!(change, format!("Now high: weight{}", told.strip_prefix("Weight").unwrap()));
    assert_eq!(worse.rules[0].why, opened.rules[0].why, "the opening stays as it was");

    // A condition on the same quantity says it all.
    let heavy = only(&set, &with(enrolled(), grown.into_iter().chain([weight("3", at(30), "96")])));
    assert_eq!(heavy.rules[0].says().to_string(), "Weight 96 kg, above 95 kg");
    let explained = explain(&set, &with(enrolled(), [weight("1", at(1), "80"), weight("2", at(25), "97")]), at(26));
    assert_eq!(explained[0].sentence.to_string(), "Weight up 17 kg in 3 days (80 → 97 kg), limit 2 kg");
}

#[test]
fn what_is_expected_is_set_like_any_parameter() {
    let schedule = "[schedule]\nbody-weight = \"1 per day\"\nglucose = \"unset\"\n";
    let set = load(&format!("{HEAD}{GAIN}{schedule}{}", rule("R", "rise(weight, 72 h) > gain_3d", "")));
    let of_book = set.parameters(at(0)).into_iter().filter(|p| p.key.starts_with("heart-failure."));
    let listed: Vec<_> = of_book.map(|p| (p.key.as_str(), p.default.as_deref())).collect();
    let expected = [
        ("heart-failure.gain_3d", Some("2 kg")),
        ("heart-failure.schedule.body-weight", Some("1 per day")),
        ("heart-failure.schedule.glucose", None),
    ];
    assert_eq!(listed, expected);
    let check = |key: &str, value| set.check_setting(ParameterScope::Clinic, key, value);
    for (value, fits) in
        [(Some("2 per day"), true), (Some("none"), true), (None, true), (Some("2 kg"), false), (Some("often"), false)]
    {
        assert_eq!(check("heart-failure.schedule.glucose", value).is_ok(), fits, "{value:?}");
    }
    assert!(check("heart-failure.schedule.blood-pressure", Some("none")).unwrap_err().contains("unknown parameter"));
}

#[test]
fn what_a_book_includes_includes_in_turn() {
    let book = |id: &str, include: &str| {
        format!("[rulebook]\nid = \"{id}\"\nversion = \"1\"\ninclude = [{include}]\n{}", rule(id, "weight > 90 kg", ""))
    };
    let files = [("a", book("a", "\"b\"")), ("b", book("b", "\"c\"")), ("c", book("c", "\"a\""))];
    let set = RulebookSet::load(&files).unwrap();
    let included: Vec<_> = set.included("a", at(0)).into_iter().map(|b| b.id.as_str()).collect();
    assert_eq!(included, ["b", "c"], "also where they go in a circle");
    assert!(set.included("nobody", at(0)).is_empty());
}
