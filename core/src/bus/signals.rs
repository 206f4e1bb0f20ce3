//! How a process is asked to end.

use std::io;

/// Requests to end the process: SIGTERM and SIGINT, elsewhere Ctrl-C.
///
/// A program that says when it can be stopped listens before it says so: until then the system
/// ends it at once, whatever it has begun.
#[derive(Debug)]
pub struct Signals {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
}

/// Pairs of sockets that there has to be room for: a runtime with signals opens six descriptors.
const RUNTIME: usize = 3;
/// And a bus on it as many when it starts.
const BUS: usize = 3;

impl Signals {
    /// Whether a process may open what a tokio runtime that knows signals and a bus on it need to
    /// begin with: twelve descriptors.
    ///
    /// Where it may not, building such a runtime panics (tokio 1.54). A program that builds its own
    /// asks before, and says what is wrong.
    ///
    /// # Errors
    /// What the system says: too many files are open.
    pub fn check_room() -> io::Result<()> {
        check(RUNTIME + BUS)
    }

    /// As [`check_room`](Self::check_room), for a program that starts no bus: six descriptors.
    ///
    /// # Errors
    /// As there.
    pub fn check_room_without_bus() -> io::Result<()> {
        check(RUNTIME)
    }

    /// From here on the process is asked instead of killed. Needs a tokio runtime.
    ///
    /// # Errors
    /// If the system gives no handler.
    pub fn listen() -> io::Result<Self> {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            Ok(Self {
                terminate: signal(SignalKind::terminate())?,
                interrupt: signal(SignalKind::interrupt())?,
            })
        }
        #[cfg(not(unix))]
        Ok(Self {})
    }

    /// Waits for the next request; returns its name.
    pub async fn next(&mut self) -> &'static str {
        #[cfg(unix)]
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
        #[cfg(not(unix))]
        {
            // Without a console nobody can ask.
            if tokio::signal::ctrl_c().await.is_err() {
                std::future::pending::<()>().await;
            }
            "Ctrl-C"
        }
    }
}

/// Whether so many pairs of descriptors can be opened; elsewhere than on Unix nobody asks.
fn check(pairs: usize) -> io::Result<()> {
    #[cfg(unix)]
    let _held = (0..pairs)
        .map(|_| std::os::unix::net::UnixStream::pair())
        .collect::<io::Result<Vec<_>>>()?;
    #[cfg(not(unix))]
    let _ = pairs;
    Ok(())
}
