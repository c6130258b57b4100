//! What a clinic's value would change, before it is set: asked of people whom it concerns, as many as can be waited for.

use super::form::{Fields, csrf};
use super::layout::{self, Place};
use super::patient::{Outcome, foresee, outcome, repeated, standing};
use super::rules::{anchor, book_of};
use super::sentence::readable;
use crate::access::Caller;
use crate::api::parameters::in_force;
use crate::app::App;
use crate::problem::Problem;
use crate::text::{Books, t};
use care::{EventBody, Foreseen, ParameterScope, PatientId, Proposal};
use maud::{Markup, html};
use store::{PageRequest, PatientRecord};

/// Of so many people at most it is asked what would become of them: each is evaluated anew, some thirty milliseconds of
/// somebody with a long history.
const ASKED: usize = 40;
/// So many people at most are gone through to find them.
const GONE_THROUGH: u32 = 2_000;
/// People of a page of the store's list.
const PAGE: u32 = 500;

/// Whom a value would concern.
#[derive(Default)]
struct Concerned {
    people: Vec<PatientRecord>,
    /// they have a value of their own and keep it
    own: usize,
    /// there may be more
    more: bool,
}

impl Concerned {
    /// Those whom the caller sees, in whose programmes the parameter's rulebook stands.
    async fn by(app: &App, caller: &Caller, key: &str) -> Result<Self, Problem> {
        let now = app.clock.now();
        let books = Books::of(app, caller.words(app)).in_force();
        let mut found = Self::default();
        let mut request = PageRequest { after: None, limit: PAGE };
        for _ in 0..GONE_THROUGH / PAGE {
            let page = app.store.patients(caller.scope(), None, request).await?;
            for record in page.items {
                let stands = standing(&record, &books, now).iter().any(|b| b.id == book_of(key));
                if stands && in_force(&record.parameters, now).contains_key(key) {
                    found.own = found.own.saturating_add(1);
                } else if stands {
                    found.people.push(record);
                }
            }
            match page.next {
                Some(next) => request = PageRequest { after: Some(next), limit: PAGE },
                None => return Ok(found),
            }
        }
        found.more = true;
        Ok(found)
    }
}

/// The page between the form and the change.
pub(super) async fn page(
    app: &App,
    caller: &Caller,
    (key, value): (&str, Option<&str>),
    fields: &Fields,
) -> Result<Markup, Problem> {
    let (words, lang) = (caller.words(app), caller.lang);
    let concerned = Concerned::by(app, caller, key).await?;
    let body = EventBody::ParametersSet {
        scope: ParameterScope::Clinic,
        values: vec![(key.to_owned(), value.map(str::to_owned))],
        effective_from: words.now,
        reason: String::new(),
    };
    let mut foreseen: Vec<Foreseen> = Vec::new();
    let mut names: Vec<(PatientId, String)> = Vec::new();
    for record in concerned.people.iter().take(ASKED) {
        let id = record.patient.id.clone();
        caller.meets(&id);
        let one = foresee(app, words, &Proposal::Said { patient: id.clone(), body: body.clone() }).await?;
        foreseen.extend(one.into_iter().filter(|one| !one.is_nothing()));
        names.push((id, record.patient.name.clone()));
    }
    let description = Books::of(app, words).parameters().into_iter().find(|p| p.key == key).map(|p| p.description);
    let shown = value.map_or_else(|| t!(lang, "rules-back"), |v| readable(v, lang));
    let back = format!("/rules?book={}#{}", book_of(key), anchor(key));
    let content = html! {
        p.crumb { a href=(back) { (t!(lang, "common-rules")) } }
        h1 { (t!(lang, "patient-preview")) }
        p.lead { strong { (shown) } ": " (description.unwrap_or_else(|| key.to_owned())) }
        section.card.preview {
            (summary(caller, &concerned, names.len(), foreseen.len()))
            (outcome(&Outcome { what: None, foreseen: &foreseen, names: &names }, words))
            form method="post" action="/rules/parameters" {
                (csrf(caller))
                (repeated(fields, &["key", "value", "unit", "reason", "back"]))
                button.primary type="submit" name="step" value="save" { (t!(lang, "rules-do-change")) }
                " " a href=(back) { (t!(lang, "patient-leave-it")) }
            }
        }
    };
    Ok(layout::page(caller, Place::Rules, &t!(lang, "patient-preview"), &content))
}

/// "Of 24 people whom it concerns, something would be different for 3."
fn summary(caller: &Caller, concerned: &Concerned, asked: usize, changed: usize) -> Markup {
    let (lang, all) = (caller.lang, concerned.people.len());
    html! {
        @if all == 0 { p { (t!(lang, "rules-concerns-nobody")) } }
        @else { p { (t!(lang, "rules-concerns", n = all, changed = changed)) } }
        @if asked < all || concerned.more { p.quiet { (t!(lang, "rules-concerns-first", n = asked)) } }
        @if concerned.own > 0 { p.quiet { (t!(lang, "rules-concerns-own", n = concerned.own)) } }
        p.quiet { (t!(lang, "rules-change-means")) }
    }
}
