//! The JSON API under `/api/v1`. Each route is registered together with its description.

mod accounts;
mod assignments;
mod audit;
mod body;
pub(crate) mod cover;
mod devices;
pub(crate) mod enrolment;
mod episodes;
mod list;
pub(crate) mod parameters;
pub(crate) mod patient_input;
mod patients;
mod quarantine;
mod readings;
mod sources;
mod tasks;
mod teams;

pub(crate) use accounts::make_token;
pub(crate) use assignments::{assign as assign_device, begin_with_device};
pub(crate) use patients::{change_patient, enter_patient};
pub(crate) use quarantine::replay_row;
pub(crate) use sources::{SecretOut, create_source, rotate_source};

use crate::app::Shared;
use crate::problem::ProblemDocument;
use utoipa::openapi::content::Content;
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Ref, RefOr};
use utoipa::{Modify, OpenApi, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

const JSON: &str = "application/json";
const PROBLEM: &str = "application/problem+json";

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Hearth",
        description = "Remote patient monitoring: patients, readings, episodes, tasks. Errors are RFC 9457 problem \
                       documents; lists are `{\"items\", \"next\"}`, and `next` goes back as `?cursor=`. Not an \
                       emergency service."
    ),
    components(schemas(ProblemDocument)),
    modifiers(&Security)
)]
struct Document;

struct Security;

impl Modify for Security {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let components = openapi.components.get_or_insert_default();
        let bearer = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("An API token, made by an administrator."))
            .build();
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
        let cookie = ApiKeyValue::with_description(
            "__Host-hearth-session",
            "A signed-in browser; changes also carry the form's token as `X-CSRF-Token`. Over plain HTTP the cookie \
             is called `hearth-session`.",
        );
        components.add_security_scheme("session", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
    }
}

/// What the guard in front of every operation answers, and the media type of problems, once for all of them.
struct Refusals;

impl Modify for Refusals {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        for item in openapi.paths.paths.values_mut() {
            let operations =
                [&mut item.get, &mut item.put, &mut item.post, &mut item.delete, &mut item.head, &mut item.patch];
            for operation in operations.into_iter().flatten() {
                if operation.security.as_ref().is_some_and(|asked| !asked.is_empty()) {
                    let responses = &mut operation.responses.responses;
                    for (status, why) in [("401", UNKNOWN), ("403", NOT_ALLOWED)] {
                        responses.entry(status.to_owned()).or_insert_with(|| RefOr::T(problem(why)));
                    }
                }
                operation.responses.responses.values_mut().for_each(name_problem);
            }
        }
    }
}

const UNKNOWN: &str = "no credential, or one that holds no more: send a bearer token, or sign in";
const NOT_ALLOWED: &str = "the caller's role does not allow this, the form's token is missing, or a second factor is to be \
                           made first";

fn problem(why: &str) -> Response {
    let schema = Ref::from_schema_name(ProblemDocument::name());
    ResponseBuilder::new().description(why).content(PROBLEM, Content::new(Some(schema))).build()
}

/// A body that is a problem document is sent as one.
fn name_problem(response: &mut RefOr<Response>) {
    let RefOr::T(response) = response else { return };
    let is_problem = |content: &Content| {
        let place = Ref::from_schema_name(ProblemDocument::name()).ref_location;
        matches!(&content.schema, Some(RefOr::Ref(schema)) if schema.ref_location == place)
    };
    if response.content.get(JSON).is_some_and(is_problem)
        && let Some(content) = response.content.shift_remove(JSON)
    {
        response.content.insert(PROBLEM.to_owned(), content);
    }
}

/// Every operation of the API with its description.
pub(crate) fn router() -> OpenApiRouter<Shared> {
    let mut router = operations();
    // Only here is every operation in the document.
    Refusals.modify(router.get_openapi_mut());
    router
}

fn operations() -> OpenApiRouter<Shared> {
    OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(patients::list, patients::add))
        .routes(routes!(patients::read, patients::change))
        .routes(routes!(readings::list))
        .routes(routes!(episodes::list))
        .routes(routes!(tasks::list))
        .routes(routes!(tasks::read))
        .routes(routes!(tasks::command))
        .routes(routes!(parameters::read, parameters::set))
        .routes(routes!(quarantine::ledger))
        .routes(routes!(quarantine::list))
        .routes(routes!(quarantine::read))
        .routes(routes!(quarantine::replay))
        .routes(routes!(sources::list, sources::add))
        .routes(routes!(sources::rotate))
        .routes(routes!(sources::disable))
        .routes(routes!(sources::enable))
        .routes(routes!(devices::list))
        .routes(routes!(assignments::list, assignments::add))
        .routes(routes!(accounts::users, accounts::add_user))
        .routes(routes!(accounts::change_user))
        .routes(routes!(accounts::tokens, accounts::add_token))
        .routes(routes!(accounts::disable_token))
        .routes(routes!(cover::read, cover::set))
        .routes(routes!(cover::messages))
        .routes(routes!(teams::list, teams::put))
        .routes(routes!(teams::remove))
        .routes(routes!(teams::opened))
        .routes(routes!(teams::sessions))
        .routes(routes!(teams::end_session))
        .routes(routes!(audit::list))
        .routes(routes!(openapi))
}

/// This document.
#[utoipa::path(get, path = "/api/openapi.json", tag = "about", responses((status = 200, description = "OpenAPI 3.1")))]
async fn openapi() -> axum::Json<utoipa::openapi::OpenApi> {
    axum::Json(crate::openapi())
}
