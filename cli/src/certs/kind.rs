//! What somebody may be named as.

use quibus::id::Name;
use quibus::{Identity, PeerId};

use crate::complaint::Complaint;
use crate::exit_status::ExitStatus;

/// What somebody may be named as, in the words of the command line and of the name in a
/// certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Kind {
    /// Exactly one peer, named like Shop.0.
    Peer,
    /// Any instance of a service, named like Shop.
    Service,
    /// A directory server, named like Directory.0.
    Directory,
    /// Somebody who only watches, named like ann.
    Operator,
    /// An operator who may also change who belongs to the bus, named like ann.
    Admin,
}

impl Kind {
    /// The one of that kind and name.
    pub fn identity(self, name: &str) -> Result<Identity, Complaint> {
        let refused = |cause: &(dyn std::error::Error + 'static), example: &str| {
            let tried = format!("\"{}\" cannot be {}", name.escape_debug(), self.article());
            let word = self.word();
            let help = format!("for instance: quibus certs issue {word} {example}");
            Complaint::new(tried, help)
                .because(cause)
                .ending(ExitStatus::Usage)
        };
        let peer = || PeerId::new(name).map_err(|cause| refused(&cause, self.example()));
        let plain = || Name::new(name).map_err(|cause| refused(&cause, self.example()));
        Ok(match self {
            Self::Peer => Identity::Peer(peer()?),
            Self::Directory => Identity::Directory(peer()?),
            Self::Service => Identity::Service(plain()?),
            Self::Operator => Identity::Operator(plain()?),
            Self::Admin => Identity::Admin(plain()?),
        })
    }

    /// How it is typed.
    pub fn word(self) -> &'static str {
        match self {
            Self::Peer => "peer",
            Self::Service => "service",
            Self::Directory => "directory",
            Self::Operator => "operator",
            Self::Admin => "admin",
        }
    }

    fn example(self) -> &'static str {
        match self {
            Self::Peer => "Shop.0",
            Self::Service => "Shop",
            Self::Directory => "Directory.0",
            Self::Operator | Self::Admin => "ann",
        }
    }

    fn article(self) -> &'static str {
        match self {
            Self::Peer => "a peer",
            Self::Service => "a service",
            Self::Directory => "a directory server",
            Self::Operator => "an operator",
            Self::Admin => "an administrator",
        }
    }
}

#[cfg(test)]
mod tests {
    use anstream::adapter::strip_str;
    use clap::ValueEnum;

    use super::*;
    use crate::output_form::OutputForm;

    #[test]
    fn every_kind_makes_its_own_identity_under_its_own_word() {
        for kind in Kind::value_variants() {
            let identity = kind.identity(kind.example()).unwrap().to_string();
            assert_eq!(identity, format!("/{}/{}", kind.word(), kind.example()));
        }
    }

    #[test]
    fn a_wrong_name_is_answered_with_the_reason_and_an_example() {
        let complaint = Kind::Peer.identity("Shop").unwrap_err();
        assert_eq!(complaint.status(), ExitStatus::Usage);
        let text = strip_str(&complaint.render(OutputForm::Text)).to_string();
        insta::assert_snapshot!(text, @r#"
        error: "Shop" cannot be a peer
          cause: "Shop" is not a peer id: write Service.Instance, for instance Shop.0
          help: for instance: quibus certs issue peer Shop.0
        "#);
    }
}
