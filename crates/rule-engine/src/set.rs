//! All rulebooks with the times from which each version is in force.

use crate::copies;
use crate::error::{Problems, RuleError};
use crate::parameter::Parameter;
use crate::plan::KnownTerms;
use crate::rulebook::{Rule, Rulebook, missing_includes};
use care::{ParameterScope, RuleId};
use chrono::TimeDelta;
use std::collections::BTreeSet;
use std::sync::Arc;
use vitals::{Instant, PlausibilityLimits};

/// A version of a rulebook and since when it is in force.
#[derive(Clone, Debug)]
pub struct InForce {
    /// for readings measured from then on; the first version from the beginning of time
    pub from: Instant,
    /// the rulebook
    pub book: Arc<Rulebook>,
}

/// Rulebooks with their versions: everything that says how readings are judged.
#[derive(Clone, Debug, Default)]
pub struct RulebookSet {
    /// in order of entry; of two versions of a book in force, the later entered with a later or equal time wins
    books: Vec<InForce>,
    /// ids of rules, sorted: a rule's slot is its place here
    slots: Vec<RuleId>,
    known_terms: KnownTerms,
    reach: Reach,
    /// what a value can be at all: the range of a parameter that is compared with it
    pub(crate) plausible: PlausibilityLimits,
}

/// What rules look at, as a rule: an evaluation that is to go on keeps as much.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Reach {
    /// how far back
    pub(crate) time: TimeDelta,
    /// how many values of a quantity, however old
    pub(crate) values: usize,
}

impl RulebookSet {
    /// The same rulebooks for a clinic whose admission takes these values; the shipped limits where nothing is said.
    #[must_use]
    pub fn where_admitted(self, plausible: PlausibilityLimits) -> RulebookSet {
        RulebookSet { plausible, ..self }
    }

    /// Loads the first version of each file, in force from the beginning of time.
    ///
    /// # Errors
    /// Every mistake in every file, unknown includes and rule ids that two rulebooks claim among them.
    pub fn load<N: AsRef<str>, T: AsRef<str>>(files: &[(N, T)]) -> Result<RulebookSet, Vec<RuleError>> {
        let mut set = RulebookSet::default();
        let mut errors = Vec::new();
        let mut sources = Vec::new();
        for (name, text) in files {
            match Rulebook::parse(name.as_ref(), text.as_ref()) {
                Ok(book) if sources.iter().any(|(_, _, b): &(&str, &str, Arc<Rulebook>)| b.id == book.id) => {
                    let mut problems = Problems::new(name.as_ref(), text.as_ref());
                    problems.add(
                        0..0,
                        format!("rulebook `{}` is given twice", book.id),
                        "add later versions one by one",
                    );
                    errors.extend(problems.errors);
                }
                Ok(book) => sources.push((name.as_ref(), text.as_ref(), Arc::new(book))),
                Err(mistakes) => errors.extend(mistakes),
            }
        }
        let known: Vec<String> = sources.iter().map(|(.., b)| b.id.clone()).collect();
        for (name, text, book) in sources {
            // While other files have mistakes, an include may only seem to be missing.
            if errors.is_empty() || known.len() == files.len() {
                errors.extend(missing_includes(name, text, &book, &known));
            }
            errors.extend(set.enter(name, text, book, Instant::MIN_UTC));
        }
        if errors.is_empty() { Ok(set) } else { Err(errors) }
    }

    /// The set with one more version, in force for readings measured from `effective_from` on; the first
    /// version of a rulebook is in force from the beginning of time whatever is said.
    ///
    /// # Errors
    /// Every mistake in the file.
    pub fn with_version(&self, name: &str, text: &str, effective_from: Instant) -> Result<RulebookSet, Vec<RuleError>> {
        let book = Rulebook::parse(name, text)?;
        let mut known: Vec<String> = self.books.iter().map(|b| b.book.id.clone()).collect();
        let first = !known.contains(&book.id);
        known.push(book.id.clone());
        let mut errors = missing_includes(name, text, &book, &known);
        let mut set = self.clone();
        errors.extend(set.enter(name, text, Arc::new(book), if first { Instant::MIN_UTC } else { effective_from }));
        if errors.is_empty() { Ok(set) } else { Err(errors) }
    }

    /// The set with `book` brought by `programme`, where it names none itself.
    pub(crate) fn with_programme(mut self, book: &str, programme: &care::ProgrammeId) -> RulebookSet {
        for version in self.books.iter_mut().filter(|v| v.book.id == book && v.book.programme.is_none()) {
            Arc::make_mut(&mut version.book).programme = Some(programme.clone());
        }
        self.known_terms = KnownTerms::default();
        self
    }

    fn enter(&mut self, name: &str, text: &str, book: Arc<Rulebook>, from: Instant) -> Vec<RuleError> {
        let mut problems = Problems::new(name, text);
        for (rule, place) in book.rules.iter().zip(&book.rule_places) {
            let other =
                self.books.iter().find(|b| b.book.id != book.id && b.book.rules.iter().any(|r| r.id == rule.id));
            if let Some(other) = other {
                let message = format!("rule `{}` is defined in rulebook `{}` too", rule.id, other.book.id);
                problems.add(place.clone(), message, "include that rulebook, or give the rule another id");
            }
        }
        self.books.push(InForce { from, book });
        self.known_terms = KnownTerms::default();
        for rule in self.books.iter().flat_map(|b| &b.book.rules) {
            for judged in std::iter::once(&rule.when).chain(&rule.clear).chain(rule.severity.iter().map(|(s, _)| s)) {
                self.reach.time = self.reach.time.max(judged.reach);
                self.reach.values = self.reach.values.max(judged.last);
            }
        }
        let ids: BTreeSet<&RuleId> = self.books.iter().flat_map(|b| b.book.rules.iter().map(|r| &r.id)).collect();
        self.slots = ids.into_iter().cloned().collect();
        problems.errors
    }

    /// Every version, in the order in which they were entered.
    #[must_use]
    pub fn versions(&self) -> &[InForce] {
        &self.books
    }

    /// The version of each rulebook in force at `time`, by id.
    #[must_use]
    pub fn in_force(&self, time: Instant) -> Vec<&Arc<Rulebook>> {
        self.indexes_in_force(time).into_iter().filter_map(|i| self.books.get(i)).map(|b| &b.book).collect()
    }

    /// Places in [`Self::versions`] of what is in force at `time`.
    pub(crate) fn indexes_in_force(&self, time: Instant) -> Vec<usize> {
        let ids: BTreeSet<&str> = self.books.iter().map(|b| b.book.id.as_str()).collect();
        // What was entered later replaces what it reaches, as in `care::Timeline`.
        let version = |id| self.books.iter().rposition(|b| b.book.id == id && b.from <= time);
        ids.into_iter().filter_map(version).collect()
    }

    /// Of the versions in force, those that `first` picks and those that they include, and so on; each once.
    pub(crate) fn bring(&self, in_force: &[usize], first: impl Fn(&Rulebook) -> bool) -> Vec<usize> {
        let book = |index: &usize| self.books.get(*index).map(|v| &v.book);
        let mut found: Vec<usize> = in_force.iter().copied().filter(|i| book(i).is_some_and(|b| first(b))).collect();
        let mut next = 0;
        while let Some(current) = found.get(next).and_then(book) {
            for include in &current.include {
                let included = in_force.iter().copied().find(|i| book(i).is_some_and(|b| b.id == *include));
                found.extend(included.filter(|i| !found.contains(i)));
            }
            next += 1;
        }
        found
    }

    /// The rulebooks that `id` includes as in force at `time`, those that they include among them; not itself.
    #[must_use]
    pub fn included(&self, id: &str, time: Instant) -> Vec<&Arc<Rulebook>> {
        let brought = self.bring(&self.indexes_in_force(time), |book| book.id == id);
        brought.into_iter().skip(1).filter_map(|i| self.books.get(i)).map(|v| &v.book).collect()
    }

    /// Rules with the rulebook version that has them, as in force at `time`.
    pub fn rules(&self, time: Instant) -> impl Iterator<Item = (&Arc<Rulebook>, &Arc<Rule>)> {
        self.in_force(time).into_iter().flat_map(|book| book.rules.iter().map(move |rule| (book, rule)))
    }

    /// Parameters of the rulebooks in force at `time`, what is expected among them.
    #[must_use]
    pub fn parameters(&self, time: Instant) -> Vec<&Parameter> {
        self.in_force(time).into_iter().flat_map(|b| b.settable()).chain(copies::parameters()).collect()
    }

    /// What a rulebook says to people, in another language (BCP 47): of several books that translate the same words the
    /// one entered last. None where none does, or none says it.
    #[must_use]
    pub fn text(&self, language: &str, english: &str) -> Option<&str> {
        self.books.iter().rev().find_map(|b| b.book.text(language, english))
    }

    /// Checks a setting before it is stored: the key must exist in some version and the value must fit.
    ///
    /// # Errors
    /// What is wrong, with the remedy.
    pub fn check_setting(&self, scope: ParameterScope, key: &str, value: Option<&str>) -> Result<(), String> {
        let all = || self.books.iter().rev().flat_map(|b| b.book.settable()).chain(copies::parameters());
        let Some(parameter) = all().find(|p| p.key == key) else {
            let known: BTreeSet<&str> = all().map(|p| p.key.as_str()).collect();
            return Err(format!("unknown parameter `{key}`; {}", crate::error::suggest(key, known)));
        };
        if copies::owns(key) {
            return copies::check(scope, parameter, value);
        }
        let Some(value) = value else { return Ok(()) };
        parameter.accepts(value)?;
        match self.range(key) {
            Some(range) if !range.contains(value) => {
                let (low, high, unit) = (range.low, range.high, range.unit);
                Err(format!("`{key}` cannot be `{value}`; it lies between {low} and {high} {unit}"))
            }
            _ => Ok(()),
        }
    }

    pub(crate) fn reach(&self) -> Reach {
        self.reach
    }

    pub(crate) fn known_terms(&self) -> &KnownTerms {
        &self.known_terms
    }

    pub(crate) fn slots(&self) -> &[RuleId] {
        &self.slots
    }

    pub(crate) fn slot(&self, rule: &RuleId) -> Option<usize> {
        self.slots.binary_search(rule).ok()
    }
}
