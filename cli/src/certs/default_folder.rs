//! Where certificates are kept if nobody says otherwise.

use std::path::PathBuf;

use crate::complaint::Complaint;
use crate::exit_status::ExitStatus;

/// Where certificates are kept if nobody says otherwise: a folder for each environment, beside the
/// user's contexts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefaultFolder {
    home: Option<PathBuf>,
}

/// The folder of the contexts, which is no environment's.
const TAKEN: &str = "contexts";

impl DefaultFolder {
    /// Within the folder that a user's Quibus data is kept in, if that is known.
    pub fn within(home: Option<PathBuf>) -> Self {
        Self { home }
    }

    /// The one of an environment.
    pub fn of(&self, environment: &str) -> Result<PathBuf, Complaint> {
        let legal = |c: char| matches!(c, 'a'..='z' | '0'..='9' | '.' | '_' | '-');
        // What names a folder must not lead out of it.
        let plain = !environment.is_empty() && environment.chars().all(legal);
        if !plain || matches!(environment, "." | ".." | TAKEN) {
            let tried = format!(
                "\"{}\" cannot be an environment",
                environment.escape_debug()
            );
            let help = "name it with a-z 0-9 . _ - only, for instance: staging";
            return Err(Complaint::new(tried, help).ending(ExitStatus::Usage));
        }
        match &self.home {
            Some(home) => Ok(home.join(environment)),
            None => Err(Complaint::new(
                "there is no folder for your data: this user has no home",
                "set QUIBUS_HOME to a folder, or name one with --folder",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_environment_has_a_folder_of_its_own_and_none_leads_elsewhere() {
        let folder = DefaultFolder::within(Some("/home/ann/data/quibus".into()));
        let dev = folder.of("dev").unwrap();
        assert_eq!(dev, PathBuf::from("/home/ann/data/quibus/dev"));
        for wrong in ["", "contexts", ".", "..", "../dev", "a/b", "Dev", "a b"] {
            let refused = folder.of(wrong).unwrap_err();
            assert_eq!(refused.status(), ExitStatus::Usage, "{wrong:?}");
        }
        assert!(DefaultFolder::within(None).of("dev").is_err());
    }
}
