//! What a handler starts from.

use std::any::Any;
use std::cell::RefCell;

use bytes::Bytes;
use tokio::time::Instant;

use super::attached::Attached;
use super::{Sender, States};
use crate::id::MessageId;
use crate::message::{DecodeError, HeaderError, HeaderView, Headers, Message, decode_within};

/// One message on its way into one handler, with everything an extractor may ask for.
#[derive(Debug)]
pub struct Delivery<'a> {
    pub(crate) body: Body<'a>,
    pub(crate) id: MessageId,
    pub(crate) sender: &'a Sender,
    pub(crate) headers: HeaderView<'a>,
    pub(crate) deadline: Option<Instant>,
    pub(crate) states: &'a States,
    pub(crate) attached: RefCell<Attached<'a>>,
}

/// The message itself.
#[derive(Debug)]
pub(crate) enum Body<'a> {
    /// As it travelled.
    Encoded {
        bytes: &'a [u8],
        /// What they lie in, and their value may go on sharing.
        within: &'a Bytes,
    },
    /// The value itself, from this process.
    Local(Box<dyn Any + Send>),
}

impl<'a> Delivery<'a> {
    /// The message's id.
    pub fn message_id(&self) -> MessageId {
        self.id
    }

    /// Who sent it.
    pub fn sender(&self) -> &'a Sender {
        self.sender
    }

    /// The value of one header.
    pub fn header(&self, name: &str) -> Option<&'a str> {
        self.headers.get(name)
    }

    /// All headers; an error if what travelled is none.
    pub fn headers(&self) -> Result<Headers, HeaderError> {
        self.headers.to_headers()
    }

    /// Until when the sender of a command awaits its outcome; `None` for an event.
    pub fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// The state of this type that was given with `.state(…)`.
    pub fn state<T: Any>(&self) -> Option<&'a T> {
        self.states.get()
    }

    /// Takes the message, once; called by what the derives write.
    #[doc(hidden)]
    pub fn take_message<M: Message>(&mut self) -> Result<M, DecodeError> {
        match &mut self.body {
            Body::Encoded { bytes, within } => decode_within::<M, M::Codec>(bytes, within),
            Body::Local(value) => match std::mem::replace(value, Box::new(())).downcast() {
                Ok(message) => Ok(*message),
                Err(_) => Err(DecodeError::new(format_args!(
                    "the value handed over in this process is no {}",
                    M::NAME
                ))),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::FromDelivery;
    use super::*;
    use crate::id::{Identity, PeerId};
    use crate::message::{Codec, SHARED_FROM};

    #[derive(Clone, PartialEq, ::prost::Message, quibus::Event)]
    #[quibus(namespace = "Shop")]
    struct Sold {}

    fn with<T>(body: Body<'_>, headers: &[u8], look: impl FnOnce(Delivery<'_>) -> T) -> T {
        let peer = PeerId::new("Web.3").unwrap();
        let sender = Sender::new(peer.clone(), Identity::Peer(peer));
        look(Delivery {
            body,
            id: MessageId::next(),
            sender: &sender,
            headers: HeaderView::new(headers).unwrap(),
            deadline: None,
            states: &States::new(),
            attached: Attached::None.held(),
        })
    }

    #[test]
    fn a_value_of_another_type_is_no_message() {
        let taken = |body| with(body, &[], |mut delivery| delivery.take_message::<Sold>());
        assert_eq!(taken(Body::Local(Box::new(Sold {}))), Ok(Sold {}));
        let refused = taken(Body::Local(Box::new("text"))).unwrap_err();
        assert!(refused.to_string().contains("Shop.Sold"), "{refused}");
    }

    #[derive(Clone, PartialEq, ::prost::Message, quibus::Event)]
    #[quibus(namespace = "Shop")]
    struct Pictured {
        #[prost(bytes = "bytes", tag = "1")]
        picture: Bytes,
    }

    #[test]
    fn a_large_message_shares_what_it_came_in_and_a_small_one_does_not() {
        for len in [SHARED_FROM - 100, SHARED_FROM] {
            let picture = vec![7; len].into();
            let mut chunk = bytes::BytesMut::from(&b"head"[..]);
            <Pictured as Message>::Codec::encode(&Pictured { picture }, &mut chunk).unwrap();
            let chunk = chunk.freeze();
            let (bytes, within) = (&chunk[4..], &chunk);
            let taken = with(Body::Encoded { bytes, within }, &[], |mut delivery| {
                delivery.take_message::<Pictured>()
            });
            let picture = taken.unwrap().picture;
            let shared = chunk.as_ptr_range().contains(&picture.as_ptr());
            assert_eq!((picture.len(), shared), (len, len == SHARED_FROM));
        }
    }

    #[test]
    fn a_local_message_is_taken_once() {
        with(Body::Local(Box::new(Sold {})), &[], |mut delivery| {
            assert!(delivery.take_message::<Sold>().is_ok());
            assert!(delivery.take_message::<Sold>().is_err());
        });
    }

    #[test]
    fn illegal_headers_trouble_only_who_asks_for_all_of_them() {
        let bytes = b"\x01a\x011\x09";
        let body = Body::Encoded {
            bytes: &[],
            within: &Bytes::new(),
        };
        with(body, bytes, |mut delivery| {
            assert_eq!(
                (delivery.header("a"), delivery.header("b")),
                (Some("1"), None)
            );
            assert!(Headers::from_delivery(&delivery).is_err());
            assert_eq!(delivery.take_message(), Ok(Sold {}));
        });
    }
}
