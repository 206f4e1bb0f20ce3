//! Whether the certificates at hand can be used, and for how long.

use std::path::Path;
use std::time::{Duration, SystemTime};

use quibus_certs::{Credentials, CredentialsError, Span, inspect_file};

use super::finding::Finding;

const CHECK: &str = "certificate";
const CA: &str = "CA";
/// What ends sooner is worth a word.
const MARGIN: Duration = Duration::from_secs(3 * 24 * 3600);

/// What there is to say about a certificate with its key and CA; the credentials, if they can be
/// used.
pub(super) fn look(
    certificate: &Path,
    key: &Path,
    ca: &Path,
    now: SystemTime,
) -> (Finding, Option<Credentials>) {
    let credentials = match Credentials::load(certificate, key, ca) {
        Ok(credentials) => credentials,
        Err(fault) => {
            return (
                Finding::problem(CHECK, fault.to_string(), cure(&fault)),
                None,
            );
        }
    };
    let id = credentials.id().to_string();
    let left = credentials.certificate().not_after().duration_since(now);
    let left = left.unwrap_or_default();
    let found = format!("{id} ends in {}", Span(left));
    let finding = match left < MARGIN {
        true => Finding::warning(
            CHECK,
            found,
            "renew it: quibus certs issue KIND NAME --replace",
        ),
        false => Finding::ok(CHECK, found),
    };
    (finding, Some(credentials))
}

/// What there is to say about a file of CAs.
pub(super) fn look_at_ca(ca: &Path, now: SystemTime) -> Finding {
    let name = ca.display();
    let last = match inspect_file(ca, now) {
        Ok(authorities) => authorities.into_iter().max_by_key(|one| one.not_after),
        Err(fault) => return Finding::problem(CA, fault.to_string(), cure(&fault)),
    };
    match last {
        Some(last) if last.remaining.is_zero() => Finding::problem(
            CA,
            format!("every CA in {name} has ended"),
            "start `quibus up` again, or get the environment's new ca.pem",
        ),
        Some(last) if last.remaining < 10 * MARGIN => Finding::warning(
            CA,
            format!("the CA in {name} ends in {}", Span(last.remaining)),
            "start `quibus up` again, or make a new one: quibus certs init --replace",
        ),
        Some(last) => {
            let left = Span(last.remaining);
            Finding::ok(CA, format!("the CA in {name} ends in {left}"))
        }
        None => Finding::problem(
            CA,
            format!("{name} is empty"),
            "get the environment's ca.pem",
        ),
    }
}

fn cure(fault: &CredentialsError) -> &'static str {
    match fault {
        CredentialsError::KeyReadableByOthers { .. } => "run the command that is named there",
        CredentialsError::AuthoritiesExpired { .. } => {
            "start `quibus up` again, or get the environment's new ca.pem; if the date is wrong, \
             set the clock"
        }
        CredentialsError::Certificate { .. } => {
            "renew it: quibus certs issue KIND NAME --replace; if the date is wrong, set the clock"
        }
        _ => "start `quibus up` again, or issue it anew: quibus certs issue KIND NAME --replace",
    }
}
