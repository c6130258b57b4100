//! Starting, serving and stopping: sockets, TLS, the layers around every answer.

use crate::access::secret::{SecretError, SignIns};
use crate::access::{audit::Trail, guard, oidc::Provider};
use crate::app::{App, RequestLabels, Shared};
use crate::notify::{Courier, Dispatcher};
use crate::problem::Problem;
use crate::replays::Replays;
use crate::text::Lang;
use crate::{ConfigError, ConsoleConfig, Previewer, Replayer, Rulebooks, TlsFiles, api, live, pages};
use axum::extract::{DefaultBodyLimit, MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use axum_server::Handle;
use axum_server::tls_rustls::RustlsConfig;
use prometheus_client::metrics::family::Family;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use service_kit::{Clock, Health, Metrics, Shutdown};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use store::SharedStore;

/// What the console works with.
#[derive(Clone)]
pub struct Deps {
    /// everything it shows
    pub store: SharedStore,
    /// the time
    pub clock: Clock,
    /// where it counts
    pub metrics: Metrics,
    /// where it says that it is well, and what `/readyz` shows
    pub health: Health,
    /// when to stop
    pub shutdown: Shutdown,
    /// what is known of rules and parameters
    pub rulebooks: Arc<dyn Rulebooks>,
    /// who replays quarantined items
    pub replayer: Arc<dyn Replayer>,
    /// what changes would make of people
    pub previewer: Arc<dyn Previewer>,
}

/// Why the console did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A mistake in the configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The address is taken or not ours.
    #[error("cannot listen on {address}; choose another address, or stop what listens there")]
    Bind {
        /// the address
        address: SocketAddr,
        /// why
        #[source]
        source: std::io::Error,
    },
    /// Certificate or key cannot be used.
    #[error("TLS cannot be set up with `{file}`: {detail}")]
    Tls {
        /// which file
        file: String,
        /// what is wrong with it
        detail: String,
    },
    /// Messages cannot leave.
    #[error("messages cannot be set up: {0}")]
    Messages(String),
    /// The identity provider's certificate authority cannot be used.
    #[error("the identity provider: {0}")]
    Oidc(String),
    /// No randomness.
    #[error(transparent)]
    Secret(#[from] SecretError),
}

/// The console.
pub struct Console;

/// A running console; it stops with the shutdown that it was given.
#[derive(Clone, Debug)]
pub struct ConsoleHandle {
    local_addr: SocketAddr,
}

impl ConsoleHandle {
    /// Where it listens.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }
}

/// Open requests get this long when the process stops.
const GRACE: Duration = Duration::from_secs(10);

impl Console {
    /// Binds the address and serves until the shutdown asks to stop. When this returns the socket accepts.
    ///
    /// # Errors
    /// [`StartError`]; nothing is left running.
    pub async fn start(config: ConsoleConfig, deps: Deps) -> Result<ConsoleHandle, StartError> {
        if let Some(mistake) = config.mistakes().into_iter().next() {
            return Err(mistake.into());
        }
        let tls = config.tls.as_ref().map(load_tls).transpose()?;
        let address = config.listen;
        let failed = |source| StartError::Bind { address, source };
        let listener = tokio::net::TcpListener::bind(address).await.map_err(failed)?.into_std().map_err(failed)?;
        let local_addr = listener.local_addr().map_err(failed)?;
        let shutdown = deps.shutdown.clone();
        let component = deps.health.component("console");
        let app = app(config, deps)?;
        shutdown.spawn("changes of tasks", live::follow(app.clone(), app.store.notices()));
        shutdown.spawn_short("the first list", pages::tasks::read_ahead(app.clone()));
        let service = router(app).into_make_service_with_connect_info::<SocketAddr>();

        let handle = Handle::new();
        let stopping = (shutdown.token(), handle.clone());
        shutdown.spawn_short("console stop", async move {
            stopping.0.cancelled().await;
            stopping.1.graceful_shutdown(Some(GRACE));
        });
        let plain = axum_server::from_tcp(listener).map_err(failed)?;
        let down = component.clone();
        match tls {
            None => shutdown.spawn("console", async move {
                report(down, plain.handle(handle).serve(service).await);
            }),
            Some(tls) => {
                let acceptor = axum_server::tls_rustls::RustlsAcceptor::new(tls);
                shutdown.spawn("console", async move {
                    report(down, plain.acceptor(acceptor).handle(handle).serve(service).await);
                });
            }
        }
        component.up();
        tracing::info!(%local_addr, "console listens");
        Ok(ConsoleHandle { local_addr })
    }
}

fn report(component: service_kit::ComponentHealth, result: std::io::Result<()>) {
    match result {
        Ok(()) => component.down("stopped"),
        Err(error) => component.down(format!("stopped serving: {error}")),
    }
}

fn app(config: ConsoleConfig, deps: Deps) -> Result<Shared, StartError> {
    let courier = Arc::new(Courier::new(&config.messages).map_err(StartError::Messages)?);
    let work = (deps.store.clone(), deps.clock.clone());
    Dispatcher::start(&config.messages, Arc::clone(&courier), work, (&deps.metrics, &deps.health, &deps.shutdown));
    let requests =
        deps.metrics.register("hearth_http_requests", "HTTP requests by route and status", Family::default());
    let oidc = config.oidc.clone().map(Provider::new).transpose().map_err(StartError::Oidc)?;
    Ok(Arc::new(App {
        config,
        store: deps.store,
        clock: deps.clock,
        metrics: deps.metrics,
        health: deps.health,
        rulebooks: deps.rulebooks,
        replayer: deps.replayer,
        previewer: deps.previewer,
        courier,
        sign_ins: SignIns::new()?,
        trail: Trail::default(),
        replays: Replays::default(),
        tasks: deps.shutdown.clone(),
        live: live::Live::new(),
        requests,
        oidc,
        stop: deps.shutdown.token(),
    }))
}

fn load_tls(files: &TlsFiles) -> Result<RustlsConfig, StartError> {
    let failed = |file: &std::path::Path, detail: String| StartError::Tls { file: file.display().to_string(), detail };
    let chain: Vec<_> = CertificateDer::pem_file_iter(&files.certificate)
        .and_then(Iterator::collect)
        .map_err(|e| failed(&files.certificate, e.to_string()))?;
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(|e| failed(&files.key, e.to_string()))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
        .map_err(|e| failed(&files.certificate, e.to_string()))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(RustlsConfig::from_config(Arc::new(config)))
}

/// Every route with the layers around it.
fn router(app: Shared) -> Router {
    let (api, _) = api::router().split_for_parts();
    let health = Router::new()
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .route("/events", get(live::events));
    api.merge(pages::router())
        .merge(health)
        .fallback(async || Problem::of_status(StatusCode::NOT_FOUND))
        .layer(DefaultBodyLimit::max(1 << 20))
        .layer(from_fn_with_state(app.clone(), guard))
        .layer(from_fn_with_state(app.clone(), finish))
        .with_state(app)
}

/// The process lives.
async fn healthz(State(app): State<Shared>) -> Response {
    Json(app.health.report()).into_response()
}

/// Every configured port accepts.
async fn readyz(State(app): State<Shared>) -> Response {
    let status = if app.health.ready() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(app.health.report())).into_response()
}

async fn metrics(State(app): State<Shared>) -> Response {
    ([(header::CONTENT_TYPE, Metrics::CONTENT_TYPE)], app.metrics.encode()).into_response()
}

/// Around everything: problems are written as JSON or as a page, headers are set, the request is counted.
async fn finish(State(app): State<Shared>, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let method = request.method().to_string();
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    let lang = Lang::of_headers(request.headers());
    let mut response = write_problem(next.run(request).await, &path, lang);
    app.requests.get_or_create(&RequestLabels { method, route, status: response.status().as_u16() }).inc();
    set_headers(response.headers_mut(), &path, app.config.secure());
    response
}

fn write_problem(response: Response, path: &str, asked: Lang) -> Response {
    let status = response.status();
    // Who is signed in may have chosen another language than the browser's.
    let lang = response.extensions().get().copied().unwrap_or(asked);
    let problem = match response.extensions().get::<Problem>() {
        Some(problem) => problem.clone(),
        // What the framework refuses by itself has a plain text or nothing.
        None if status.is_client_error() || status.is_server_error() => {
            let kind = response.headers().get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
            if kind.is_some_and(|k| !k.starts_with(b"text/plain")) {
                return response;
            }
            Problem::of_status(status)
        }
        None => return response,
    };
    let is_page = !(path.starts_with("/api/") || path == "/events");
    let mut written = if is_page {
        (status, pages::problem_page(lang, &problem)).into_response()
    } else {
        let json = [(header::CONTENT_TYPE, "application/problem+json")];
        (status, json, Json(problem.document(path)).into_response().into_body()).into_response()
    };
    for kept in [header::ALLOW, header::WWW_AUTHENTICATE, header::SET_COOKIE] {
        if let Some(value) = response.headers().get(&kept) {
            written.headers_mut().insert(kept, value.clone());
        }
    }
    written
}

const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; \
                      connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

fn set_headers(headers: &mut HeaderMap, path: &str, tls: bool) {
    let fixed: [(HeaderName, &'static str); 5] = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if tls {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
    if !path.starts_with("/assets/") {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}
