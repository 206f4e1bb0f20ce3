//! The bytes that are moved: made as they are asked for, and weighed as they come.

use std::hash::{DefaultHasher, Hasher};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use quibus::{Body, BodyError};
use tokio::io::{AsyncRead, ReadBuf};

use super::contract::Weight;

/// Random bytes that repeat after a prime number of them: a piece that is lost, doubled or out of
/// its place changes what the whole weighs.
const PERIOD: usize = 65_521;

/// So many bytes.
pub(super) struct Matter {
    at: u64,
    end: u64,
    pattern: Vec<u8>,
}

impl Matter {
    pub(super) fn of(bytes: u64) -> Self {
        let mut pattern = vec![0; PERIOD];
        fastrand::Rng::with_seed(1).fill(&mut pattern);
        Self {
            at: 0,
            end: bytes,
            pattern,
        }
    }

    /// What weighing all of it has to give.
    pub(super) fn weight(bytes: u64) -> Weight {
        let mut matter = Self::of(bytes);
        let mut scales = Scales::default();
        while let Some(some) = matter.next(PERIOD) {
            scales.add(some);
        }
        scales.weight()
    }

    /// The next bytes, at most so many; `None` after the last.
    fn next(&mut self, most: usize) -> Option<&[u8]> {
        let begin = (self.at % PERIOD as u64) as usize;
        let left = usize::try_from(self.end - self.at).unwrap_or(usize::MAX);
        let len = left.min(most).min(PERIOD - begin);
        self.at += len as u64;
        (len > 0).then(|| &self.pattern[begin..begin + len])
    }
}

impl AsyncRead for Matter {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        while let Some(some) = self.next(buffer.remaining()) {
            buffer.put_slice(some);
        }
        Poll::Ready(Ok(()))
    }
}

#[derive(Default)]
struct Scales {
    bytes: u64,
    hasher: DefaultHasher,
}

impl Scales {
    fn add(&mut self, some: &[u8]) {
        self.bytes += some.len() as u64;
        self.hasher.write(some);
    }

    fn weight(&self) -> Weight {
        Weight {
            bytes: self.bytes,
            hash: self.hasher.finish(),
        }
    }
}

/// Reads a body to its end, keeping nothing of it.
pub(super) async fn weigh(mut body: Body) -> Result<Weight, BodyError> {
    let mut scales = Scales::default();
    while let Some(bytes) = body.chunk().await {
        scales.add(&bytes?);
    }
    Ok(scales.weight())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_arrives_weighs_what_was_made_and_a_byte_more_or_less_does_not() {
        let weight = |bytes| weigh(Body::from_reader(Matter::of(bytes)));
        for bytes in [0, 1, PERIOD as u64, 1 << 20] {
            assert_eq!(weight(bytes).await, Ok(Matter::weight(bytes)));
            assert_ne!(weight(bytes + 1).await, Ok(Matter::weight(bytes)));
        }
    }
}
