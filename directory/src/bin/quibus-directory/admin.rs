//! The pages that say how the server fares: `/livez`, `/readyz`, `/metrics`.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use quibus::directory::PeerState;
use quibus_directory::Directory;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::{AbortHandle, JoinSet};

use crate::exposition::{Exposition, Kind};
use crate::health::{Health, Phase};
use crate::recorder::Recorder;

/// Connections at once; more wait to be accepted.
const MAX_CONNECTIONS: usize = 16;
/// The largest head of a request. hyper takes no less.
const MAX_HEAD: usize = 8192;
/// Most header lines of a request.
const MAX_HEADERS: usize = 64;
/// How long a client may take to say what it wants.
const HEAD_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a connection may take in all, its one answer included.
const CONNECTION_TIMEOUT: Duration = Duration::from_secs(10);
/// After a failed accept, which a lack of file descriptors repeats at once.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The open pages; closed when dropped.
#[derive(Debug)]
pub(crate) struct Pages {
    task: AbortHandle,
}

/// What the pages are made from.
#[derive(Debug)]
struct Sources {
    health: Arc<Health>,
    recorder: Arc<Recorder>,
}

impl Pages {
    /// Serves them on a listener.
    pub(crate) fn open(
        listener: TcpListener,
        health: Arc<Health>,
        recorder: Arc<Recorder>,
    ) -> Self {
        let sources = Arc::new(Sources { health, recorder });
        let task = tokio::spawn(accept(listener, sources)).abort_handle();
        Self { task }
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, sources: Arc<Sources>) {
    let room = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let mut connections = JoinSet::new();
    loop {
        let Ok(place) = room.clone().acquire_owned().await else {
            return;
        };
        match listener.accept().await {
            Ok((stream, _)) => {
                while connections.try_join_next().is_some() {}
                let sources = sources.clone();
                connections.spawn(async move {
                    // A client that is too slow, or no client of HTTP, is of no interest.
                    let _ = tokio::time::timeout(CONNECTION_TIMEOUT, serve(stream, sources)).await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "the admin pages cannot accept");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn serve(stream: TcpStream, sources: Arc<Sources>) -> Result<(), hyper::Error> {
    let service = service_fn(move |request: Request<Incoming>| {
        let answer = answer(request.method(), request.uri().path(), &sources);
        async move { Ok::<_, Infallible>(answer) }
    });
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(MAX_HEAD)
        .max_headers(MAX_HEADERS)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service)
        .await
}

fn answer(method: &Method, path: &str, sources: &Sources) -> Response<Full<Bytes>> {
    const PLAIN: &str = "text/plain; charset=utf-8";
    if method != Method::GET && method != Method::HEAD {
        let mut refused = page(StatusCode::METHOD_NOT_ALLOWED, PLAIN, "GET alone\n".into());
        let allowed = hyper::header::HeaderValue::from_static("GET, HEAD");
        refused.headers_mut().insert(ALLOW, allowed);
        return refused;
    }
    match path {
        // Whoever reads this has been answered by the same threads that serve peers.
        "/livez" => page(StatusCode::OK, PLAIN, "alive\n".into()),
        "/readyz" => match sources.health.readiness(SystemTime::now()) {
            Ok(()) => page(StatusCode::OK, PLAIN, "ready\n".into()),
            Err(reason) => page(
                StatusCode::SERVICE_UNAVAILABLE,
                PLAIN,
                format!("{reason}\n"),
            ),
        },
        "/metrics" => page(StatusCode::OK, Exposition::CONTENT_TYPE, metrics(sources)),
        _ => {
            let pages = "there are /livez, /readyz and /metrics\n";
            page(StatusCode::NOT_FOUND, PLAIN, pages.into())
        }
    }
}

fn page(status: StatusCode, content: &'static str, text: String) -> Response<Full<Bytes>> {
    let mut page = Response::new(Full::new(text.into()));
    *page.status_mut() = status;
    for (name, value) in [(CONTENT_TYPE, content), (CACHE_CONTROL, "no-store")] {
        let value = hyper::header::HeaderValue::from_static(value);
        page.headers_mut().insert(name, value);
    }
    page
}

fn metrics(sources: &Sources) -> String {
    let mut text = Exposition::default();
    let gauge = |text: &mut Exposition, name: &str, help: &str, value: f64| {
        text.family(name, Kind::Gauge, help);
        text.sample::<&str, &str>(name, &[], value);
    };
    let name = "quibus_build_info";
    text.family(
        name,
        Kind::Gauge,
        "Always 1; its label says which version runs.",
    );
    text.sample(name, &[("version", env!("CARGO_PKG_VERSION"))], 1);
    let ready = sources.health.readiness(SystemTime::now()).is_ok();
    let help = "Whether peers can register.";
    gauge(
        &mut text,
        "quibus_directory_ready",
        help,
        f64::from(u8::from(ready)),
    );
    let ends = sources.health.certificate_ends().duration_since(UNIX_EPOCH);
    let help = "When the server's certificate ends, in seconds since 1970.";
    let ends = ends.map_or(0.0, |ends| ends.as_secs_f64());
    gauge(
        &mut text,
        "quibus_cert_expiry_timestamp_seconds",
        help,
        ends,
    );
    if let Phase::Serving(directory) = sources.health.phase() {
        of_directory(&directory, &mut text);
    }
    sources.recorder.render(&mut text);
    text.into_text()
}

fn of_directory(directory: &Directory, text: &mut Exposition) {
    let name = "quibus_directory_peers";
    text.family(name, Kind::Gauge, "Peers by state, this server included.");
    let peers = directory.peers();
    for (label, state) in [
        ("up", PeerState::Up),
        ("silent", PeerState::Silent),
        ("draining", PeerState::Draining),
        ("down", PeerState::Down),
    ] {
        let count = peers.iter().filter(|peer| peer.state == state).count();
        text.sample(name, &[("state", label)], count);
    }
    let name = "quibus_directory_changes_total";
    text.family(name, Kind::Counter, "Changes of the state since it began.");
    text.sample::<&str, &str>(name, &[], directory.revision().index);
    let name = "quibus_directory_incarnation";
    text.family(name, Kind::Gauge, "The number of this run.");
    text.sample::<&str, &str>(name, &[], directory.incarnation().0);
}
