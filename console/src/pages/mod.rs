//! The pages: HTML from typed templates, forms that work without script.

mod account;
mod assets;
mod audit;
mod chart;
mod clinic_preview;
mod devices;
mod first_run;
mod form;
mod glass;
mod layout;
mod limits;
mod messages;
mod own;
mod patient;
mod patients;
mod people;
mod pointer;
mod publish;
mod quarantine;
mod reason;
mod rules;
mod sentence;
mod series;
mod sessions;
mod sign_in;
mod sign_in_oidc;
mod silent;
mod source;
mod sources;
mod task;
pub(crate) mod tasks;
mod teams;
mod tokens;

use crate::app::Shared;
use crate::problem::Problem;
use crate::text::{Lang, t};
use axum::Router;
use axum::routing::{get, post};
use maud::{Markup, html};

/// Every page. What each asks of a caller stands in the table of access.
pub(crate) fn router() -> Router<Shared> {
    Router::new()
        .route("/", get(first_run::home))
        .route("/tasks/assign", post(tasks::assign))
        .route("/tasks/quiet", get(tasks::quiet))
        .route("/tasks/{id}", get(task::page))
        .route("/tasks/{id}/{verb}", post(task::command))
        .route("/patients", get(patients::page))
        .route("/new-patient", get(patient::new_page).post(patient::add))
        .route("/patients/{id}", get(patient::page))
        .route("/patients/{id}/readings", get(patient::readings_page))
        .route("/patients/{id}/edit", get(patient::edit_page).post(patient::change))
        .route("/patients/{id}/care", post(patient::save_care))
        .route("/patients/{id}/devices", get(patient::devices_page).post(patient::hand_over))
        .route("/patients/{id}/parameters/{key}", get(patient::parameter_page).post(patient::set_parameter))
        .route("/devices", get(devices::page))
        .route("/devices/assign", post(devices::assign))
        .route("/sources", get(sources::page).post(sources::add))
        .route("/sources/{id}", get(source::page))
        .route("/sources/{id}/{verb}", post(source::change))
        .route("/silent", get(silent::page))
        .route("/first-run", get(first_run::page).post(first_run::device))
        .route("/first-run/patient", post(first_run::patient))
        .route("/patients/{id}/own", post(own::make))
        .route("/patients/{id}/own/{link}/revoke", post(own::revoke))
        .route("/own/{token}", get(own::page).post(own::open))
        .route("/own/{token}/close", post(own::close))
        .route("/quarantine", get(quarantine::page))
        .route("/quarantine/replay", post(quarantine::replay_many))
        .route("/quarantine/{id}", get(quarantine::row))
        .route("/quarantine/{id}/replay", post(quarantine::replay))
        .route("/rules", get(rules::page))
        .route("/rules/parameters", post(rules::set))
        .route("/people", get(people::page).post(people::add))
        .route("/people/{name}", get(people::person))
        .route("/people/{name}/{verb}", post(people::change))
        .route("/messages", get(messages::page).post(messages::set))
        .route("/messages/test", post(messages::test))
        .route("/people/{name}/sessions/{id}", post(people::end_session))
        .route("/teams", get(teams::page).post(teams::put))
        .route("/teams/{id}/remove", post(teams::remove))
        .route("/tokens", get(tokens::page).post(tokens::add))
        .route("/tokens/{id}/disable", post(tokens::disable))
        .route("/account", get(account::page))
        .route("/account/{verb}", post(account::change))
        .route("/account/sessions/{id}", post(account::end_session))
        .route("/account/second-factor", get(account::enrol_page).post(account::enrol))
        .route("/account/second-factor/{verb}", post(account::change_factor))
        .route("/glass", get(glass::page).post(glass::open))
        .route("/glass/opened", get(glass::opened))
        .route("/glass/{name}/{id}", post(glass::close))
        .route("/audit", get(audit::page))
        .route("/sign-in", get(sign_in::page).post(sign_in::sign_in))
        .route("/sign-in/code", get(sign_in::code_page).post(sign_in::code))
        .route("/sign-in/oidc", get(sign_in_oidc::begin))
        .route("/sign-in/oidc/return", get(sign_in_oidc::finish))
        .route("/signed-out", get(sign_in_oidc::signed_out))
        .route("/sign-out", post(sign_in::sign_out))
        .route("/assets/{name}", get(assets::serve))
}

/// A problem as a person reads it.
pub(crate) fn problem_page(lang: Lang, problem: &Problem) -> Markup {
    let title = problem.title_in(lang);
    layout::bare(
        lang,
        &title,
        &html! {
            h1 { (title) }
            p { (layout::ticked(&problem.detail_in(lang))) }
            @if let Some(query) = &problem.glass {
                p { (t!(lang, "accounts-glass-offer")) " " a href={ "/glass?" (query) } { (t!(lang, "accounts-glass-open")) } }
            }
            p { a href="/" { (t!(lang, "common-back-to-tasks")) } }
        },
    )
}
