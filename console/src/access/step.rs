//! A sign-in, or the making of a second factor, between two requests: kept in the store under a random token, used once.

use super::secret::{digest_of, new_secret};
use crate::app::App;
use crate::problem::Problem;
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use store::SignInStep;

/// What is known so far.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "step")]
pub(crate) enum Step {
    /// the password was right; a code is asked for
    Code {
        /// who
        user: String,
        /// where to go afterwards
        next: String,
    },
    /// a secret is shown, and a code of it is waited for
    Enrol {
        /// whose
        user: String,
        /// base32
        secret: String,
    },
    /// the identity provider has the browser
    Provider {
        /// what it must bring back
        state: String,
        /// what the token must hold
        nonce: String,
        /// of PKCE
        verifier: String,
        /// where to go afterwards
        next: String,
    },
}

/// It goes on within this.
const WITHIN: TimeDelta = TimeDelta::minutes(15);

/// Keeps a step; the token with which it goes on.
pub(crate) async fn put(app: &App, step: &Step) -> Result<String, Problem> {
    let (token, token_sha256) = new_secret().map_err(|e| Problem::internal(&e))?;
    let body = serde_json::to_string(step).map_err(|e| Problem::internal(&e))?;
    app.store.put_step(SignInStep { token_sha256, body, expires_at: app.clock.now() + WITHIN }).await?;
    Ok(token)
}

/// Takes the step of a token, if there is one.
pub(crate) async fn take(app: &App, token: &str) -> Result<Option<Step>, Problem> {
    let found = app.store.take_step(&digest_of(token), app.clock.now()).await?;
    // One of an older version is none.
    Ok(found.and_then(|step| serde_json::from_str(&step.body).ok()))
}
