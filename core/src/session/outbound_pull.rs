//! What the transport writes next: the outgoing buffer, then what the log still owes the link (R6).

use std::task::Waker;

use bytes::{Bytes, BytesMut};

use super::lane_writer::{LaneWriter, is_typed};
use super::link_id::LinkId;
use super::log_entry::Content;
use super::outbound::{HIGH_WATER, LARGE, Outbound};

/// Bytes reserved for what is pulled at once out of the log while catching up: no less than what
/// the outgoing buffer holds, and room for the message that reaches that.
const ROOM: usize = 64 << 10;

impl Outbound {
    /// Hands the transport what is to be written next on `link`. `None`: the lane has ended there.
    /// `Some(false)`: nothing now; `waker` is woken when there is.
    pub(crate) fn pull(
        &mut self,
        link: LinkId,
        chunks: &mut Vec<Bytes>,
        waker: &Waker,
    ) -> Option<bool> {
        let stream = self.stream.as_mut().filter(|stream| stream.link == link)?;
        if stream.live
            && let Some(bytes) = self.log.close_open()
        {
            stream.ready.push_back(bytes);
        }
        chunks.extend(stream.opening.take());
        chunks.extend(stream.ready.drain(..));
        stream.ready_len = 0;
        self.tell_missed();
        self.append_from_log(chunks);
        if !chunks.is_empty() {
            return Some(true);
        }
        let stream = self.stream.as_mut()?;
        if !stream
            .transport
            .as_ref()
            .is_some_and(|kept| kept.will_wake(waker))
        {
            stream.transport = Some(waker.clone());
        }
        Some(false)
    }

    pub(super) fn can_append_from_log(&self) -> bool {
        self.cursor < self.next() && (self.cursor < self.freed() || self.may_append(self.cursor))
    }

    /// R6, append: there is credit, or it was appended before, or nothing is outstanding.
    fn may_append(&self, sequence: u64) -> bool {
        let Some(entry) = self.log.get(sequence) else {
            return false;
        };
        entry.appended || sequence == self.freed() || entry.cost_up_to <= self.credit
    }

    /// Appends logged messages to the current link, a batch at most.
    fn append_from_log(&mut self, chunks: &mut Vec<Bytes>) {
        let mut out = BytesMut::new();
        let mut len = 0;
        if self.cursor < self.freed() {
            LaneWriter::put_skip(&mut out, self.freed() - self.cursor);
            self.cursor = self.freed();
        }
        while len < HIGH_WATER && self.cursor < self.next() && self.may_append(self.cursor) {
            len += self.append_one(&mut out, chunks);
        }
        if !out.is_empty() {
            chunks.push(out.freeze());
        }
    }

    fn append_one(&mut self, out: &mut BytesMut, chunks: &mut Vec<Bytes>) -> usize {
        let (Some(stream), Some(entry)) = (&mut self.stream, self.log.get(self.cursor)) else {
            return HIGH_WATER;
        };
        let place = match entry.content {
            Content::Body(place) => place,
            Content::Missed(count) => {
                LaneWriter::put_missed(out, count);
                self.mark_appended(1);
                return 0;
            }
            Content::Void => {
                let from = self.cursor;
                let run = (from..self.next())
                    .take_while(|n| self.log.get(*n).is_some_and(|e| e.content == Content::Void));
                let count = run.count() as u64;
                LaneWriter::put_skip(out, count);
                self.mark_appended(count);
                return 0;
            }
        };
        if out.capacity() == 0 {
            out.reserve(ROOM);
        }
        let before = out.len();
        if is_typed(&entry) {
            stream.writer.announce(out, &self.types, entry.type_index);
        }
        let body = self.log.body_slice(place);
        stream.writer.put_head(
            out,
            entry.kind,
            entry.type_index,
            entry.deadline,
            body.len(),
        );
        if body.len() >= LARGE {
            let len = body.len();
            chunks.push(out.split().freeze());
            chunks.push(self.log.body(place));
            self.mark_appended(1);
            return len;
        }
        out.extend_from_slice(body);
        self.mark_appended(1);
        out.len() - before
    }

    fn mark_appended(&mut self, count: u64) {
        for sequence in self.cursor..self.cursor + count {
            self.resent += u64::from(self.log.append(sequence));
        }
        self.cursor += count;
    }
}
