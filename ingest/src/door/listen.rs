//! Accepts connections, with and without TLS, until the stop; then drains.

use super::Door;
use super::bell;
use super::connection;
use super::endpoint::Endpoint;
use super::io::Io;
use super::keeper;
use super::stream::Stream;
use crate::IngestError;
use crate::config::{IngestConfig, TlsConfig};
use crate::pipeline::Pipeline;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use service_kit::{Health, Shutdown};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_rustls::TlsAcceptor;

/// Where the door listens.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Listening {
    pub(crate) plain: Option<SocketAddr>,
    pub(crate) tls: Option<SocketAddr>,
}

/// Binds what is configured and starts accepting.
pub(crate) async fn start(
    config: &IngestConfig,
    pipeline: Arc<Pipeline>,
    health: &Health,
    shutdown: &Shutdown,
) -> Result<Listening, IngestError> {
    let mut listening = Listening::default();
    let mut listeners = Vec::new();
    if let Some(address) = config.listen {
        let listener = bind(address).await?;
        listening.plain = listener.local_addr().ok();
        listeners.push((listener, None));
    }
    if let Some(tls) = &config.tls {
        let acceptor = acceptor(tls)?;
        let listener = bind(tls.listen).await?;
        listening.tls = listener.local_addr().ok();
        listeners.push((listener, Some(acceptor)));
    }
    if listeners.is_empty() {
        return Ok(listening);
    }
    let notices = pipeline.store.notices();
    let door = Door::new(config, pipeline, shutdown.token());
    door.restore_wills().await.map_err(|source| IngestError::Store { source })?;
    let component = health.component("mqtt");
    component.up();
    shutdown.spawn("mqtt-keeper", keeper::run(Arc::clone(&door), notices));
    let most = usize::try_from(config.limits.connections).unwrap_or(usize::MAX).min(Semaphore::MAX_PERMITS);
    let places = Arc::new(Semaphore::new(most));
    for (listener, acceptor) in listeners {
        shutdown.spawn("mqtt-listener", accept(Arc::clone(&door), listener, acceptor, Arc::clone(&places)));
    }
    shutdown.spawn("mqtt-drain", async move {
        door.stop.cancelled().await;
        component.down("stopping");
        door.ring_all(bell::DRAIN);
        door.tasks.close();
        door.tasks.wait().await;
    });
    Ok(listening)
}

async fn bind(address: SocketAddr) -> Result<TcpListener, IngestError> {
    TcpListener::bind(address).await.map_err(|source| IngestError::Listen { address, source })
}

async fn accept(door: Arc<Door>, listener: TcpListener, tls: Option<TlsAcceptor>, places: Arc<Semaphore>) {
    loop {
        // Further clients wait in the listen backlog, in plain sight of whoever looks at the connections.
        let next = async {
            let place = Arc::clone(&places).acquire_owned().await.ok()?;
            Some((place, listener.accept().await))
        };
        let accepted = tokio::select! {
            () = door.stop.cancelled() => return,
            accepted = next => accepted,
        };
        match accepted {
            Some((place, Ok((stream, peer)))) => {
                let (door, tls) = (Arc::clone(&door), tls.clone());
                let task = welcome(Arc::clone(&door), stream, peer, tls, place);
                door.tasks.spawn(task);
            }
            Some((_, Err(error))) => {
                // Out of file descriptors, mostly: the next attempt fails as well until something is closed.
                tracing::warn!(error = %error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            None => return,
        }
    }
}

async fn welcome(
    door: Arc<Door>,
    stream: TcpStream,
    peer: SocketAddr,
    tls: Option<TlsAcceptor>,
    place: OwnedSemaphorePermit,
) {
    // Acknowledgements are written together already; waiting for more would only delay them.
    let _ = stream.set_nodelay(true);
    let stream = match tls {
        None => Stream::Plain(stream),
        Some(acceptor) => {
            let handshake = Box::pin(tokio::time::timeout(door.limits.connect.0, acceptor.accept(stream)));
            let shaken = tokio::select! {
                shaken = handshake => shaken,
                () = door.stop.cancelled() => return,
            };
            let Ok(Ok(stream)) = shaken else {
                door.metrics.connect("tls");
                return;
            };
            Stream::Tls(Box::new(stream))
        }
    };
    let largest = u32::try_from(door.limits.packet.0).unwrap_or(u32::MAX);
    connection::serve(door, Io::new(stream, Endpoint::new(largest)), peer.ip()).await;
    drop(place);
}

fn acceptor(config: &TlsConfig) -> Result<TlsAcceptor, IngestError> {
    let unreadable = |path: &std::path::Path, error: rustls_pki_types::pem::Error| IngestError::Pem {
        path: path.to_owned(),
        detail: error.to_string(),
    };
    let chain = CertificateDer::pem_file_iter(&config.certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|e| unreadable(&config.certificate, e))?;
    let key = PrivateKeyDer::from_pem_file(&config.key).map_err(|e| unreadable(&config.key, e))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let server = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
        .map_err(|source| IngestError::Tls { source })?;
    Ok(TlsAcceptor::from(Arc::new(server)))
}
