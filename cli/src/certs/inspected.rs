//! What was found in a certificate, for people and for scripts.

use quibus_certs::{Inspection, Role};
use serde_json::{Value, json};

use super::inspect::Trust;
use super::shown::stamp;
use crate::output_form::OutputForm;

/// The text for stdout.
pub(super) fn render(
    origin: &str,
    chain: &[Inspection],
    trust: &Trust,
    form: OutputForm,
) -> String {
    match form {
        OutputForm::Text => text(origin, chain, trust),
        OutputForm::Json => {
            let shown = json!({
                "kind": "CertificateInspection",
                "apiVersion": "quibus/v1",
                "origin": origin,
                "trust": trust_json(trust),
                "items": chain.iter().map(item).collect::<Vec<_>>(),
            });
            format!("{shown}\n")
        }
    }
}

/// One certificate for scripts; its shape is shared with `quibus certs check`.
pub(super) fn item(certificate: &Inspection) -> Value {
    json!({
        "identity": certificate.id.as_ref().map(ToString::to_string),
        "environment": certificate.environment,
        "role": role(certificate.role),
        "subject": certificate.subject,
        "issuer": certificate.issuer,
        "serial": certificate.serial,
        "keyType": certificate.key_type,
        "notBefore": stamp(certificate.not_before),
        "notAfter": stamp(certificate.not_after),
        "remainingSeconds": certificate.remaining.as_secs(),
        "problems": certificate.problems,
    })
}

fn role(role: Role) -> &'static str {
    match role {
        Role::Authority => "authority",
        Role::Peer => "peer",
        Role::Service => "service",
        Role::Directory => "directory",
        Role::Operator => "operator",
        Role::Admin => "admin",
        _ => "nobody",
    }
}

fn trust_json(trust: &Trust) -> Value {
    match trust {
        Trust::Vouched(ca) => json!({ "ca": ca, "vouched": true }),
        Trust::Not(ca, reason) => json!({ "ca": ca, "vouched": false, "reason": reason }),
        Trust::Authority | Trust::Unknown => Value::Null,
    }
}

fn text(origin: &str, chain: &[Inspection], trust: &Trust) -> String {
    let trust = match trust {
        Trust::Vouched(ca) => format!("vouched for by {ca}"),
        Trust::Not(ca, reason) => format!("NOT vouched for by {ca}: {reason}"),
        Trust::Authority => "a CA: others are trusted because of it".into(),
        Trust::Unknown => "not looked at: name a CA with --ca".into(),
    };
    let mut text = String::new();
    for (at, certificate) in chain.iter().enumerate() {
        if chain.len() > 1 {
            let (number, all) = (at + 1, chain.len());
            text.push_str(&format!("certificate {number} of {all} from {origin}\n"));
        }
        text.push_str(&certificate.to_string());
        if at == 0 {
            text.push_str(&format!("trust       {trust}\n"));
        }
        if at + 1 < chain.len() {
            text.push('\n');
        }
    }
    text
}
