//! Types and the directory: what this process tells of its own, and asks about all.

use std::sync::Arc;

use super::inner::Inner;
use super::look_up_error::LookUpError;
use super::membership::{Membership, PATIENCE};
use super::membership_error::Setback;
use crate::directory::contract::{
    Describe, GetType, KnownType, RequestError, Supply, TypesAssembly,
};
use crate::directory::{TypeList, Unreadable};
use crate::message::Command;
use crate::message::schema::{TypeDescription, TypeHash};

impl Membership {
    /// Tells the directory which types this process knows, and hands over the descriptions that it
    /// lacks. Messages are carried without that, so a directory that wants none is only noted.
    /// `Err`: it did not answer, and may later.
    pub(super) async fn tell_types(&self, bus: &Arc<Inner>) -> Result<(), Setback> {
        let types = bus.types().list();
        if self.is_authority() || types.is_empty() {
            return Ok(());
        }
        match self.hand_over(bus, &types).await {
            Err(Setback::Refused(reason)) => {
                tracing::warn!(reason, "the directory does not take this process's types");
                Ok(())
            }
            other => other,
        }
    }

    async fn hand_over(&self, bus: &Arc<Inner>, types: &TypeList) -> Result<(), Setback> {
        let incarnation = bus.peers.shared().own().incarnation;
        let wanted = self
            .ask(bus, Describe::new(incarnation, types), PATIENCE)
            .await?;
        let wanted = wanted.read().map_err(unreadable)?;
        let runs = bus.types().runs(&wanted, Supply::BATCH);
        for run in runs {
            let supply = Supply::new(incarnation, &run);
            self.ask(bus, supply, PATIENCE).await?;
        }
        Ok(())
    }

    /// All types that peers have described.
    pub(super) async fn list_types(&self, bus: &Arc<Inner>) -> Result<Vec<KnownType>, LookUpError> {
        let mut assembly = TypesAssembly::default();
        loop {
            let listed = self.look_up(bus, assembly.next()).await?;
            let whole = assembly.add(&listed).map_err(|error| refused(&error))?;
            if let Some(types) = whole {
                return Ok(types);
            }
        }
    }

    /// The description with this hash.
    pub(super) async fn get_type(
        &self,
        bus: &Arc<Inner>,
        hash: TypeHash,
    ) -> Result<Option<TypeDescription>, LookUpError> {
        let got = self.look_up(bus, GetType::new(hash)).await?;
        got.read(hash).map_err(|error| refused(&error))
    }

    async fn look_up<C>(&self, bus: &Arc<Inner>, command: C) -> Result<C::Reply, LookUpError>
    where
        C: Command<Error = RequestError>,
    {
        let answer = self.ask(bus, command, PATIENCE).await;
        answer.map_err(|setback| match setback {
            Setback::Unanswered(reason) => LookUpError::Unanswered(reason),
            Setback::Refused(reason) => LookUpError::Refused(reason),
            Setback::Unknown | Setback::Fenced => {
                LookUpError::Refused("it does not know this process any more".into())
            }
        })
    }
}

fn unreadable(error: Unreadable) -> Setback {
    Setback::Refused(error.to_string())
}

fn refused(error: &Unreadable) -> LookUpError {
    LookUpError::Refused(error.to_string())
}
