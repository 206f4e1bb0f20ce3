//! Running a handler with its layers.

use std::any::Any;
use std::panic::resume_unwind;
use std::task::{Context, Poll, ready};

use bytes::BytesMut;
use tower_service::Service;

use super::super::{BoxError, Completion, Delivery, Run, StartError, Verdict};
use super::call::Call;
use super::handler_service::{HandlerFuture, HandlerService};
use super::outcome::{Outcome, Reply};
use super::prepare::Prepare;
use crate::message::{Body, EncodeError, bounded_text};

/// A place for one run at a time of a handler with its layers.
pub(in crate::dispatch) struct LayeredSlot {
    message_type: &'static str,
    preparer: Box<dyn Prepare>,
    service: HandlerService,
    stage: Stage,
    reply: Option<Reply>,
}

enum Stage {
    Idle,
    /// The outermost layer is not ready yet.
    Waiting(Call),
    Running(HandlerFuture),
}

impl LayeredSlot {
    pub(in crate::dispatch) fn new(
        message_type: &'static str,
        preparer: Box<dyn Prepare>,
        service: HandlerService,
    ) -> Self {
        Self {
            message_type,
            preparer,
            service,
            stage: Stage::Idle,
            reply: None,
        }
    }

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        if !matches!(self.stage, Stage::Waiting(_)) {
            return Poll::Ready(Ok(()));
        }
        let readied = ready!(self.service.poll_ready(context));
        if let Stage::Waiting(call) = std::mem::replace(&mut self.stage, Stage::Idle)
            && readied.is_ok()
        {
            self.stage = Stage::Running(self.service.call(call));
        }
        Poll::Ready(readied)
    }

    fn poll_outcome(&mut self, context: &mut Context<'_>) -> Poll<Result<Outcome, BoxError>> {
        ready!(self.poll_ready(context))?;
        let Stage::Running(running) = &mut self.stage else {
            return Poll::Ready(Err("the slot runs nothing".into()));
        };
        let ended = ready!(running.as_mut().poll(context));
        self.stage = Stage::Idle;
        Poll::Ready(ended)
    }

    fn complete(&mut self, outcome: Outcome) -> Completion {
        match outcome {
            Outcome::Handled(reply) => {
                let with_body = reply.body.is_some();
                self.reply = Some(reply);
                match with_body {
                    true => Completion::HandledWithBody,
                    false => Completion::Handled,
                }
            }
            Outcome::Rejected(error) => Completion::Rejected(error),
            Outcome::Failed(text) => Completion::Failed(text),
            Outcome::BodyBroken(text) => Completion::BodyBroken(text),
            // To the queue it is a panic like that of any handler.
            Outcome::Panicked(payload) => resume_unwind(payload.into_inner()),
            Outcome::Undecodable(text) => Completion::Ended(Verdict::Undecodable(text)),
            Outcome::Refused(text) => Completion::Ended(Verdict::Refused(bounded_text(&text))),
            Outcome::Overloaded => Completion::Ended(Verdict::Overloaded),
        }
    }
}

impl Run for LayeredSlot {
    fn start(&mut self, delivery: &mut Delivery<'_>) -> Result<(), StartError> {
        self.clear();
        let call = Call::prepare(self.message_type, self.preparer.as_mut(), delivery)?;
        self.stage = Stage::Waiting(call);
        Ok(())
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Completion> {
        Poll::Ready(match ready!(self.poll_outcome(context)) {
            Ok(outcome) => self.complete(outcome),
            Err(error) => {
                Completion::Failed(bounded_text(&format_args!("a layer ended it: {error}")))
            }
        })
    }

    fn reply_len(&self) -> usize {
        let reply = self.reply.as_ref();
        reply.map_or(0, |reply| self.preparer.reply_len(&*reply.value))
    }

    fn encode_reply(&mut self, out: &mut BytesMut) -> Result<(), EncodeError> {
        match self.reply.take() {
            Some(reply) => self.preparer.encode_reply(&*reply.value, out),
            None => Ok(()),
        }
    }

    fn take_reply(&mut self) -> Option<Box<dyn Any + Send>> {
        self.reply.take().map(|reply| reply.value)
    }

    fn take_body(&mut self) -> Option<Body> {
        self.reply.as_mut()?.body.take()
    }

    fn clear(&mut self) {
        self.reply = None;
        let running = std::mem::replace(&mut self.stage, Stage::Idle);
        drop(running);
    }
}
