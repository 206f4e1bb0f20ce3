//! Layers around handlers and around sends, tower's own among them.

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::sync::{Semaphore, mpsc};
use tower::limit::ConcurrencyLimitLayer;
use tower::timeout::TimeoutLayer;
use tower::{Layer, Service, ServiceBuilder, ServiceExt};

use super::rig::*;
use crate::Builder;
use crate::bus::{Bus, SendError};
use crate::dispatch::BoxError;
use crate::layer::{Call, HandlerFuture, HandlerService, Outcome, trace};
use crate::message::Body;
use crate::prelude::*;
use crate::testing::MemoryNetwork;

const LONG: Duration = Duration::from_secs(5);

/// A caller, and a service that is built like this.
async fn pair(service: Builder) -> [Bus; 2] {
    let net = MemoryNetwork::seeded(1);
    let buses = start(&net, [("A.0", Bus::builder("A.0")), ("B.0", service)]).await;
    buses.try_into().unwrap()
}

fn say(text: &str) -> Double {
    Double {
        number: 1,
        text: text.into(),
    }
}

/// Counts what goes in, writes down what comes out, and lets pass or ends what it is told to.
#[derive(Clone, Default)]
struct Watch {
    name: &'static str,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Watch {
    fn note(&self, what: impl std::fmt::Display) {
        let line = format!("{}: {what}", self.name);
        self.seen.lock().unwrap().push(line);
    }

    fn taken(&self) -> Vec<String> {
        std::mem::take(&mut self.seen.lock().unwrap())
    }
}

impl Layer<HandlerService> for Watch {
    type Service = Watched;

    fn layer(&self, inner: HandlerService) -> Watched {
        let watch = self.clone();
        Watched { watch, inner }
    }
}

#[derive(Clone)]
struct Watched {
    watch: Watch,
    inner: HandlerService,
}

impl Service<Call> for Watched {
    type Response = Outcome;
    type Error = BoxError;
    type Future = HandlerFuture;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, call: Call) -> HandlerFuture {
        let watch = self.watch.clone();
        watch.note(call.message_type());
        match call.header("layer") {
            Some("refuse") => return Box::pin(async { Ok(Outcome::Refused("not you".into())) }),
            Some("shed") => return Box::pin(async { Ok(Outcome::Overloaded) }),
            Some("break") => return Box::pin(async { Err("it is broken".into()) }),
            _ => {}
        }
        assert_eq!(call.sender().peer().as_str(), "A.0");
        assert_eq!(
            call.deadline().is_some(),
            call.message_type() == "Test.Double"
        );
        let called = self.inner.call(call);
        Box::pin(async move {
            let outcome = called.await?;
            watch.note(&outcome);
            Ok(outcome)
        })
    }
}

#[tokio::test(start_paused = true)]
async fn layers_see_every_end_and_the_sender_the_same_as_without_them() {
    let watch = Watch::default();
    let [a, _b] = pair(Bus::builder("B.0").handle(double).layer(watch.clone())).await;
    assert_eq!(a.send(number(4)).await.unwrap().number, 8);
    let bad = Err(SendError::Rejected(DoubleError::Bad("bad".into())));
    assert_eq!(a.send(say("bad")).await, bad);
    assert_eq!(a.send(say("panic")).await, Err(SendError::Panicked));
    let (code, text) = (0, "an odd failure".into());
    assert_eq!(
        a.send(say("odd")).await,
        Err(SendError::Failed { code, text })
    );
    assert_eq!(a.send(number(5)).await.unwrap().number, 10);
    let ends = watch.taken();
    let ends: Vec<_> = ends
        .iter()
        .filter(|line| !line.ends_with("Double"))
        .collect();
    assert_eq!(
        ends,
        [
            ": handled",
            ": rejected: bad is bad",
            ": panicked",
            ": failed: an odd failure",
            ": handled"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_layer_ends_a_call_without_the_handler_and_the_sender_learns_how() {
    let ran = Arc::new(AtomicUsize::new(0));
    let count = ran.clone();
    let handler = move |question: Double| {
        let count = count.clone();
        async move {
            count.fetch_add(1, Ordering::Relaxed);
            double(question).await
        }
    };
    let [a, _b] = pair(Bus::builder("B.0").handle(handler).layer(Watch::default())).await;
    let ended = async |how: &str| a.send(number(1)).header("layer", how).await.unwrap_err();
    let text = "not you".into();
    assert_eq!(ended("refuse").await, SendError::Refused { text });
    assert_eq!(ended("shed").await, SendError::Overloaded);
    let (code, text) = (0, "a layer ended it: it is broken".into());
    assert_eq!(ended("break").await, SendError::Failed { code, text });
    assert_eq!(ran.load(Ordering::Relaxed), 0);
    a.send(number(1)).await.unwrap();
    assert_eq!(ran.load(Ordering::Relaxed), 1);
}

#[tokio::test(start_paused = true)]
async fn a_bus_s_layers_lie_around_a_handler_s_own_and_later_ones_further_out() {
    let seen = Arc::default();
    let watch = |name| Watch {
        name,
        seen: Arc::clone(&seen),
    };
    let service = Bus::builder("B.0")
        .layer(watch("3"))
        .handle(double.layer(watch("1")).layer(watch("2")))
        .layer(watch("4"));
    let [a, _b] = pair(service).await;
    a.send(number(1)).await.unwrap();
    let expected: Vec<_> = ["4", "3", "2", "1"]
        .map(|name| format!("{name}: Test.Double"))
        .into_iter()
        .chain(["1", "2", "3", "4"].map(|name| format!("{name}: handled")))
        .collect();
    assert_eq!(watch("").taken(), expected);
}

/// Makes services that panic when they are cloned, if that is asked for.
#[derive(Clone, Default)]
struct Brittle(Arc<AtomicBool>);

struct BrittleService {
    broken: Arc<AtomicBool>,
    inner: HandlerService,
}

impl Layer<HandlerService> for Brittle {
    type Service = BrittleService;

    fn layer(&self, inner: HandlerService) -> BrittleService {
        let broken = self.0.clone();
        BrittleService { broken, inner }
    }
}

impl Clone for BrittleService {
    fn clone(&self) -> Self {
        assert!(!self.broken.load(Ordering::SeqCst), "as asked");
        Self {
            broken: self.broken.clone(),
            inner: self.inner.clone(),
        }
    }
}

impl Service<Call> for BrittleService {
    type Response = Outcome;
    type Error = BoxError;
    type Future = HandlerFuture;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, call: Call) -> HandlerFuture {
        self.inner.call(call)
    }
}

#[tokio::test(start_paused = true)]
async fn a_layer_that_panics_when_it_is_cloned_ends_that_message_and_not_its_queue() {
    let brittle = Brittle::default();
    brittle.0.store(true, Ordering::SeqCst);
    let [a, b] = pair(Bus::builder("B.0").handle(double).layer(brittle.clone())).await;
    for n in [1, 2] {
        assert_eq!(a.send(number(n)).await, Err(SendError::Panicked));
        assert_eq!(b.send(number(n)).await, Err(SendError::Panicked));
    }
    brittle.0.store(false, Ordering::SeqCst);
    assert_eq!(a.send(number(3)).await.unwrap().number, 6);
    assert_eq!(b.send(number(3)).await.unwrap().number, 6);
}

#[tokio::test(start_paused = true)]
async fn tower_s_timeout_ends_a_handler_that_takes_too_long() {
    async fn never(_: Double) -> crate::Result<Doubled, DoubleError> {
        std::future::pending().await
    }
    let [a, b] = pair(
        Bus::builder("B.0")
            .handle(never)
            .layer(TimeoutLayer::new(LONG)),
    )
    .await;
    for _ in 0..2 {
        let ended = a.send(number(1)).await;
        let (code, text) = (0, "a layer ended it: request timed out".into());
        assert_eq!(ended, Err(SendError::Failed { code, text }));
    }
    assert!(b.stop(LONG).await.is_ok(), "nothing runs any more");
}

#[tokio::test(start_paused = true)]
async fn tower_s_limit_of_concurrency_holds_across_the_slots_of_a_queue() {
    #[derive(Clone)]
    struct Gauge {
        running: Arc<AtomicUsize>,
        most: Arc<AtomicUsize>,
        gate: Arc<Semaphore>,
        entered: mpsc::Sender<()>,
    }
    async fn count(_: Double, State(gauge): State<Gauge>) -> crate::Result<Doubled, DoubleError> {
        let running = gauge.running.fetch_add(1, Ordering::SeqCst) + 1;
        gauge.most.fetch_max(running, Ordering::SeqCst);
        gauge.entered.send(()).await?;
        gauge.gate.acquire().await?.forget();
        gauge.running.fetch_sub(1, Ordering::SeqCst);
        Ok(Doubled { number: 0 })
    }
    let (entered, mut entries) = mpsc::channel(64);
    let gauge = Gauge {
        running: Arc::default(),
        most: Arc::default(),
        gate: Arc::new(Semaphore::new(0)),
        entered,
    };
    let limited = count.concurrency(8).layer(ConcurrencyLimitLayer::new(2));
    let [a, _b] = pair(Bus::builder("B.0").handle(limited).state(gauge.clone())).await;
    let sends: Vec<_> = (0..8).map(|n| tokio::spawn(a.send(number(n)))).collect();
    for _ in 0..8 {
        entries.recv().await;
        gauge.gate.add_permits(1);
    }
    for send in sends {
        send.await.unwrap().unwrap();
    }
    assert_eq!(gauge.most.load(Ordering::SeqCst), 2);
}

#[tokio::test(start_paused = true)]
async fn a_body_passes_through_layers_both_ways() {
    async fn upper(_: Double, body: Body) -> crate::Result<(Doubled, Body), DoubleError> {
        let text = body.collect(1024).await?;
        let number = text.len() as u64;
        Ok((Doubled { number }, Body::from(text.to_ascii_uppercase())))
    }
    let [a, _b] = pair(Bus::builder("B.0").handle(upper).layer(trace())).await;
    let sent = a.send(number(1)).body("quiet".to_owned()).with_reply_body();
    let (reply, body) = sent.await.unwrap();
    assert_eq!(reply.number, 5);
    assert_eq!(&body.collect(1024).await.unwrap()[..], b"QUIET");
}

/// What a subscriber has written.
#[derive(Clone, Default)]
struct Page(Arc<Mutex<Vec<u8>>>);

impl Write for Page {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn a_trace_says_type_sender_id_outcome_and_time() {
    let page = Page::default();
    let written = page.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_writer(move || page.clone())
        .with_ansi(false)
        .with_max_level(tracing::Level::DEBUG)
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let [a, _b] = pair(Bus::builder("B.0").handle(double).layer(trace())).await;
    a.send(number(1)).await.unwrap();
    a.send(say("bad")).await.unwrap_err();
    let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
    let line = |words: &str| {
        let found = text.lines().find(|line| line.contains(words));
        found.unwrap_or_else(|| panic!("no {words} in {text}"))
    };
    let good = line("the message was handled");
    assert!(
        good.contains("DEBUG handle{type=\"Test.Double\" from=A.0 id="),
        "{good}"
    );
    assert!(
        good.contains("outcome=\"handled\"") && good.contains("ms="),
        "{good}"
    );
    let bad = line("was not handled: rejected: bad is bad");
    assert!(
        bad.contains("WARN") && bad.contains("outcome=\"rejected\""),
        "{bad}"
    );
}

#[tokio::test(start_paused = true)]
async fn tower_s_layers_lie_around_sends() {
    async fn never(_: Double) -> crate::Result<Doubled, DoubleError> {
        std::future::pending().await
    }
    let [a, b] = pair(Bus::builder("B.0").handle(never)).await;
    let layers = || ServiceBuilder::new().concurrency_limit(4);
    let impatient = layers().timeout(LONG).service(a.service::<Double>());
    let ended = impatient.oneshot(number(1)).await.unwrap_err();
    assert!(ended.is::<tower::timeout::error::Elapsed>(), "{ended}");
    let refused = layers().service(b.service::<Double>()).oneshot(number(1));
    b.stop(LONG).await.unwrap_err();
    assert!(matches!(refused.await, Err(SendError::Stopped { .. })));
}
