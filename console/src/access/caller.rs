//! Who a request comes from.

use crate::app::App;
use crate::problem::Problem;
use crate::text::{Lang, Words, t};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use care::{Actor, PatientId, Permission, Queue, Role, Scope, Task, TaskId, TeamId};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use store::{PatientRecord, WebSession};
use subtle::ConstantTimeEq;

use super::secret::digest_of;
use super::session;

/// Somebody who proved who they are. The guard puts it into the request; handlers take it as an argument.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) actor: Actor,
    pub(crate) role: Role,
    /// as shown at the top of a page
    pub(crate) display_name: String,
    pub(crate) credential: Credential,
    /// in which language pages are written for them
    pub(crate) lang: Lang,
    /// they must make a second factor before anything else
    pub(super) must_enrol: bool,
    scope: Arc<Scope>,
    /// patients whom this request has come to, for the audit trail
    met: Arc<Mutex<BTreeSet<PatientId>>>,
}

/// What they proved it with.
#[derive(Clone, Debug)]
pub(crate) enum Credential {
    /// a bearer token: no browser, no CSRF
    Bearer,
    /// a signed-in browser
    Session(Box<WebSession>),
}

impl Caller {
    pub(crate) fn may(&self, permission: Permission) -> bool {
        self.role.may(permission)
    }

    /// For what is decided field by field.
    pub(crate) fn require(&self, permission: Permission, what: &str) -> Result<(), Problem> {
        if self.may(permission) {
            return Ok(());
        }
        let problem = Problem::forbidden(format!("As {} you may not change {what}.", self.role));
        Err(problem.saying(|lang| t!(lang, "problem-role")))
    }

    /// Which patients they see: an argument of every list.
    pub(crate) fn scope(&self) -> &Scope {
        &self.scope
    }

    /// A patient whom they see. Every way to one patient leads through here, so that nobody out of sight is found
    /// and everybody looked at stands in the audit trail.
    pub(crate) async fn patient(&self, app: &App, id: &str) -> Result<PatientRecord, Problem> {
        let found = match PatientId::new(id) {
            Ok(id) => app.store.patient(&id).await?,
            Err(_) => None,
        };
        let seen = found.filter(|record| self.scope.sees(&record.patient));
        let record = seen.ok_or_else(|| self.out_of_sight("patient with this id", "patient", id))?;
        self.meets(&record.patient.id);
        Ok(record)
    }

    /// A task of a patient whom they see, or one of the operators, which names none.
    pub(crate) async fn task(&self, app: &App, id: &str) -> Result<Task, Problem> {
        let missing = || self.out_of_sight("task with this id", "task", id);
        let id = TaskId::new(id).map_err(|_| missing())?;
        let task = app.store.task(&id).await?.ok_or_else(missing)?;
        if task.queue == Queue::Care {
            let whose = app.store.patient(&task.patient).await?;
            whose.filter(|record| self.scope.sees(&record.patient)).ok_or_else(missing)?;
            self.meets(&task.patient);
        }
        Ok(task)
    }

    /// The same whether there is none or they do not see it: who may look with a reason is told how.
    fn out_of_sight(&self, what: &str, field: &str, id: &str) -> Problem {
        let problem = Problem::not_found(what);
        let is_id = PatientId::new(id).is_ok();
        match (&*self.scope, &self.credential) {
            (Scope::Within { .. }, Credential::Session(_)) if is_id => problem.or_glass(format!("{field}={id}")),
            _ => problem,
        }
    }

    /// Notes that this request is about a patient.
    pub(crate) fn meets(&self, patient: &PatientId) {
        self.met.lock().unwrap_or_else(PoisonError::into_inner).insert(patient.clone());
    }

    /// The patients whom this request was about.
    pub(super) fn met(&self) -> BTreeSet<PatientId> {
        self.met.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How things are said to this caller now, on the clinic's clock.
    pub(crate) fn words(&self, app: &App) -> Words {
        Words::new(self.lang, app.config.timezone, app.clock.now())
    }

    /// The token that this caller's forms carry.
    pub(crate) fn csrf(&self) -> &str {
        match &self.credential {
            Credential::Bearer => "",
            Credential::Session(session) => &session.csrf,
        }
    }

    /// The caller of a request by its headers; nobody where there is no credential or it does not hold.
    pub(super) async fn identify(app: &App, headers: &HeaderMap) -> Result<Option<Self>, Problem> {
        if let Some(value) = headers.get(header::AUTHORIZATION) {
            let token = value.to_str().ok().and_then(|v| v.split_once(' '));
            return match token {
                Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => {
                    Self::by_token(app, token.trim()).await
                }
                _ => Ok(None),
            };
        }
        let Some(token) = session::token_of(headers, app.config.secure()) else { return Ok(None) };
        Self::by_session(app, &token, Lang::of_headers(headers)).await
    }

    async fn by_token(app: &App, token: &str) -> Result<Option<Self>, Problem> {
        let digest = digest_of(token);
        if let Some(own) = &app.config.automation_token
            && bool::from(digest_of(own.reveal()).ct_eq(&digest))
        {
            return Ok(Some(Self::bearer("automation".to_owned(), Role::Administrator, Scope::All)));
        }
        let found = app.store.token(&digest, app.clock.now()).await?;
        Ok(found.map(|token| {
            let scope = match token.teams {
                none if none.is_empty() => Scope::All,
                teams => Scope::Within { teams, opened: BTreeSet::new() },
            };
            let role = if token.read_only { Role::Viewer } else { token.role };
            Self::bearer(format!("token:{}", token.id), role, scope)
        }))
    }

    fn bearer(name: String, role: Role, scope: Scope) -> Self {
        Self {
            display_name: name.clone(),
            actor: Actor(name),
            role,
            credential: Credential::Bearer,
            lang: Lang::default(),
            must_enrol: false,
            scope: Arc::new(scope),
            met: Arc::default(),
        }
    }

    async fn by_session(app: &App, token: &str, lang: Lang) -> Result<Option<Self>, Problem> {
        let Some(session) = session::current(app, token).await? else { return Ok(None) };
        let Some(user) = app.store.user(&session.user).await?.filter(|u| !u.disabled) else { return Ok(None) };
        let scope = scope_of(app, &user.name, user.teams).await?;
        // Who comes from an identity provider has shown there what that asks for.
        let must_enrol = app.config.require_second_factor && user.second_factor.is_none() && user.subject.is_none();
        let lang = user.language.as_deref().and_then(Lang::of_code).unwrap_or(lang);
        Ok(Some(Self {
            actor: Actor(user.name),
            role: user.role,
            display_name: user.display_name,
            credential: Credential::Session(Box::new(session)),
            lang,
            must_enrol,
            scope: Arc::new(scope),
            met: Arc::default(),
        }))
    }
}

/// Whom somebody sees: their teams' patients, those of no team, and those whom they opened for now.
pub(crate) async fn scope_of(app: &App, name: &str, teams: BTreeSet<TeamId>) -> Result<Scope, Problem> {
    let opened = app.store.opened(name, app.clock.now()).await?;
    Ok(Scope::Within { teams, opened: opened.into_iter().collect() })
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        parts.extensions.get::<Caller>().cloned().ok_or_else(Problem::unauthorized)
    }
}
