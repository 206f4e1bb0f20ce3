//! The threads of who publishes, sends and handles, where they are not the bus's own.

use std::future::Future;

use tokio::runtime::{Builder, Handle, Runtime};

use crate::Outcome;
use crate::settings::Layout;

/// As many as the transport of either process leaves on a machine of four.
const THREADS: usize = 2;

/// The threads of who publishes, sends and handles.
#[derive(Debug)]
pub(crate) struct Users(Option<Runtime>);

impl Users {
    pub(crate) fn new(layout: Layout) -> Outcome<Self> {
        let runtime = match layout {
            Layout::One => None,
            Layout::Split => Some(
                Builder::new_multi_thread()
                    .worker_threads(THREADS)
                    .enable_all()
                    .build()?,
            ),
        };
        Ok(Self(runtime))
    }

    /// Where handlers run, if not with the bus.
    pub(crate) fn handle(&self) -> Option<&Handle> {
        self.0.as_ref().map(Runtime::handle)
    }

    /// Runs `work` there, as the main task of a program does, and what it spawns.
    pub(crate) async fn run<T, F>(&self, work: impl FnOnce() -> F + Send + 'static) -> Outcome<T>
    where
        T: Send + 'static,
        F: Future<Output = Outcome<T>>,
    {
        let Some(runtime) = self.handle() else {
            return work().await;
        };
        let main = runtime.clone();
        let ran = runtime.spawn_blocking(move || main.block_on(work()));
        ran.await?
    }
}

impl Drop for Users {
    /// Within a runtime another one must not be waited for.
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
