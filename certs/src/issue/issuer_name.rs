//! A CA as its own certificate names it.
//!
//! What a CA issues must name it byte by byte as its certificate does, or no chain is found. rcgen
//! would read the name back itself, in a feature that needs a cryptographic provider in C.

use rcgen::string::{Ia5String, PrintableString};
use rcgen::{CertificateParams, DistinguishedName, DnType, DnValue, KeyIdMethod, KeyUsagePurpose};
use rustls_pki_types::CertificateDer;
use x509_parser::asn1_rs::Tag;
use x509_parser::extensions::ParsedExtension;
use x509_parser::parse_x509_certificate;
use x509_parser::prelude::{AttributeTypeAndValue, X509Certificate};

use super::key_pair::KeyPair;

/// What a CA's certificate says of it: its name and that of its key; the reason where either
/// cannot be repeated.
pub(super) fn issuer_params(
    certificate: &CertificateDer<'_>,
    key: &KeyPair,
) -> Result<CertificateParams, String> {
    let parsed = parse_x509_certificate(certificate).map_err(|error| error.to_string())?;
    let parsed = parsed.1;
    let mut params = CertificateParams::default();
    params.distinguished_name = distinguished_name(&parsed)?;
    params.key_identifier_method = key_identifier(&parsed).unwrap_or_else(|| key.identifier());
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    Ok(params)
}

fn distinguished_name(certificate: &X509Certificate<'_>) -> Result<DistinguishedName, String> {
    let mut name = DistinguishedName::new();
    for part in certificate.subject().iter() {
        let mut attributes = part.iter();
        let (Some(attribute), None) = (attributes.next(), attributes.next()) else {
            return Err("a part of its name has several values".into());
        };
        let oid = attribute.attr_type().iter();
        let oid: Vec<u64> = oid.ok_or("a part of its name is of no kind")?.collect();
        name.push(DnType::from_oid(&oid), value(attribute)?);
    }
    Ok(name)
}

fn value(attribute: &AttributeTypeAndValue<'_>) -> Result<DnValue, String> {
    let text = attribute.as_str().map_err(|error| error.to_string())?;
    let unreadable = |error: rcgen::Error| error.to_string();
    match attribute.attr_value().tag() {
        Tag::Utf8String => Ok(DnValue::Utf8String(text.into())),
        Tag::PrintableString => PrintableString::try_from(text)
            .map(DnValue::PrintableString)
            .map_err(unreadable),
        Tag::Ia5String => Ia5String::try_from(text)
            .map(DnValue::Ia5String)
            .map_err(unreadable),
        other => Err(format!("its name is written as {other}, use UTF-8")),
    }
}

fn key_identifier(certificate: &X509Certificate<'_>) -> Option<KeyIdMethod> {
    let mut extensions = certificate.extensions().iter();
    extensions.find_map(|extension| match extension.parsed_extension() {
        ParsedExtension::SubjectKeyIdentifier(id) => Some(KeyIdMethod::PreSpecified(id.0.to_vec())),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use rcgen::{BasicConstraints, IsCa};

    use super::*;

    #[test]
    fn the_name_is_repeated_in_the_same_strings() {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.serial_number = Some(1.into());
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_identifier_method = KeyIdMethod::PreSpecified(vec![1, 2, 3]);
        params.distinguished_name = DistinguishedName::new();
        let names = &mut params.distinguished_name;
        let printable = PrintableString::try_from("Seattle").unwrap();
        let ia5 = Ia5String::try_from("ops@test").unwrap();
        names.push(DnType::LocalityName, DnValue::PrintableString(printable));
        names.push(DnType::CommonName, DnValue::Utf8String("Größe".into()));
        names.push(
            DnType::CustomDnType(vec![1, 2, 3, 4]),
            DnValue::Ia5String(ia5),
        );
        let certificate = params.self_signed(&key).unwrap();
        let again = issuer_params(certificate.der(), &key).unwrap();
        assert_eq!(again.distinguished_name, params.distinguished_name);
        assert_eq!(again.key_identifier_method, params.key_identifier_method);
    }
}
