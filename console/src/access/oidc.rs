//! Sign-in by the hospital's own identity provider: OpenID Connect, code flow with PKCE.
//!
//! What the provider says is asked anew at each sign-in (discovery, keys), so that a key it has rotated is known at
//! once. Signatures, audience, nonce and times are judged by the `openidconnect` crate.

use super::provision::Identity;
use super::step::Step;
use crate::app::App;
use crate::problem::Problem;
use crate::text::t;
use crate::{OidcConfig, access::secret::SecretError};
use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreAuthenticationFlow, CoreErrorResponseType, CoreGenderClaim, CoreJsonWebKey,
    CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm, CoreRevocableToken, CoreRevocationErrorResponse,
    CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::{
    AccessTokenHash, AdditionalClaims, AuthorizationCode, Client, ClientId, ClientSecret, CsrfToken,
    EmptyExtraTokenFields, EndpointMaybeSet, EndpointNotSet, EndpointSet, HttpRequest, HttpResponse, IdTokenFields,
    IssuerUrl, Nonce, OAuth2TokenResponse, PkceCodeChallenge, PkceCodeVerifier, ProviderMetadataWithLogout,
    RedirectUrl, Scope, StandardErrorResponse, StandardTokenResponse, TokenResponse, UserInfoClaims,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::sync::Arc;
use std::time::Duration;

/// Claims beside the standard's own, as they come.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Claims(Map<String, Value>);
impl AdditionalClaims for Claims {}

type Tokens = StandardTokenResponse<
    IdTokenFields<
        Claims,
        EmptyExtraTokenFields,
        CoreGenderClaim,
        CoreJweContentEncryptionAlgorithm,
        CoreJwsSigningAlgorithm,
    >,
    CoreTokenType,
>;
type Party = Client<
    Claims,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    Tokens,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;
type Metadata = ProviderMetadataWithLogout;

/// An answer larger than this is none of a provider's.
const LARGEST: u64 = 1 << 20;
/// A provider that says nothing for so long is not there.
const PATIENCE: Duration = Duration::from_secs(10);

/// Why somebody did not get in.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OidcError {
    /// The provider cannot be reached, or does not say what it should.
    #[error("the identity provider at {issuer}: {detail}")]
    Provider {
        /// which
        issuer: String,
        /// what was wrong
        detail: String,
    },
    /// The answer is not for this browser, or is too old.
    #[error("the answer does not belong to a sign-in of this browser")]
    Stale,
    /// The provider let them not in.
    #[error("the identity provider refused: {0}")]
    Refused(String),
    /// A token that cannot be trusted.
    #[error("the identity provider's token is not accepted: {0}")]
    Token(String),
    /// No randomness.
    #[error(transparent)]
    Secret(#[from] SecretError),
}

/// The hospital's provider. What it is asked is asked on a thread where waiting disturbs nobody.
#[derive(Clone)]
pub(crate) struct Provider {
    config: OidcConfig,
    http: ureq::Agent,
}

impl Provider {
    /// A client of the provider; `Err` where its certificate authority cannot be read.
    pub(crate) fn new(config: OidcConfig) -> Result<Self, String> {
        use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
        let roots = match &config.ca {
            None => RootCerts::WebPki,
            Some(path) => {
                let failed = |e: &dyn std::fmt::Display| format!("certificate authority `{}`: {e}", path.display());
                let pem = std::fs::read(path).map_err(|e| failed(&e))?;
                let items = parse_pem(&pem).collect::<Result<Vec<_>, _>>().map_err(|e| failed(&e))?;
                let certificates = items.into_iter().filter_map(|item| match item {
                    PemItem::Certificate(certificate) => Some(certificate),
                    _ => None,
                });
                RootCerts::Specific(Arc::new(certificates.collect::<Vec<Certificate<'static>>>()))
            }
        };
        let agent = ureq::Agent::config_builder()
            .max_redirects(0)
            .http_status_as_error(false)
            .timeout_global(Some(PATIENCE))
            .tls_config(TlsConfig::builder().root_certs(roots).build())
            .build();
        Ok(Self { config, http: agent.into() })
    }

    /// What its button says.
    pub(crate) fn name(&self) -> Option<&str> {
        self.config.name.as_deref()
    }

    fn wrong(&self, error: &(dyn std::error::Error + 'static)) -> OidcError {
        let mut detail = error.to_string();
        let mut cause = error.source();
        while let Some(inner) = cause {
            detail = format!("{detail}: {inner}");
            cause = inner.source();
        }
        OidcError::Provider { issuer: self.config.issuer.clone(), detail }
    }

    /// One request. Redirects are not followed: they would lead requests of ours where somebody else likes.
    fn send(&self, request: HttpRequest) -> Result<HttpResponse, ureq::Error> {
        let mut answer = self.http.run(request)?;
        let body = answer.body_mut().with_config().limit(LARGEST).read_to_vec()?;
        let (parts, _) = answer.into_parts();
        Ok(HttpResponse::from_parts(parts, body))
    }

    fn metadata(&self) -> Result<Metadata, OidcError> {
        let issuer = IssuerUrl::new(self.config.issuer.clone()).map_err(|e| self.wrong(&e))?;
        Metadata::discover(&issuer, &|request| self.send(request)).map_err(|e| self.wrong(&e))
    }

    /// Runs `work` where it may wait.
    async fn apart<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, OidcError> + Send + 'static,
    ) -> Result<T, OidcError> {
        let (own, issuer) = (self.clone(), self.config.issuer.clone());
        let stopped = || OidcError::Provider { issuer, detail: "the request did not finish".to_owned() };
        tokio::task::spawn_blocking(move || work(&own)).await.unwrap_or_else(|_| Err(stopped()))
    }

    fn party(&self, metadata: Metadata) -> Result<Party, OidcError> {
        let secret = self.config.client_secret.as_ref().map(|s| ClientSecret::new(s.reveal().to_owned()));
        let back = RedirectUrl::new(format!("{}/sign-in/oidc/return", self.config.public_url.trim_end_matches('/')));
        let id = ClientId::new(self.config.client_id.clone());
        Ok(Party::from_provider_metadata(metadata, id, secret).set_redirect_uri(back.map_err(|e| self.wrong(&e))?))
    }

    /// Where the browser goes, and what is kept until it comes back.
    pub(crate) async fn begin(&self, next: &str) -> Result<(String, Step), OidcError> {
        let next = next.to_owned();
        self.apart(move |own| own.ask(next)).await
    }

    fn ask(&self, next: String) -> Result<(String, Step), OidcError> {
        let party = self.party(self.metadata()?)?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let mut asked = party
            .authorize_url(CoreAuthenticationFlow::AuthorizationCode, CsrfToken::new_random, Nonce::new_random)
            .set_pkce_challenge(challenge);
        for scope in &self.config.scopes {
            asked = asked.add_scope(Scope::new(scope.clone()));
        }
        let (url, state, nonce) = asked.url();
        let step = Step::Provider {
            state: state.secret().clone(),
            nonce: nonce.secret().clone(),
            verifier: verifier.into_secret(),
            next,
        };
        Ok((url.to_string(), step))
    }

    /// Who came back with this code.
    pub(crate) async fn finish(&self, code: String, nonce: String, verifier: String) -> Result<Identity, OidcError> {
        self.apart(move |own| own.redeem(code, nonce, verifier)).await
    }

    fn redeem(&self, code: String, nonce: String, verifier: String) -> Result<Identity, OidcError> {
        let party = self.party(self.metadata()?)?;
        let http = |request| self.send(request);
        let asked = party.exchange_code(AuthorizationCode::new(code)).map_err(|e| self.wrong(&e))?;
        let asked = asked.set_pkce_verifier(PkceCodeVerifier::new(verifier));
        let tokens: Tokens = asked.request(&http).map_err(|e| self.wrong(&e))?;
        let refused = |e: &dyn std::fmt::Display| OidcError::Token(e.to_string());
        let id_token = tokens.id_token().ok_or_else(|| refused(&"there is none"))?;
        let verifier = party.id_token_verifier();
        let claims = id_token.claims(&verifier, &Nonce::new(nonce)).map_err(|e| refused(&e))?;
        if let Some(expected) = claims.access_token_hash() {
            let key = id_token.signing_key(&verifier).map_err(|e| refused(&e))?;
            let algorithm = id_token.signing_alg().map_err(|e| refused(&e))?;
            let actual = AccessTokenHash::from_token(tokens.access_token(), algorithm, key).map_err(|e| refused(&e))?;
            if actual != *expected {
                return Err(refused(&"it is for another access token"));
            }
        }
        let subject = claims.subject().clone();
        let mut known = object(claims);
        // Many providers say roles there and not in the token.
        if let Ok(asked) = party.user_info(tokens.access_token().clone(), Some(subject.clone())) {
            let more: UserInfoClaims<Claims, CoreGenderClaim> = asked.request(&http).map_err(|e| self.wrong(&e))?;
            known.extend(object(&more));
        }
        Ok(Identity::of(&self.config, subject.as_str(), &known))
    }

    /// Where a browser ends its session at the provider too, if that has such a page.
    pub(crate) async fn end(&self) -> Option<String> {
        let asked = self.apart(Self::metadata).await;
        // Who signs out is out of Hearth already; only the way out of the provider cannot be shown.
        let metadata =
            asked.inspect_err(|error| tracing::warn!(%error, "the way out of the provider is not known")).ok()?;
        let mut page = metadata.additional_metadata().end_session_endpoint.as_ref()?.url().clone();
        let back = format!("{}/sign-in", self.config.public_url.trim_end_matches('/'));
        page.query_pairs_mut()
            .append_pair("client_id", &self.config.client_id)
            .append_pair("post_logout_redirect_uri", &back);
        Some(page.to_string())
    }
}

/// Claims as one object, the standard's own and the others.
fn object(claims: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(claims) {
        Ok(Value::Object(object)) => object,
        _ => Map::new(),
    }
}

impl From<OidcError> for Problem {
    fn from(error: OidcError) -> Self {
        match error {
            OidcError::Provider { .. } => {
                tracing::error!(%error, "sign-in by the identity provider failed");
                Problem::unavailable("The identity provider did not answer as it should; the log says more.")
                    .saying(|lang| t!(lang, "problem-provider"))
            }
            OidcError::Secret(_) => Problem::internal(&error),
            other => Problem::forbidden(format!("{other}.")),
        }
    }
}

/// Whether there is a provider, for the sign-in page.
pub(crate) fn provider(app: &App) -> Result<&Provider, Problem> {
    app.oidc.as_ref().ok_or_else(|| Problem::not_found("identity provider"))
}
