//! Two handlers of one command that come at the same moment (promise 22).

use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use tower::Layer;

use super::rig::*;
use crate::bus::{Bus, Live, SendError, SubscribeError};
use crate::layer::HandlerService;
use crate::testing::MemoryNetwork;

/// Subscribes a handler of the same command while one is being subscribed, as another thread may.
#[derive(Clone, Default)]
struct Meanwhile {
    bus: Arc<Mutex<Option<Bus>>>,
    subscribed: Arc<Mutex<Option<Result<Live, SubscribeError>>>>,
}

impl Layer<HandlerService> for Meanwhile {
    type Service = HandlerService;

    fn layer(&self, inner: HandlerService) -> HandlerService {
        let bus = self.bus.lock().unwrap().take();
        if let Some(bus) = bus {
            let mut subscribing = Box::pin(bus.subscribe(double));
            let context = &mut Context::from_waker(Waker::noop());
            let Poll::Ready(ended) = subscribing.as_mut().poll(context) else {
                panic!("who has no directory to tell waits for nobody");
            };
            *self.subscribed.lock().unwrap() = Some(ended);
        }
        inner
    }
}

#[tokio::test(start_paused = true)]
async fn of_two_handlers_of_one_command_that_come_at_once_one_is_refused_and_leaves_nothing() {
    let net = MemoryNetwork::seeded(1);
    let meanwhile = Meanwhile::default();
    let a = Bus::builder("A.0").layer(meanwhile.clone());
    let [a] = start(&net, [("A.0", a)]).await.try_into().unwrap();
    *meanwhile.bus.lock().unwrap() = Some(a.clone());
    let refused = a.subscribe(double).await.unwrap_err();
    let twin = "Test.Double has a handler here already, and only one can give its reply";
    assert_eq!(refused, SubscribeError::Handler(twin.into()));

    let subscribed = meanwhile.subscribed.lock().unwrap().take();
    let live = subscribed.unwrap().unwrap();
    assert_eq!(a.send(number(2)).await.unwrap().number, 4);
    drop(live);
    let command = "Test.Double";
    assert_eq!(
        a.send(number(2)).await,
        Err(SendError::NoPeer { command }),
        "only one was counted"
    );
    let _again = a.subscribe(double).await.unwrap();
    assert_eq!(a.send(number(3)).await.unwrap().number, 6);
}
