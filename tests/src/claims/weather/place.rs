//! A thread that one side of a measurement lives on.

use tokio::runtime::{Builder, Runtime};

use super::LIMIT;
use crate::claims::Untried;

/// A runtime with one thread, as a service with a core to itself has.
#[derive(Debug)]
pub struct Place(Runtime);

impl Place {
    /// Starts the thread.
    ///
    /// # Errors
    /// If the machine gives none.
    pub fn new(name: &str) -> Result<Self, Untried> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name(name)
            .enable_all()
            .build()?;
        Ok(Self(runtime))
    }

    /// Runs something there to its end.
    ///
    /// # Errors
    /// Its own, or that it hangs.
    pub fn run<T: Send + 'static>(
        &self,
        what: impl Future<Output = Result<T, Untried>> + Send + 'static,
    ) -> Result<T, Untried> {
        let limited = async {
            match tokio::time::timeout(LIMIT, what).await {
                Ok(result) => result,
                Err(_) => Err(format!("no end after {} s", LIMIT.as_secs()).into()),
            }
        };
        self.0.block_on(self.0.spawn(limited))?
    }
}
