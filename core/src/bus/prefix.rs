//! What stands before a message's own bytes: its id, its headers and the number of its body.

use bytes::{BufMut, BytesMut};

use super::encodable::Encodable;
use crate::id::MessageId;
use crate::message::Headers;
use crate::session::{Head, Outbound, Unaccepted, kind};
use crate::wire::{put_varint, varint_len};

/// A message's encoded prefix: its id and its headers.
#[derive(Clone)]
pub(super) struct Prefix {
    id: MessageId,
    headers: Option<BytesMut>,
    /// The number of the body that the message comes with.
    pub(super) body: Option<u64>,
}

impl Prefix {
    pub(super) fn new(headers: &Headers) -> Result<Self, String> {
        let mut encoded = None;
        if !headers.is_empty() {
            let mut out = BytesMut::with_capacity(headers.encoded_len());
            headers
                .encode(&mut out)
                .map_err(|error| error.to_string())?;
            encoded = Some(out);
        }
        Ok(Self {
            id: MessageId::next(),
            headers: encoded,
            body: None,
        })
    }

    pub(super) fn id(&self) -> MessageId {
        self.id
    }

    pub(super) fn len(&self) -> usize {
        MessageId::STAMP_LEN
            + self.headers.as_ref().map_or(0, |headers| {
                varint_len(headers.len() as u64) + headers.len()
            })
            + self.body.map_or(0, varint_len)
    }

    pub(super) fn has_headers(&self) -> bool {
        self.headers.is_some()
    }

    pub(super) fn put(&self, out: &mut BytesMut) {
        out.put_u64_le(self.id.stamp());
        if let Some(headers) = &self.headers {
            put_varint(out, headers.len() as u64);
            out.put_slice(headers);
        }
        if let Some(body) = self.body {
            put_varint(out, body);
        }
    }

    /// Enters a message with this prefix into its lane; or says why not, and what its codec said.
    pub(super) fn enter(
        &self,
        out: &mut Outbound,
        head: Head,
        message: &dyn Encodable,
    ) -> Result<u64, (Unaccepted, String)> {
        let mut failure = None;
        let accepted = out.accept(head, |buffer| {
            self.put(buffer);
            failure = message.encode(buffer).err();
            failure.is_none()
        });
        accepted.map_err(|refused| {
            let reason = failure.unwrap_or_else(|| "its codec wrote another length".into());
            (refused, reason)
        })
    }

    /// The kind of a message of `plain` kind with this prefix.
    pub(super) fn kind(&self, plain: u8) -> u8 {
        let body = self.body.map_or(0, |_| kind::WITH_BODY);
        if self.headers.is_some() {
            plain | body | kind::HEADERS
        } else {
            plain | body
        }
    }
}
