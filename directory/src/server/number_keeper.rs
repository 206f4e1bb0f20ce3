//! Keeps the numbers that are given growing from run to run.

use std::sync::Arc;
use std::time::Duration;

use quibus::Incarnation;
use tokio::sync::Mutex;

use crate::data_folder::DataFolder;

/// A registration waits no longer for the disk: one that stands still must not keep everybody out.
const PATIENCE: Duration = Duration::from_secs(1);

/// Keeps the numbers that are given growing from run to run, if there is a data folder.
#[derive(Debug)]
pub(super) struct NumberKeeper {
    data: Option<Arc<DataFolder>>,
    /// Held while the file is written: one thread at most waits for the disk.
    writing: Arc<Mutex<()>>,
}

impl NumberKeeper {
    pub(super) fn new(data: Option<Arc<DataFolder>>) -> Self {
        Self {
            data,
            writing: Arc::default(),
        }
    }

    /// Sees to it that the next run gives greater numbers than `given`, before anybody is told of
    /// it.
    pub(super) async fn keep_above(&self, given: Incarnation) {
        let Some(data) = self.data.clone().filter(|data| !data.is_above(given)) else {
            return;
        };
        let writing = self.writing.clone();
        let kept = async move {
            let one = writing.lock_owned().await;
            let write = move || {
                let _one = one;
                data.keep_above(given)
            };
            tokio::task::spawn_blocking(write).await
        };
        let fault = match tokio::time::timeout(PATIENCE, kept).await {
            Ok(Ok(Err(fault))) => fault.to_string(),
            Ok(_) => return,
            Err(_) => format!("no answer within {} s", PATIENCE.as_secs()),
        };
        tracing::error!(
            fault,
            "the data folder's file `boot` cannot be written: if the clock goes back, the next \
             run of this server gives numbers that were given before"
        );
    }
}
