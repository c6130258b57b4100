//! The list: who needs a call now?

mod assign;
mod filter;
pub(crate) mod names;
mod quiet;
pub(crate) mod row;
mod trend;

pub(super) use assign::assign;
pub(crate) use filter::ListQuery;
pub(super) use quiet::page as quiet;

use super::form::csrf;
use super::layout::{self, Place, alert};
use crate::access::Caller;
use crate::app::{App, Shared};
use crate::problem::Problem;
use crate::text::{Books, Lang, Words, t};
use axum::extract::{Query, State};
use care::{Actor, Permission, ProgrammeId, Scope, Severity, Team};
use chrono::{Days, NaiveTime, TimeDelta, TimeZone};
use filter::{Part, group_name, said};
use maud::{Markup, html};
use names::Names;
use row::{Reader, row};
use store::{BoardCounts, BoardFilter, BoardPart, BoardQuery, BoardTimes, BoardView};

/// Rows of a first view: with this many it stays below 100 kB.
const FIRST_ROWS: usize = 45;
/// Rows that "show more" adds.
const MORE_ROWS: usize = 40;

/// `GET /`.
pub(super) async fn page(
    State(app): State<Shared>,
    caller: Caller,
    Query(query): Query<ListQuery>,
) -> Result<Markup, Problem> {
    show(&app, &caller, &query, None).await
}

/// Reads the list once as everybody sees it: the store keeps what it read, and the first who opens the list after a start
/// does not wait until every open task has been read.
pub(crate) async fn read_ahead(app: Shared) {
    let question = BoardQuery {
        scope: Scope::All,
        filter: BoardFilter::default(),
        reader: Actor::hearth(),
        times: times(&app),
        budget: FIRST_ROWS,
        asked: Default::default(),
    };
    if let Err(error) = app.store.board(question).await {
        tracing::warn!(%error, "the list could not be read ahead; whoever opens it first waits longer");
    }
}

/// What the list is made of.
struct View<'a> {
    caller: &'a Caller,
    query: &'a ListQuery,
    board: BoardView,
    names: Names,
    teams: Vec<Team>,
    programmes: Vec<ProgrammeId>,
    words: Words,
    times: BoardTimes,
    /// of the changes that the list has in it
    version: u64,
    /// why a task that came now might reach nobody
    warnings: Markup,
}

/// The list, with what went wrong above it.
async fn show(app: &App, caller: &Caller, query: &ListQuery, wrong: Option<&str>) -> Result<Markup, Problem> {
    // Before the list is read: a change in between is shown twice rather than not at all.
    let version = app.live.version();
    let times = times(app);
    let question = BoardQuery {
        scope: caller.scope().clone(),
        filter: query.filter(caller)?,
        reader: caller.actor.clone(),
        times,
        budget: FIRST_ROWS,
        asked: query.asked(),
    };
    let words = caller.words(app);
    let (names, teams) = (Names::load(app).await?, app.store.teams().await?);
    let warnings = super::messages::banner(app, caller, &teams, &names).await?;
    let view = View {
        caller,
        query,
        board: Books::of(app, words).board(app.store.board(question).await?),
        names,
        teams,
        programmes: app.rulebooks.programmes(times.now),
        words,
        times,
        version,
        warnings,
    };
    Ok(layout::page(caller, Place::Tasks, &t!(caller.lang, "common-tasks"), &content(&view, wrong)))
}

/// "you", a sign-in name, or that nobody has it.
pub(super) fn owner_name(caller: &Caller, owner: Option<&Actor>) -> Markup {
    let owns = owner == Some(&caller.actor);
    row::owner_name(owner, Reader { lang: caller.lang, works: false, owns }, &Names::default())
}

/// At night the day does not end at midnight for whoever is on duty: a shift is looked ahead at least.
const SHIFT: TimeDelta = TimeDelta::hours(8);

/// Now, and the end of the clinic's day.
pub(crate) fn times(app: &App) -> BoardTimes {
    let (now, zone) = (app.clock.now(), app.config.timezone);
    let today = zone.from_utc_datetime(&now.naive_utc()).date_naive();
    let midnight = today.checked_add_days(Days::new(1)).map(|d| d.and_time(NaiveTime::MIN));
    let ends = midnight.and_then(|m| zone.from_local_datetime(&m).earliest()).map(|t| t.to_utc());
    BoardTimes { now, day_ends: ends.unwrap_or(now).max(now + SHIFT) }
}

fn content(view: &View<'_>, wrong: Option<&str>) -> Markup {
    let (lang, works) = (view.caller.lang, view.caller.may(Permission::WorkTasks));
    html! {
        div.heading {
            h1 { @if view.query.is_operations() { (t!(lang, "tasks-operators-title")) } @else { (t!(lang, "tasks-title")) } }
            (in_sight(view))
        }
        (view.warnings)
        (filters(view))
        // What an action of the script met is said here.
        div #said aria-live="assertive" { @if let Some(wrong) = wrong { (alert(wrong)) } }
        // The script fills this when something new came while the reader points at the list.
        p #news.news hidden aria-live="polite" { button type="button" {} }
        @if works {
            form #take method="post" { (csrf(view.caller)) input type="hidden" name="back" value=(view.query.url()); }
        }
        div #live data-live="tasks" data-stream=(view.query.stream()) data-version=(view.version)
            data-one=(t!(lang, "tasks-show-one")) data-many=(t!(lang, "tasks-show-many")) data-tidy=(t!(lang, "tasks-tidy"))
            data-waiting=(t!(lang, "tasks-push")) {
            @if view.board.parts.iter().all(|p| p.total == 0) { (empty(view)) }
            @for part in &view.board.parts { (group(view, part)) }
        }
        (when_hidden(lang))
        @if works { (assign_form(view)) }
    }
}

/// Muted, silent and unattended: always in sight, each the way to its list.
fn in_sight(view: &View<'_>) -> Markup {
    let (lang, BoardCounts { held, silent, quiet, .. }) = (view.caller.lang, view.board.counts);
    html! {
        p.insight data-part="insight" {
            a href=(ListQuery::default().toggled(Part::Status, "on-hold").url()) { (t!(lang, "tasks-count-muted", n = held)) }
            " · " a href="/silent" { (t!(lang, "tasks-count-silent", n = silent)) }
            " · " a href="/tasks/quiet" { (t!(lang, "tasks-count-quiet", n = quiet)) }
        }
    }
}

fn filters(view: &View<'_>) -> Markup {
    let (lang, query, counts) = (view.caller.lang, view.query, view.board.counts);
    let toggle = |part: Part, value: &str, name: String, count: Option<usize>| {
        let is_set = query.get(part) == Some(value);
        html! {
            a href=(query.toggled(part, value).url()) aria-current=[is_set.then_some("true")] {
                (name) @if let Some(count) = count { " " span.count { (count) } }
            }
        }
    };
    html! {
        div.narrowing {
            nav.filters data-part="filters" aria-label=(t!(lang, "tasks-which")) {
                a href="/" aria-current=[(!query.is_narrowed()).then_some("true")] {
                    (t!(lang, "tasks-all")) " " span.count { (counts.open) }
                }
                (toggle(Part::Owner, "me", t!(lang, "tasks-mine"), Some(counts.mine)))
                (toggle(Part::Owner, "nobody", t!(lang, "tasks-nobodys"), Some(counts.nobody)))
                (toggle(Part::Due, "overdue", t!(lang, "tasks-overdue"), Some(counts.overdue)))
                (toggle(Part::Status, "on-hold", t!(lang, "tasks-muted"), Some(counts.held)))
                @if counts.operations > 0 || query.is_operations() {
                    (toggle(Part::Queue, "operations", t!(lang, "tasks-operators"), Some(counts.operations)))
                }
            }
            (search(view))
        }
        details.more { summary { (t!(lang, "tasks-narrow")) }
            nav.filters aria-label=(t!(lang, "tasks-by-severity")) {
                @for severity in Severity::ALL {
                    (toggle(Part::Severity, severity.as_str(), view.words.severity_word(severity), None))
                }
            }
            nav.filters aria-label=(t!(lang, "tasks-by-programme")) {
                @for id in &view.programmes { (toggle(Part::Programme, id.as_str(), view.words.programme(id.as_str()), None)) }
            }
            @if !view.teams.is_empty() {
                nav.filters aria-label=(t!(lang, "tasks-by-team")) {
                    @for team in &view.teams { (toggle(Part::Team, team.id.as_str(), team.name.clone(), None)) }
                }
            }
        }
        @if query.is_narrowed() { (sentence(view)) }
    }
}

fn search(view: &View<'_>) -> Markup {
    let lang = view.caller.lang;
    html! {
        form.search role="search" action="/" {
            @for (name, value) in view.query.fields().filter(|(name, _)| *name != "q") {
                input type="hidden" name=(name) value=(value);
            }
            input #search type="search" name="q" data-key="/" value=[view.query.get(Part::Search)]
                aria-label=(t!(lang, "tasks-search")) placeholder=(t!(lang, "tasks-search"));
            button type="submit" { (t!(lang, "tasks-find")) }
        }
    }
}

/// "Only: mine × · heart failure ×".
fn sentence(view: &View<'_>) -> Markup {
    let lang = view.caller.lang;
    html! {
        p.chosen {
            (t!(lang, "tasks-only")) " "
            @for (part, value) in view.query.parts() {
                @let text = said(view.words, &view.names, &view.teams, (part, value));
                a.chip href=(view.query.with(part, None).url()) aria-label=(t!(lang, "tasks-without", what = text.as_str())) {
                    (text) " " span aria-hidden="true" { "×" }
                }
                " "
            }
            @let found: usize = view.board.parts.iter().map(|p| p.total).sum();
            span.quiet { (t!(lang, "tasks-found", n = found)) }
        }
    }
}

fn group(view: &View<'_>, part: &BoardPart) -> Markup {
    let (lang, id) = (view.caller.lang, part.group.as_str());
    let more = part.total.saturating_sub(part.rows.len());
    html! {
        section.group data-of=(id) hidden[part.total == 0] aria-labelledby={ "h-" (id) } {
            h2 id={ "h-" (id) } { (group_name(lang, part.group)) " " span.count { (part.total) } }
            ol.tasks data-more[more > 0] {
                @for one in &part.rows {
                    @let owns = one.task.owner.as_ref() == Some(&view.caller.actor);
                    @let reader = Reader { lang, works: view.caller.may(Permission::WorkTasks), owns };
                    (row(one, reader, view.words, &view.names, view.times))
                }
            }
            @if more > 0 {
                p.quiet {
                    @let next = view.query.with_more(part.group, part.rows.len().saturating_add(MORE_ROWS)).url();
                    a href={ (next) "#h-" (id) } { (t!(lang, "tasks-more", n = more)) }
                }
            }
        }
    }
}

/// Several at once to one person; the rows' check boxes belong to this form.
fn assign_form(view: &View<'_>) -> Markup {
    let lang = view.caller.lang;
    html! {
        form #assign.assign method="post" action="/tasks/assign" {
            (csrf(view.caller))
            input type="hidden" name="back" value=(view.query.url());
            label { (t!(lang, "tasks-assign-to")) " "
                select name="owner" required {
                    @for user in view.names.workers() {
                        option value=(user.name) selected[user.name == view.caller.actor.0] { (user.display_name) }
                    }
                }
            }
            button.primary type="submit" { (t!(lang, "tasks-assign")) " " span.chosen-count {} }
        }
    }
}

/// Whether the browser may say that a task came while the page is not looked at; the script shows it where that works.
fn when_hidden(lang: Lang) -> Markup {
    html! {
        p #push.quiet hidden {
            button.plain type="button" data-on=(t!(lang, "tasks-push-on")) data-off=(t!(lang, "tasks-push-off")) {}
        }
    }
}

fn empty(view: &View<'_>) -> Markup {
    let lang = view.caller.lang;
    html! {
        div.empty {
            @match (view.query.get(Part::Owner), view.query.is_narrowed()) {
                (Some("me"), _) => {
                    p { (t!(lang, "tasks-none-mine")) " "
                        a href=(view.query.with(Part::Owner, Some("nobody".to_owned())).url()) { (t!(lang, "tasks-see-nobodys")) } }
                },
                (Some("nobody"), _) => { p { (t!(lang, "tasks-none-free")) } },
                (_, true) => { p { (t!(lang, "tasks-none-such")) " " a href="/" { (t!(lang, "tasks-show-all")) } } },
                (_, false) => {
                    p { strong { (t!(lang, "tasks-none")) } }
                    p.quiet { (t!(lang, "tasks-none-detail"; link = html! { a href="/patients" { (t!(lang, "tasks-none-link")) } })) }
                },
            }
        }
    }
}
