//! Answering a command with a reply that a body belongs to.

use bytes::BytesMut;
use tokio::time::Instant;

use super::attached::BODY_WAITS;
use super::run::Run;
use super::verdict::Verdict;
use super::work::Origin;
use crate::session::MAX_FRAME;

/// Bytes of the outcome's frame beside the reply, at most.
const REST: usize = 64;

/// Owes the reply's body to the command's sender. The reply's verdict, which names it.
pub(super) fn reply_with_body(origin: &Origin, epoch: u64, slot: &mut dyn Run) -> Verdict {
    let Some(body) = slot.take_body() else {
        return Verdict::Failed("the reply's body is gone".into());
    };
    let mut reply = BytesMut::with_capacity(slot.reply_len());
    if let Err(error) = slot.encode_reply(&mut reply) {
        return Verdict::Failed(error.to_string());
    }
    let (len, limit) = (reply.len(), MAX_FRAME - REST);
    if len > limit {
        return Verdict::Failed(format!("the reply has {len} bytes, at most {limit} travel"));
    }
    let peer = &origin.peer;
    match peer.owe_reply_body(body, epoch, Instant::now() + BODY_WAITS) {
        Some(number) => Verdict::ReplyWithBody(number, reply.freeze()),
        None => Verdict::Failed(format!(
            "too many bodies of replies wait for {} to read them",
            peer.id()
        )),
    }
}
