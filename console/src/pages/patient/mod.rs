//! One patient: how are they?

mod calendar;
mod care_form;
mod charts;
mod devices;
mod edit;
mod head;
mod parameters;
mod preview;
mod programmes;
mod readings;
mod view;

pub(super) use care_form::save as save_care;
pub(super) use devices::{hand_over, page as devices_page};
pub(super) use edit::{add, change, edit_page, new_page};
pub(super) use head::{programme_names, status_word};
pub(super) use parameters::{effective, page as parameter_page, set as set_parameter};
pub(super) use preview::{Outcome, of as foresee, repeated, show as outcome};
pub(super) use readings::page as readings_page;

use super::layout::{self, Place};
use super::own;
use crate::access::Caller;
use crate::app::Shared;
use crate::problem::Problem;
use crate::text::t;
use axum::extract::{Path, Query, State};
use maud::{Markup, html};
pub(super) use view::standing;
use view::{RangeQuery, View};

/// `GET /patients/{id}`.
pub(super) async fn page(
    State(app): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    Query(range): Query<RangeQuery>,
) -> Result<Markup, Problem> {
    let view = View::load(&app, &caller, &id, range.shown()).await?;
    let lang = caller.lang;
    let content = html! {
        (head::head(&caller, &view))
        div #live data-live="patients" data-patient=(view.id()) {
            (head::open_tasks(&caller, &view))
            div.heading {
                h2 { (t!(lang, "patient-readings")) }
                (view.shown.links(&view))
            }
            (charts::charts(&view))
        }
        (readings::newest(&caller, &view))
        div.columns.even {
            div { (calendar::adherence(&view)) (programmes::programmes(&caller, &view)) (devices::devices(&caller, &view)) }
            div { (parameters::parameters(&caller, &view)) (charts::episodes(&view)) (own::card(&caller, view.id(), &view.links, view.words)) }
        }
    };
    Ok(layout::page(&caller, Place::Patients, &view.record.patient.name, &content))
}
