//! Looks at everything in turn.

use std::time::SystemTime;

use quibus_certs::Credentials;
use quibus_quic::granted_buffers;

use super::diagnosis::Diagnosis;
use super::finding::Finding;
use super::{certificates, machine, network};
use crate::complaint::Complaint;
use crate::exit_status::ExitStatus;
use crate::output_form::OutputForm;
use crate::printed::Printed;
use crate::watching::Viewpoint;

/// Looks at everything in turn, and goes on after what is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doctor {
    /// Where to look from, or why that is not known: also a finding.
    pub viewpoint: Result<Viewpoint, Complaint>,
    /// The form of the output.
    pub output: OutputForm,
}

impl Doctor {
    /// Looks, judges, shows.
    pub async fn perform(&self, now: SystemTime) -> Printed {
        let diagnosis = self.examine(now).await;
        Printed {
            text: diagnosis.render(self.output),
            status: match diagnosis.is_healthy() {
                true => ExitStatus::Done,
                false => ExitStatus::Failed,
            },
        }
    }

    pub(super) async fn examine(&self, now: SystemTime) -> Diagnosis {
        let mut findings = vec![machine::look(granted_buffers())];
        match &self.viewpoint {
            Ok(viewpoint) => findings.extend(look_from(viewpoint, now).await),
            Err(complaint) => {
                let (found, cure) = complaint.in_a_line();
                findings.push(Finding::problem("context", found, cure));
            }
        }
        Diagnosis { findings }
    }
}

async fn look_from(viewpoint: &Viewpoint, now: SystemTime) -> Vec<Finding> {
    let mut findings = vec![certificates::look_at_ca(&viewpoint.ca, now)];
    let (certificate, usable) =
        certificates::look(&viewpoint.certificate, &viewpoint.key, &viewpoint.ca, now);
    findings.push(certificate);
    let mut reached = false;
    for address in &viewpoint.directories {
        let us = usable.as_ref().map(Credentials::id);
        let finding = network::reach(address, viewpoint, us, now).await;
        reached |= finding.cure.is_empty();
        findings.push(finding);
    }
    // What keeps it from being looked at has been found already.
    if usable.is_none() || !reached {
        return findings;
    }
    match viewpoint.look().await {
        Ok(observer) => {
            findings.extend(network::judge(&observer, SystemTime::now()));
            observer.close().await;
        }
        Err(complaint) => {
            let (found, cure) = complaint.in_a_line();
            findings.push(Finding::problem("directory", found, cure));
        }
    }
    findings
}
