//! What nobody can guess.

use rcgen::SerialNumber;

use super::issue_error::IssueError;
use crate::provider::provider;

/// 16 bytes.
pub(super) fn random() -> Result<[u8; 16], IssueError> {
    let mut bytes = [0; 16];
    let filled = provider().secure_random.fill(&mut bytes);
    filled.map_err(|_| IssueError::Signer {
        reason: "the system gave no random bytes".into(),
    })?;
    Ok(bytes)
}

/// A serial number of 126 random bits in 16 bytes: positive, and never shortened by leading zeros.
pub(super) fn random_serial() -> Result<SerialNumber, IssueError> {
    let [first, rest @ ..] = random()?;
    let mut bytes = vec![first & 0x3f | 0x40];
    bytes.extend(rest);
    Ok(SerialNumber::from(bytes))
}
