//! Code of a user that runs where the bus writes its log.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use tracing::subscriber::DefaultGuard;

type Act = Box<dyn FnOnce() + Send>;

#[derive(Clone)]
struct Hook {
    words: &'static str,
    act: Arc<Mutex<Option<Act>>>,
}

impl Write for Hook {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if String::from_utf8_lossy(bytes).contains(self.words) {
            let act = self.act.lock().unwrap().take();
            act.into_iter().for_each(|act| act());
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
    let act: Act = Box::new(act);
    let act = Arc::new(Mutex::new(Some(act)));
    let hook = Hook { words, act };
    let subscriber = tracing_subscriber::fmt()
        .with_writer(move || hook.clone())
        .with_ansi(false)
        .finish();
    tracing::subscriber::set_default(subscriber)
}
