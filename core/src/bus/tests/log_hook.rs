//! Code of a user that runs where the bus writes its log.

use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tracing::subscriber::DefaultGuard;

type Act = Box<dyn FnMut() + Send>;

#[derive(Clone)]
struct Hook {
    words: &'static str,
    act: Arc<Mutex<Option<Act>>>,
}

impl Hook {
    /// Acts, unless that is why this is logged.
    fn act(&self) {
        let act = self.act.lock().unwrap().take();
        if let Some(mut act) = act {
            let acted = catch_unwind(AssertUnwindSafe(&mut act));
            *self.act.lock().unwrap() = Some(act);
            acted.unwrap_or_else(|panic| resume_unwind(panic));
        }
    }
}

impl Write for Hook {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if String::from_utf8_lossy(bytes).contains(self.words) {
            self.act();
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Does something when this thread logs these words for the first time.
pub(super) fn when_logged(
    words: &'static str,
    act: impl FnOnce() + Send + 'static,
) -> DefaultGuard {
    let mut first = Some(act);
    whenever_logged(words, move || {
        first.take().into_iter().for_each(|act| act())
    })
}

/// How often this thread has logged these words.
pub(super) fn count_logged(words: &'static str) -> (Arc<AtomicUsize>, DefaultGuard) {
    let lines = Arc::<AtomicUsize>::default();
    let count = lines.clone();
    let hook = whenever_logged(words, move || {
        count.fetch_add(1, Ordering::Relaxed);
    });
    (lines, hook)
}

/// Does something whenever this thread logs these words.
pub(super) fn whenever_logged(
    words: &'static str,
    act: impl FnMut() + Send + 'static,
) -> DefaultGuard {
    let act: Act = Box::new(act);
    let act = Arc::new(Mutex::new(Some(act)));
    let hook = Hook { words, act };
    let subscriber = tracing_subscriber::fmt()
        .with_writer(move || hook.clone())
        .with_ansi(false)
        .finish();
    tracing::subscriber::set_default(subscriber)
}
