//! The name of a process on the bus.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use super::name::{InvalidName, Name};

/// A process on the bus: `Service.Instance`, for instance `Shop.0`, compared byte for byte.
///
/// The instance is what follows the last dot; both halves have at least one character and the
/// whole is a legal [`Name`]. Cloning shares the text.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PeerId(Arc<str>);

impl PeerId {
    /// Checks and takes a peer id.
    pub fn new(text: &str) -> Result<Self, InvalidPeerId> {
        Name::new(text)?;
        match text.rsplit_once('.') {
            Some((service, instance)) if !service.is_empty() && !instance.is_empty() => {
                Ok(Self(text.into()))
            }
            _ => Err(InvalidPeerId::NoInstance { id: text.into() }),
        }
    }

    /// The whole id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands before the last dot: the service all its instances share.
    pub fn service(&self) -> &str {
        self.0.rsplit_once('.').map_or("", |(service, _)| service)
    }

    /// What follows the last dot.
    pub fn instance(&self) -> &str {
        self.0.rsplit_once('.').map_or("", |(_, instance)| instance)
    }
}

impl FromStr for PeerId {
    type Err = InvalidPeerId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::new(text)
    }
}

impl fmt::Display for PeerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for PeerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text is not a legal [`PeerId`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPeerId {
    /// Wrong characters or wrong length.
    #[error(transparent)]
    Name(#[from] InvalidName),
    /// A legal name, but not of the form `Service.Instance`.
    #[error("\"{id}\" is not a peer id: write Service.Instance, for instance Shop.0")]
    NoInstance {
        /// The refused text.
        id: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_instance_is_what_follows_the_last_dot() {
        let id = PeerId::new("Abc.Weather.12").unwrap();
        assert_eq!((id.service(), id.instance()), ("Abc.Weather", "12"));
    }

    #[test]
    fn an_id_without_both_halves_is_refused_with_a_cure() {
        for bad in ["Shop", ".0", "Shop.", "", "Sh op.0"] {
            assert!(PeerId::new(bad).is_err(), "{bad:?} was taken");
        }
        let text = PeerId::new("Shop").unwrap_err().to_string();
        assert!(text.contains("Service.Instance"), "{text}");
    }
}
