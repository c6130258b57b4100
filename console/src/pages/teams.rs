//! Teams: for administrators.

use super::form::{Fields, csrf};
use super::layout::{self, Place, alert};
use super::people::{Part, parts};
use super::tasks::{names::Names, times};
use crate::access::Caller;
use crate::app::{App, Shared};
use crate::problem::Problem;
use crate::text::t;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use care::{Actor, Scope, Team, TeamId};
use maud::{Markup, html};
use store::{BoardFilter, BoardQuery};

/// `GET /teams`.
pub(super) async fn page(State(app): State<Shared>, caller: Caller) -> Result<Markup, Problem> {
    show(&app, &caller, None).await
}

/// `POST /teams`: a new one, or another name.
pub(super) async fn put(State(app): State<Shared>, caller: Caller, fields: Fields) -> Result<Response, Problem> {
    let lang = caller.lang;
    let team = async {
        let name = fields.get("name").ok_or_else(|| Problem::field("/name", t!(lang, "accounts-team-needs-name")))?;
        let id = fields.get("id").map_or_else(|| id_of(name), str::to_owned);
        let id = TeamId::new(&id).map_err(|_| Problem::field("/id", t!(lang, "accounts-team-bad-id")))?;
        app.store.put_team(Team { id, name: name.to_owned() }).await.map_err(Problem::from)
    };
    answer(&app, &caller, team.await).await
}

/// `POST /teams/{id}/remove`.
pub(super) async fn remove(
    State(app): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let done = async {
        let id = TeamId::new(&id).map_err(|_| Problem::not_found("such team"))?;
        app.store.remove_team(&id).await.map_err(|error| match error {
            store::StoreError::Conflict(_) => Problem::conflict(t!(caller.lang, "accounts-team-in-use")),
            other => other.into(),
        })
    };
    answer(&app, &caller, done.await).await
}

/// An id from a name: letters and digits, the rest as hyphens.
fn id_of(name: &str) -> String {
    let plain = name.to_lowercase().replace('ä', "ae").replace('ö', "oe").replace('ü', "ue").replace('ß', "ss");
    let words = plain.split(|c: char| !c.is_ascii_alphanumeric()).filter(|w| !w.is_empty());
    words.collect::<Vec<_>>().join("-").chars().take(64).collect()
}

async fn answer(app: &App, caller: &Caller, done: Result<(), Problem>) -> Result<Response, Problem> {
    match done {
        Ok(()) => Ok(Redirect::to("/teams").into_response()),
        Err(problem) if problem.status.is_client_error() => {
            Ok((problem.status, show(app, caller, Some(&problem.detail_in(caller.lang))).await?).into_response())
        }
        Err(problem) => Err(problem),
    }
}

async fn show(app: &App, caller: &Caller, wrong: Option<&str>) -> Result<Markup, Problem> {
    let (teams, users, lang) = (app.store.teams().await?, app.store.users().await?, caller.lang);
    let members = |team: &Team| {
        let names = users.iter().filter(|u| u.teams.contains(&team.id)).map(|u| u.display_name.as_str());
        names.collect::<Vec<_>>().join(", ")
    };
    let content = html! {
        div.heading { h1 { (t!(lang, "accounts-teams")) } (parts(lang, Part::Teams)) }
        @if let Some(wrong) = wrong { (alert(wrong)) }
        p.quiet { (t!(lang, "accounts-teams-explained")) }
        @if !teams.is_empty() {
            div.scroll tabindex="0" role="region" aria-label=(t!(lang, "accounts-teams")) { table {
                thead { tr { th { (t!(lang, "accounts-team")) } th { (t!(lang, "accounts-members")) } th { span.hide { (t!(lang, "accounts-change")) } } } }
                tbody { @for team in &teams { tr {
                    th scope="row" { (team.name) " " small.quiet { (team.id) } }
                    td { @let members = members(team); @if members.is_empty() { strong { (t!(lang, "accounts-team-empty")) } } @else { (members) } }
                    td.forms {
                        form method="post" action="/teams" { (csrf(caller)) input type="hidden" name="id" value=(team.id);
                            input type="text" name="name" value=(team.name) required maxlength="100" aria-label=(t!(lang, "accounts-team-name-of", team = team.name.as_str()));
                            button.plain type="submit" { (t!(lang, "accounts-rename")) } }
                        form method="post" action={ "/teams/" (team.id) "/remove" } { (csrf(caller)) button.plain type="submit" { (t!(lang, "accounts-remove")) } }
                    }
                } } }
            } }
        }
        section.card.narrow {
            h2 { (t!(lang, "accounts-add-team")) }
            form.stack method="post" action="/teams" { (csrf(caller))
                label { (t!(lang, "accounts-team-name")) input type="text" name="name" required maxlength="100" autocomplete="off"; }
                button type="submit" { (t!(lang, "accounts-add-do")) } }
        }
    };
    Ok(layout::page(caller, Place::People, &t!(lang, "accounts-teams"), &content))
}

/// Teams in which nobody who is there works on tasks, with how many of their patients' tasks are open: these stand on
/// nobody's list.
pub(super) async fn unattended(app: &App, teams: &[Team], names: &Names) -> Result<Vec<(Team, usize)>, Problem> {
    let works = |team: &&Team| names.workers().iter().any(|u| u.teams.contains(&team.id));
    let mut found = Vec::new();
    for team in teams.iter().filter(|team| !works(team)) {
        let question = BoardQuery {
            scope: Scope::All,
            filter: BoardFilter { team: Some(team.id.clone()), ..BoardFilter::default() },
            reader: Actor::hearth(),
            times: times(app),
            budget: 0,
            asked: Default::default(),
        };
        let open = app.store.board(question).await?.parts.iter().map(|part| part.total).sum();
        if open > 0 {
            found.push((team.clone(), open));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::id_of;

    #[test]
    fn a_name_makes_an_id() {
        assert_eq!(id_of("Herz & Gefäße, Nord"), "herz-gefaesse-nord");
        assert_eq!(id_of("…"), "");
    }
}
