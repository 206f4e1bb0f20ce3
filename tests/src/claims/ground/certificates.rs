//! Certificates, right ones and wrong ones.

use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use quibus::id::Name;
use quibus::{Identity, PeerId};
use quibus_certs::issue::{DevelopmentCa, Validity};

use super::super::claim::Untried;

const DAY: Duration = Duration::from_secs(24 * 3600);

/// The CAs of both environments in one file.
pub(super) const BOTH: &str = "both.pem";

/// Certificates that are right, those of another CA and another environment, and those whose time
/// is not now.
pub(super) fn certify(folder: &Path) -> Result<(), Untried> {
    let peer = |name: &str| -> Result<_, Untried> { Ok(Identity::Peer(PeerId::new(name)?)) };
    let identities = [
        Identity::Directory(PeerId::new("Directory.0")?),
        Identity::Operator(Name::new("ann")?),
        peer("Greeter.0")?,
        peer("Greeter.9")?,
        Identity::Service(Name::new("Caller")?),
        peer("Shop.0")?,
    ];
    let ca = DevelopmentCa::create("test", DevelopmentCa::VALID_FOR)?;
    let now = SystemTime::now();
    let between = |not_before, not_after| Validity::Between {
        not_before,
        not_after,
    };
    for (place, environment, validity) in [
        (".", None, Validity::default()),
        ("expired", None, between(now - 2 * DAY, now - DAY)),
        ("future", None, between(now + DAY, now + 2 * DAY)),
        ("ending", None, Validity::For(DAY)),
        ("other", Some("test"), Validity::default()),
        ("staging", Some("staging"), Validity::default()),
    ] {
        let foreign = environment
            .map(|name| DevelopmentCa::create(name, DevelopmentCa::VALID_FOR))
            .transpose()?;
        let ca = foreign.as_ref().unwrap_or(&ca);
        let folder = folder.join(place);
        ca.save(&folder)?;
        for identity in &identities {
            ca.issue(identity, validity)?.save(&folder)?;
        }
    }
    let both = [folder.join("ca.pem"), folder.join("staging/ca.pem")];
    let both: Result<Vec<_>, _> = both.iter().map(fs::read_to_string).collect();
    Ok(fs::write(folder.join(BOTH), both?.concat())?)
}
