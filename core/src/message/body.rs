//! What is too large for a message, as a stream.

use std::fmt;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use futures_core::Stream;
use tokio::io::{AsyncBufRead, AsyncRead};
use tokio_util::io::{ReaderStream, StreamReader};

use super::{BodyError, bounded_text};

/// Bytes read at once from an `AsyncRead`.
const READ: usize = 64 << 10;

/// Bytes that belong to a command or to a reply and don't have to fit into memory: a stream of
/// chunks that moves as fast as its reader reads.
///
/// It is made of bytes, of a stream, or of an `AsyncRead`, and read as a stream, as an `AsyncRead`
/// or [collected](Self::collect). Dropping it cancels it: what it was made of is dropped, wherever
/// that is. A body that ends without an error is whole; one whose link breaks half-way, or whose
/// sender gives it up, ends with a [`BodyError`].
///
/// Between two peers 128 KiB of a body are on their way, more where the way is long (at most 8 MiB,
/// out of the memory budget), and four bodies in each direction
/// at once; further ones wait, at most for as long as their message may take.
///
/// ```
/// use quibus::message::Body;
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let mut body = Body::from("so many words");
/// assert_eq!(body.chunk().await.unwrap()?, "so many words");
/// assert!(body.chunk().await.is_none());
/// # Ok::<(), quibus::message::BodyError>(())
/// # }).unwrap();
/// ```
#[derive(Default)]
pub struct Body {
    source: Source,
}

#[derive(Default)]
enum Source {
    #[default]
    Over,
    Whole(Bytes),
    Stream(BoxedSource),
}

type BoxedSource = Pin<Box<dyn Stream<Item = Result<Bytes, BodyError>> + Send>>;

impl Body {
    /// A body of no bytes.
    pub fn empty() -> Self {
        Self::default()
    }

    /// A body of what a stream yields. Its first error ends the body, at the reader as
    /// [`BodyError::Failed`] with its text.
    pub fn from_stream<S, E>(stream: S) -> Self
    where
        S: Stream<Item = Result<Bytes, E>> + Send + 'static,
        E: fmt::Display + 'static,
    {
        Self::of(Fallible(Some(Box::pin(stream))))
    }

    /// A body of what is read until the end, 64 KiB at a time.
    pub fn from_reader(reader: impl AsyncRead + Send + 'static) -> Self {
        Self::from_stream(ReaderStream::with_capacity(reader, READ))
    }

    /// A body whose errors are told already.
    pub(crate) fn of(
        source: impl Stream<Item = Result<Bytes, BodyError>> + Send + 'static,
    ) -> Self {
        Self {
            source: Source::Stream(Box::pin(source)),
        }
    }

    /// The next bytes, never none; `None` after the last.
    ///
    /// # Errors
    /// If there is no further chunk though the body is not over; after it there is nothing.
    pub async fn chunk(&mut self) -> Option<Result<Bytes, BodyError>> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }

    /// All of it, if it has at most `limit` bytes.
    ///
    /// # Errors
    /// [`BodyError::TooLarge`] as soon as that is known, and whatever ends the body before its end.
    pub async fn collect(mut self, limit: usize) -> Result<Bytes, BodyError> {
        let mut whole = Bytes::new();
        let mut more = BytesMut::new();
        while let Some(chunk) = self.chunk().await {
            let chunk = chunk?;
            if whole.len() + more.len() + chunk.len() > limit {
                return Err(BodyError::TooLarge { limit });
            }
            if whole.is_empty() && more.is_empty() {
                // One chunk alone, as a small body is, is not copied.
                whole = chunk;
                continue;
            }
            more.extend_from_slice(&std::mem::take(&mut whole));
            more.extend_from_slice(&chunk);
        }
        Ok(if more.is_empty() {
            whole
        } else {
            more.freeze()
        })
    }

    /// The body to be read through tokio's traits; its errors become `io::Error`s.
    pub fn into_reader(self) -> impl AsyncBufRead + Send + Unpin {
        StreamReader::new(self)
    }
}

impl Stream for Body {
    type Item = Result<Bytes, BodyError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = match &mut self.source {
            Source::Over => None,
            Source::Whole(bytes) => {
                let bytes = std::mem::take(bytes);
                self.source = Source::Over;
                return Poll::Ready((!bytes.is_empty()).then_some(Ok(bytes)));
            }
            Source::Stream(stream) => loop {
                match stream.as_mut().poll_next(context) {
                    Poll::Pending => return Poll::Pending,
                    Poll::Ready(Some(Ok(bytes))) if bytes.is_empty() => {}
                    Poll::Ready(next) => break next,
                }
            },
        };
        if !matches!(next, Some(Ok(_))) {
            self.source = Source::Over;
        }
        Poll::Ready(next)
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self {
            source: Source::Whole(bytes),
        }
    }
}

impl From<Vec<u8>> for Body {
    fn from(bytes: Vec<u8>) -> Self {
        Bytes::from(bytes).into()
    }
}

impl From<String> for Body {
    fn from(text: String) -> Self {
        Bytes::from(text).into()
    }
}

impl From<&'static [u8]> for Body {
    fn from(bytes: &'static [u8]) -> Self {
        Bytes::from_static(bytes).into()
    }
}

impl From<&'static str> for Body {
    fn from(text: &'static str) -> Self {
        Bytes::from_static(text.as_bytes()).into()
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.source {
            Source::Over => f.write_str("Body(over)"),
            Source::Whole(bytes) => write!(f, "Body({} bytes)", bytes.len()),
            Source::Stream(_) => f.write_str("Body(…)"),
        }
    }
}

/// A user's stream; polled no more after its first error.
struct Fallible<S>(Option<Pin<Box<S>>>);

impl<S> Fallible<S> {
    /// Drops the stream. That is code of its user, so it may panic: whoever drops a body, for
    /// instance the one task that looks at all deadlines, does not end by that.
    fn end(&mut self) {
        let stream = self.0.take();
        if catch_unwind(AssertUnwindSafe(|| drop(stream))).is_err() {
            tracing::error!("what a body was made of panicked when it was dropped");
        }
    }
}

impl<S> Drop for Fallible<S> {
    fn drop(&mut self) {
        self.end();
    }
}

impl<S, E> Stream for Fallible<S>
where
    S: Stream<Item = Result<Bytes, E>>,
    E: fmt::Display + 'static,
{
    type Item = Result<Bytes, BodyError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(stream) = &mut self.0 else {
            return Poll::Ready(None);
        };
        let Poll::Ready(next) = stream.as_mut().poll_next(context) else {
            return Poll::Pending;
        };
        Poll::Ready(match next {
            Some(Ok(bytes)) => Some(Ok(bytes)),
            Some(Err(error)) => {
                self.end();
                let text = bounded_text(&error);
                Some(Err(BodyError::Failed { text }))
            }
            None => {
                self.end();
                None
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;

    use super::*;

    struct Pieces(Vec<Result<Bytes, &'static str>>);

    impl Stream for Pieces {
        type Item = Result<Bytes, &'static str>;

        fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
            Poll::Ready((!self.0.is_empty()).then(|| self.0.remove(0)))
        }
    }

    fn pieces(texts: &[&'static str]) -> Body {
        let text = |text: &&'static str| Ok(Bytes::from_static(text.as_bytes()));
        Body::from_stream(Pieces(texts.iter().map(text).collect()))
    }

    #[tokio::test]
    async fn a_body_is_collected_up_to_its_reader_s_limit() {
        let whole = pieces(&["ab", "", "c"]).collect(3).await;
        assert_eq!(whole, Ok(Bytes::from_static(b"abc")));
        let more = pieces(&["ab", "c"]).collect(2).await;
        assert_eq!(more, Err(BodyError::TooLarge { limit: 2 }));
        assert_eq!(Body::empty().collect(0).await, Ok(Bytes::new()));
        assert_eq!(
            Body::from("x").collect(9).await,
            Ok(Bytes::from_static(b"x"))
        );
    }

    #[tokio::test]
    async fn a_source_s_first_error_ends_the_body() {
        let next = Ok(Bytes::from_static(b"a"));
        let mut body = Body::from_stream(Pieces(vec![next.clone(), Err("no disk"), next]));
        assert_eq!(body.chunk().await, Some(Ok(Bytes::from_static(b"a"))));
        let text = "no disk".to_owned();
        assert_eq!(body.chunk().await, Some(Err(BodyError::Failed { text })));
        assert_eq!(body.chunk().await, None);
    }

    #[tokio::test]
    async fn a_body_is_read_and_made_through_the_traits_of_tokio() {
        let mut text = String::new();
        let through = Body::from_reader(pieces(&["some ", "words"]).into_reader());
        let mut reader = through.into_reader();
        assert_eq!(reader.read_to_string(&mut text).await.unwrap(), 10);
        assert_eq!(text, "some words");
        let failing = Body::from_stream(Pieces(vec![Err("no disk")]));
        let error = failing
            .into_reader()
            .read_u8()
            .await
            .expect_err("the source fails");
        assert!(BodyError::lost_in(&error).is_some());
    }

    struct Fragile;

    impl Stream for Fragile {
        type Item = Result<Bytes, &'static str>;

        fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
            Poll::Ready(None)
        }
    }

    impl Drop for Fragile {
        fn drop(&mut self) {
            panic!("as asked");
        }
    }

    #[tokio::test]
    async fn a_source_that_panics_when_it_is_dropped_harms_nobody() {
        drop(Body::from_stream(Fragile));
        let mut read = Body::from_stream(Fragile);
        assert_eq!(read.chunk().await, None);
    }
}
