//! A start that failed, and what must hold for each of them.

use std::net::UdpSocket;
use std::time::{Duration, Instant};

use quibus::Builder;
use quibus::bus::{DirectoryFailure, StartError};

use super::authorities::{TIMEOUT, free_port, local};

/// What a start may take beyond its time-out: closing takes up to 2 s when nobody answers, and the
/// machine may be busy.
const MARGIN: Duration = Duration::from_secs(4);

/// Why it failed.
#[derive(Debug)]
pub struct FailedStart {
    error: StartError,
}

impl FailedStart {
    /// Starts a bus on a free port, which has to fail in time and leave the port behind as it was.
    pub async fn of(settings: impl FnOnce(u16) -> Builder) -> Self {
        Self::on(free_port(), settings).await
    }

    /// Like [`of`](Self::of), on this port.
    pub async fn on(port: u16, settings: impl FnOnce(u16) -> Builder) -> Self {
        let failed = Self::within_time(settings(port)).await;
        let again = UdpSocket::bind(local(port));
        assert!(again.is_ok(), "port {port}: {again:?} after {failed:?}");
        failed
    }

    /// Starts a bus, which has to fail in time.
    pub async fn within_time(settings: Builder) -> Self {
        let begun = Instant::now();
        let started = tokio::time::timeout(10 * TIMEOUT, settings.start());
        let started = started.await.expect("the start hangs");
        let error = started.map(drop).expect_err("it started");
        let took = begun.elapsed();
        assert!(took < TIMEOUT + MARGIN, "{took:?}: {error}");
        Self { error }
    }

    /// It was for want of a directory, and the text says all this.
    pub fn lacks_a_directory(&self, address: &str, words: &[&str]) {
        let StartError::NoDirectory { peer, failures, .. } = &self.error else {
            panic!("{:?}", self.error)
        };
        assert_eq!(peer, "Shop.0");
        let tried: Vec<_> = failures.iter().map(told_address).collect();
        assert_eq!(tried, [address]);
        self.says(&["Shop.0", address, "1500 ms"]);
        self.says(words);
    }

    /// It was because of the own address, and the text says all this.
    pub fn cannot_listen(&self, words: &[&str]) {
        use quibus::transport::BindError::Address;
        let error = &self.error;
        assert!(
            matches!(error, StartError::Bind(Address { .. })),
            "{error:?}"
        );
        self.says(words);
    }

    /// It was because of the own certificate, and the text says all this.
    pub fn cannot_be_itself(&self, words: &[&str]) {
        use quibus::transport::BindError::Identity;
        let error = &self.error;
        assert!(
            matches!(error, StartError::Bind(Identity { .. })),
            "{error:?}"
        );
        self.says(words);
    }

    fn says(&self, words: &[&str]) {
        says(&self.error, words);
    }
}

/// The text has all these words.
pub fn says(error: &impl std::fmt::Display, words: &[&str]) {
    let text = error.to_string();
    for word in words {
        assert!(text.contains(word), "no {word:?} in: {text}");
    }
}

fn told_address(failure: &DirectoryFailure) -> &str {
    &failure.address
}
