//! Every route and what it asks of a caller: the one place where roles are enforced.
//!
//! The guard looks a request up here by method and route template. A route that is missing is refused to
//! everybody, and a test walks the OpenAPI document and the pages so that none is.

use axum::http::Method;
use care::Permission::{self, Administer, AssignDevices, EditCare, EditContacts, Read, WorkTasks};

/// What a route asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// nothing: sign-in page, health, OpenAPI document, style sheet
    Public,
    /// somebody who may do this
    Needs(Permission),
}

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    pub(crate) access: Access,
    /// the action in the audit trail; none where no patient's data and no change is involved
    pub(crate) audit: Option<&'static str>,
    /// keeps a session from going idle
    pub(crate) wakes: bool,
}

const fn public(method: &'static str, path: &'static str) -> Row {
    Row { method, path, access: Access::Public, audit: None, wakes: false }
}

const fn get(path: &'static str, permission: Permission, audit: Option<&'static str>) -> Row {
    Row { method: "GET", path, access: Access::Needs(permission), audit, wakes: true }
}

const fn change(method: &'static str, path: &'static str, permission: Permission, audit: &'static str) -> Row {
    Row { method, path, access: Access::Needs(permission), audit: Some(audit), wakes: true }
}

const POST: &str = "POST";

/// The table.
pub(crate) const TABLE: &[Row] = &[
    // the API
    get("/api/v1/patients", Read, Some("list-patients")),
    change(POST, "/api/v1/patients", EditCare, "add-patient"),
    get("/api/v1/patients/{id}", Read, Some("read-patient")),
    // What a coordinator may change of a patient is decided field by field: contacts and devices.
    change("PATCH", "/api/v1/patients/{id}", EditContacts, "change-patient"),
    get("/api/v1/patients/{id}/readings", Read, Some("read-patient")),
    get("/api/v1/patients/{id}/episodes", Read, Some("read-patient")),
    get("/api/v1/tasks", Read, Some("list-tasks")),
    get("/api/v1/tasks/{id}", Read, Some("read-task")),
    change(POST, "/api/v1/tasks/{id}/{verb}", WorkTasks, "work-task"),
    get("/api/v1/parameters", Read, None),
    change("PUT", "/api/v1/parameters", Administer, "set-clinic-parameters"),
    get("/api/v1/ledger", Read, None),
    get("/api/v1/quarantine", Read, None),
    get("/api/v1/quarantine/{id}", Administer, Some("read-quarantined-bytes")),
    change(POST, "/api/v1/quarantine/{id}/replay", Administer, "replay-quarantine"),
    get("/api/v1/sources", Read, None),
    change(POST, "/api/v1/sources", Administer, "add-source"),
    change(POST, "/api/v1/sources/{id}/rotate", Administer, "rotate-source"),
    change(POST, "/api/v1/sources/{id}/disable", Administer, "disable-source"),
    change(POST, "/api/v1/sources/{id}/enable", Administer, "enable-source"),
    get("/api/v1/devices", Read, None),
    get("/api/v1/assignments", Read, Some("list-assignments")),
    change(POST, "/api/v1/assignments", AssignDevices, "assign-device"),
    get("/api/v1/users", Administer, None),
    change(POST, "/api/v1/users", Administer, "add-user"),
    change("PATCH", "/api/v1/users/{name}", Administer, "change-user"),
    get("/api/v1/tokens", Administer, None),
    change(POST, "/api/v1/tokens", Administer, "add-token"),
    change(POST, "/api/v1/tokens/{id}/disable", Administer, "disable-token"),
    get("/api/v1/cover", Administer, None),
    change("PUT", "/api/v1/cover", Administer, "set-cover"),
    get("/api/v1/messages", Administer, None),
    get("/api/v1/teams", Read, None),
    change(POST, "/api/v1/teams", Administer, "change-teams"),
    change("DELETE", "/api/v1/teams/{id}", Administer, "change-teams"),
    get("/api/v1/opened-patients", Administer, Some("read-opened-patients")),
    get("/api/v1/sessions", Administer, None),
    change("DELETE", "/api/v1/sessions/{id}", Administer, "end-session"),
    get("/api/v1/audit", Administer, Some("read-audit")),
    public("GET", "/api/openapi.json"),
    // the pages
    public("GET", "/sign-in"),
    public(POST, "/sign-in"),
    public("GET", "/sign-in/code"),
    public(POST, "/sign-in/code"),
    public("GET", "/sign-in/oidc"),
    public("GET", "/sign-in/oidc/return"),
    public("GET", "/signed-out"),
    change(POST, "/sign-out", Read, "sign-out"),
    get("/", Read, Some("list-tasks")),
    change(POST, "/tasks/assign", WorkTasks, "work-task"),
    get("/tasks/quiet", Read, Some("list-tasks")),
    get("/tasks/{id}", Read, Some("read-task")),
    change(POST, "/tasks/{id}/{verb}", WorkTasks, "work-task"),
    get("/patients", Read, Some("list-patients")),
    get("/new-patient", EditCare, None),
    change(POST, "/new-patient", EditCare, "add-patient"),
    get("/patients/{id}", Read, Some("read-patient")),
    get("/patients/{id}/readings", Read, Some("read-patient")),
    get("/patients/{id}/edit", EditContacts, Some("read-patient")),
    change(POST, "/patients/{id}/edit", EditContacts, "change-patient"),
    change(POST, "/patients/{id}/care", EditCare, "change-patient"),
    get("/patients/{id}/devices", AssignDevices, Some("read-patient")),
    change(POST, "/patients/{id}/devices", AssignDevices, "assign-device"),
    get("/patients/{id}/parameters/{key}", EditCare, Some("read-patient")),
    change(POST, "/patients/{id}/parameters/{key}", EditCare, "set-parameters"),
    // The patient's own page asks for a link and a code, and writes its own trail.
    public("GET", "/own/{token}"),
    public(POST, "/own/{token}"),
    public(POST, "/own/{token}/close"),
    change(POST, "/patients/{id}/own", EditContacts, "make-own-link"),
    change(POST, "/patients/{id}/own/{link}/revoke", EditContacts, "revoke-own-link"),
    get("/silent", Read, Some("list-patients")),
    get("/first-run", EditCare, Some("list-patients")),
    change(POST, "/first-run/patient", EditCare, "add-patient"),
    change(POST, "/first-run", Administer, "add-source"),
    get("/sources", Read, None),
    get("/sources/{id}", Read, None),
    change(POST, "/sources", Administer, "add-source"),
    change(POST, "/sources/{id}/{verb}", Administer, "change-source"),
    get("/devices", Read, Some("list-assignments")),
    change(POST, "/devices/assign", AssignDevices, "assign-device"),
    get("/quarantine", Read, None),
    change(POST, "/quarantine/replay", Administer, "replay-quarantine"),
    get("/quarantine/{id}", Administer, Some("read-quarantined-bytes")),
    change(POST, "/quarantine/{id}/replay", Administer, "replay-quarantine"),
    get("/rules", Read, None),
    change(POST, "/rules/parameters", Administer, "set-clinic-parameters"),
    get("/messages", Administer, None),
    change(POST, "/messages", Administer, "set-cover"),
    change(POST, "/messages/test", Administer, "send-test-message"),
    get("/account", Read, None),
    change(POST, "/account/{verb}", Read, "change-own-account"),
    change(POST, "/account/sessions/{id}", Read, "end-session"),
    get("/account/second-factor", Read, None),
    change(POST, "/account/second-factor", Read, "change-own-account"),
    change(POST, "/account/second-factor/{verb}", Read, "change-own-account"),
    get("/glass", Read, None),
    change(POST, "/glass", Read, "break-glass"),
    get("/glass/opened", Administer, Some("read-opened-patients")),
    change(POST, "/glass/{name}/{id}", Administer, "close-glass"),
    get("/people", Administer, None),
    get("/people/{name}", Administer, None),
    change(POST, "/people/{name}/sessions/{id}", Administer, "end-session"),
    get("/teams", Administer, None),
    change(POST, "/teams", Administer, "change-teams"),
    change(POST, "/teams/{id}/remove", Administer, "change-teams"),
    get("/tokens", Administer, None),
    change(POST, "/tokens", Administer, "add-token"),
    change(POST, "/tokens/{id}/disable", Administer, "disable-token"),
    change(POST, "/people", Administer, "add-user"),
    change(POST, "/people/{name}/{verb}", Administer, "change-user"),
    get("/audit", Administer, Some("read-audit")),
    // An open page is not a person at work: the stream does not keep a session from going idle.
    Row { method: "GET", path: "/events", access: Access::Needs(Read), audit: None, wakes: false },
    public("GET", "/assets/{name}"),
    public("GET", "/healthz"),
    public("GET", "/readyz"),
    public("GET", "/metrics"),
];

/// What the table says of a request.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Found {
    /// the row
    Row(&'static Row),
    /// the path is known, the method is not: axum answers 405
    OtherMethod,
    /// not in the table: refused
    Missing,
}

/// Looks a route up; `HEAD` is `GET`.
pub(crate) fn find(method: &Method, template: &str) -> Found {
    let method = if method == Method::HEAD { "GET" } else { method.as_str() };
    let mut of_path = TABLE.iter().filter(|row| row.path == template).peekable();
    if of_path.peek().is_none() {
        return Found::Missing;
    }
    of_path.find(|row| row.method == method).map_or(Found::OtherMethod, Found::Row)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_described_operation_is_in_the_table_and_says_the_same_about_being_public() {
        let document = crate::openapi();
        let mut described = BTreeSet::new();
        for (path, item) in &document.paths.paths {
            let operations = [
                ("GET", &item.get),
                ("POST", &item.post),
                ("PUT", &item.put),
                ("PATCH", &item.patch),
                ("DELETE", &item.delete),
            ];
            for (method, operation) in operations {
                let Some(operation) = operation else { continue };
                described.insert((method, path.clone()));
                let Found::Row(row) = find(&method.parse().unwrap(), path) else {
                    panic!("{method} {path} is served but not in the table");
                };
                let is_public = operation.security.as_ref().is_none_or(Vec::is_empty);
                assert_eq!(is_public, row.access == Access::Public, "{method} {path}");
            }
        }
        let undescribed: Vec<_> = TABLE
            .iter()
            .filter(|row| row.path.starts_with("/api/v1") && !described.contains(&(row.method, row.path.to_owned())))
            .collect();
        assert!(undescribed.is_empty(), "in the table but not served: {undescribed:?}");
    }

    #[test]
    fn no_row_twice() {
        let keys: BTreeSet<_> = TABLE.iter().map(|row| (row.method, row.path)).collect();
        assert_eq!(keys.len(), TABLE.len());
    }
}
