//! What is wrong with a certificate, in words that name the cure.

use rustls::{CertificateError, Error};

/// What is wrong with the certificate of the other side, judged here.
pub(super) fn complaint(error: &Error) -> String {
    let Error::InvalidCertificate(certificate) = error else {
        return format!("its certificate cannot be judged: {error}");
    };
    match certificate {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => format!(
            "its certificate has expired ({certificate}); issue it a new one, or set the clock"
        ),
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => format!(
            "its certificate is not valid yet ({certificate}); compare the clocks of both machines"
        ),
        CertificateError::UnknownIssuer => "its certificate is signed by another CA than ours; \
             issue both certificates from one CA, or add its CA to our roots"
            .to_owned(),
        CertificateError::BadSignature => {
            "a signature in its certificate chain is wrong; issue it a new certificate".to_owned()
        }
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            format!(
                "its certificate is not meant for this use ({certificate}); issue it one for \
                 both server and client authentication"
            )
        }
        CertificateError::Other(other) => format!("its certificate is refused: {other}"),
        other => format!("its certificate is refused: {other}"),
    }
}

/// What a TLS alert says about *our* certificate: the other side sends no more than this number.
pub(crate) fn alert_text(alert: u8) -> String {
    let text = match alert {
        42 => "our certificate cannot be read there; issue a new one",
        43 => {
            "our certificate is not meant for this use; issue one for both server and client \
             authentication"
        }
        44 => "our certificate has been revoked; issue a new one",
        45 => "our certificate has expired or is not valid yet by its clock; issue a new one",
        46 => {
            "the name in our certificate is not acceptable there; it must carry exactly one URI \
             name, of the form spiffe://<environment>/peer/<PeerId>, and of its environment"
        }
        48 => {
            "our certificate is signed by a CA it does not know; issue both certificates from one \
             CA, or add our CA to its roots"
        }
        49 => "our certificate is of another environment",
        51 => "a signature in our certificate chain is wrong; issue a new certificate",
        116 => "we showed no certificate; configure one",
        120 => "something else than this version of quibus listens there; check the address",
        other => return format!("the TLS handshake failed there (alert {other})"),
    };
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_alert_about_a_certificate_has_a_text_of_its_own() {
        let known = [42, 43, 44, 45, 46, 48, 49, 51, 116, 120];
        let texts: std::collections::BTreeSet<_> = known.into_iter().map(alert_text).collect();
        assert_eq!(texts.len(), known.len());
        assert!(alert_text(80).contains("80"));
    }

    #[test]
    fn an_unknown_ca_is_named_with_its_cure() {
        let error = Error::InvalidCertificate(CertificateError::UnknownIssuer);
        let text = complaint(&error);
        assert!(
            text.contains("another CA") && text.contains("roots"),
            "{text}"
        );
    }
}
