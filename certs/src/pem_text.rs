//! PEM text and where it came from, so that every error can name it.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use rustls_pki_types::pem::{Error as PemFault, PemObject, SectionKind};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use crate::credentials_error::CredentialsError;

/// Largest file that is read, in bytes: 1 MiB, hundreds of certificates.
pub const MAX_FILE_LEN: u64 = 1 << 20;

/// PEM text with the name of its origin. Deliberately not `Debug`: it may hold a private key.
pub(crate) struct PemText {
    origin: String,
    text: Vec<u8>,
}

impl PemText {
    /// Text that is already here.
    pub(crate) fn given(origin: &str, text: &[u8]) -> Self {
        Self {
            origin: origin.into(),
            text: text.into(),
        }
    }

    /// Reads a file that everybody may read.
    pub(crate) fn read(path: &Path) -> Result<Self, CredentialsError> {
        Self::read_checked(path, |_, _| Ok(()))
    }

    /// Reads a file with a private key; refused if others than its owner may read it. One with
    /// certificates alone may be read by everybody: it is refused later, for what it is.
    pub(crate) fn read_secret(path: &Path) -> Result<Self, CredentialsError> {
        Self::read_checked(path, |file, read| match read.holds_certificates_alone() {
            true => Ok(()),
            false => check_private(file, &read.origin),
        })
    }

    /// The text itself, to be passed on: only for certificates.
    #[cfg(feature = "issue")]
    pub(crate) fn to_text(&self) -> String {
        String::from_utf8_lossy(&self.text).into_owned()
    }

    /// All certificates in it, in order; at least one, and nothing else.
    pub(crate) fn certificates(&self) -> Result<Vec<CertificateDer<'static>>, CredentialsError> {
        const WANTED: &str = "certificate";
        let mut certificates = Vec::new();
        for (kind, der) in self.sections()? {
            match kind {
                SectionKind::Certificate => certificates.push(der.into()),
                other => return Err(self.wrong_kind(WANTED, name_of(other))),
            }
        }
        // An encrypted key is a section of unknown kind, which the reader skips: it must not stay
        // unnoticed in a file that everybody may read.
        if let Some(label) = self.labels().find(|label| label.ends_with("PRIVATE KEY")) {
            return Err(self.wrong_kind(WANTED, &label));
        }
        if certificates.is_empty() {
            return Err(self.nothing(WANTED));
        }
        Ok(certificates)
    }

    /// The one private key in it.
    pub(crate) fn private_key(&self) -> Result<PrivateKeyDer<'static>, CredentialsError> {
        const WANTED: &str = "private key";
        if self.is_encrypted() {
            let origin = self.origin.clone();
            return Err(CredentialsError::EncryptedKey { origin });
        }
        let mut keys = Vec::new();
        for (kind, der) in self.sections()? {
            match PrivateKeyDer::from_pem(kind, der) {
                Some(key) => keys.push(key),
                None => return Err(self.wrong_kind(WANTED, name_of(kind))),
            }
        }
        match (keys.pop(), keys.len()) {
            (None, _) => Err(self.nothing(WANTED)),
            (Some(key), 0) => Ok(key),
            (Some(_), others) => Err(CredentialsError::SeveralKeys {
                origin: self.origin.clone(),
                count: others + 1,
            }),
        }
    }

    fn read_checked(
        path: &Path,
        check: fn(&File, &Self) -> Result<(), CredentialsError>,
    ) -> Result<Self, CredentialsError> {
        let origin = path.display().to_string();
        let failed = |fault| CredentialsError::Read {
            origin: origin.clone(),
            fault,
        };
        let file = File::open(path).map_err(failed)?;
        let mut text = Vec::new();
        let mut bounded = (&file).take(MAX_FILE_LEN + 1);
        bounded.read_to_end(&mut text).map_err(failed)?;
        if text.len() as u64 > MAX_FILE_LEN {
            return Err(CredentialsError::TooLarge { origin });
        }
        let read = Self { origin, text };
        // Asked of the open file, not of the path: nobody can swap it in between.
        check(&file, &read)?;
        Ok(read)
    }

    fn holds_certificates_alone(&self) -> bool {
        let mut labels = self.labels().peekable();
        labels.peek().is_some() && labels.all(|label| label == "CERTIFICATE")
    }

    fn sections(&self) -> Result<Vec<(SectionKind, Vec<u8>)>, CredentialsError> {
        <(SectionKind, Vec<u8>)>::pem_slice_iter(&self.text)
            .collect::<Result<_, _>>()
            .map_err(|fault| self.not_pem(reason_of(&fault)))
    }

    /// What stands between `-----BEGIN ` and `-----`, where that is printable and short.
    fn labels(&self) -> impl Iterator<Item = String> {
        let lines = self.text.split(|&byte| byte == b'\n' || byte == b'\r');
        lines.filter_map(|line| {
            let label = line.strip_prefix(b"-----BEGIN ")?.trim_ascii_end();
            let label = std::str::from_utf8(label.strip_suffix(b"-----")?).ok()?;
            let plain = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == ' ';
            (label.len() <= 40 && label.chars().all(plain)).then(|| label.to_owned())
        })
    }

    fn is_encrypted(&self) -> bool {
        let mut lines = self.text.split(|&byte| byte == b'\n' || byte == b'\r');
        self.labels().any(|label| label.starts_with("ENCRYPTED"))
            || lines.any(|line| line.starts_with(b"Proc-Type:") && line.ends_with(b"ENCRYPTED"))
    }

    fn nothing(&self, wanted: &'static str) -> CredentialsError {
        match self.labels().next() {
            Some(label) => self.wrong_kind(wanted, &label),
            None if self.text.first() == Some(&0x30) => {
                self.not_pem("it looks like DER, convert it with openssl")
            }
            None => CredentialsError::Nothing {
                origin: self.origin.clone(),
                wanted,
            },
        }
    }

    fn not_pem(&self, reason: &'static str) -> CredentialsError {
        CredentialsError::NotPem {
            origin: self.origin.clone(),
            reason,
        }
    }

    fn wrong_kind(&self, wanted: &'static str, found: &str) -> CredentialsError {
        let cure = match wanted {
            "certificate" if found.ends_with("PRIVATE KEY") => {
                "keep the private key in a file of its own, readable by its owner only"
            }
            "private key" if found == "CERTIFICATE" => {
                "keep certificate and key in files of their own, and name each in its place"
            }
            "private key" if found.ends_with("PRIVATE KEY") => {
                "convert it to PKCS #8 (openssl pkcs8 -topk8 -nocrypt)"
            }
            _ => "check which file is named where",
        };
        CredentialsError::WrongKind {
            origin: self.origin.clone(),
            wanted,
            found: found.into(),
            cure,
        }
    }
}

#[cfg(unix)]
fn check_private(file: &File, origin: &str) -> Result<(), CredentialsError> {
    use std::os::unix::fs::PermissionsExt;

    let metadata = file.metadata().map_err(|fault| CredentialsError::Read {
        origin: origin.into(),
        fault,
    })?;
    match metadata.permissions().mode() & 0o7777 {
        mode if mode & 0o077 != 0 => Err(CredentialsError::KeyReadableByOthers {
            origin: origin.into(),
            mode,
        }),
        _ => Ok(()),
    }
}

/// Elsewhere a file's readers are a list of access rights, which only its owner can judge.
#[cfg(not(unix))]
fn check_private(_: &File, _: &str) -> Result<(), CredentialsError> {
    Ok(())
}

/// The library's own text would repeat lines of the file, which may be lines of a key.
fn reason_of(fault: &PemFault) -> &'static str {
    match fault {
        PemFault::MissingSectionEnd { .. } => {
            "a -----BEGIN line has no matching -----END line; restore the file, or issue it anew"
        }
        PemFault::IllegalSectionStart { .. } => {
            "a -----BEGIN line does not end in -----; restore the file, or issue it anew"
        }
        PemFault::Base64Decode(_) => {
            "what stands between BEGIN and END is not base64; restore the file, or issue it anew"
        }
        _ => "it cannot be read to its end; restore the file, or issue it anew",
    }
}

fn name_of(kind: SectionKind) -> &'static str {
    match kind {
        SectionKind::Certificate => "CERTIFICATE",
        SectionKind::PublicKey => "PUBLIC KEY",
        SectionKind::RsaPrivateKey => "RSA PRIVATE KEY",
        SectionKind::PrivateKey => "PRIVATE KEY",
        SectionKind::EcPrivateKey => "EC PRIVATE KEY",
        SectionKind::Crl => "X509 CRL",
        SectionKind::Csr => "CERTIFICATE REQUEST",
        _ => "section of another kind",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_ca::{TestCa, leaf};

    fn pem(label: &str) -> String {
        format!("-----BEGIN {label}-----\nMAA=\n-----END {label}-----\n")
    }

    fn of(text: &str) -> PemText {
        PemText::given("shop.pem", text.as_bytes())
    }

    fn key_error(text: &str) -> String {
        of(text).private_key().expect_err("was taken").to_string()
    }

    fn certificates_error(text: &str) -> String {
        of(text).certificates().expect_err("was taken").to_string()
    }

    #[test]
    fn a_bundle_is_read_in_order_and_comments_are_skipped() {
        let (first, second) = (TestCa::new(), TestCa::new());
        let text = format!("# old\n{}\n# new\r\n{}", first.pem, second.pem);
        assert_eq!(of(&text).certificates().unwrap(), [first.der, second.der]);
    }

    #[test]
    fn every_private_key_format_is_known_and_curve_parameters_before_it_are_skipped() {
        for label in ["PRIVATE KEY", "EC PRIVATE KEY", "RSA PRIVATE KEY"] {
            assert!(of(&pem(label)).private_key().is_ok(), "{label}");
        }
        let openssl = pem("EC PARAMETERS") + &pem("EC PRIVATE KEY");
        assert!(of(&openssl).private_key().is_ok());
    }

    #[test]
    fn an_encrypted_key_is_refused_with_the_way_to_decrypt_it() {
        let legacy = "-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: \
                      AES-256-CBC,00\n\nMAA=\n-----END EC PRIVATE KEY-----\n";
        for text in [pem("ENCRYPTED PRIVATE KEY").as_str(), legacy] {
            let error = key_error(text);
            assert!(
                error.contains("openssl pkey") && error.contains("shop.pem"),
                "{error}"
            );
        }
    }

    #[test]
    fn the_wrong_kind_is_refused_by_its_name() {
        let swapped = key_error(&pem("CERTIFICATE"));
        assert!(
            swapped.contains("holds a CERTIFICATE where a private key belongs"),
            "{swapped}"
        );
        let ssh = key_error(&pem("OPENSSH PRIVATE KEY"));
        assert!(
            ssh.contains("OPENSSH PRIVATE KEY") && ssh.contains("PKCS #8"),
            "{ssh}"
        );
        let request = certificates_error(&pem("CERTIFICATE REQUEST"));
        assert!(request.contains("CERTIFICATE REQUEST"), "{request}");
    }

    #[test]
    fn a_private_key_beside_certificates_is_refused_encrypted_or_not() {
        for label in ["PRIVATE KEY", "ENCRYPTED PRIVATE KEY"] {
            let error = certificates_error(&(TestCa::new().pem + &pem(label)));
            assert!(error.contains("a file of its own"), "{error}");
        }
    }

    #[test]
    fn nothing_too_much_and_broken_pem_are_told_apart() {
        assert!(key_error("").contains("holds no private key"));
        assert!(certificates_error("hello").contains("holds no certificate"));
        assert!(certificates_error("0\u{82}").contains("looks like DER"));
        assert!(key_error(&(pem("PRIVATE KEY") + &pem("PRIVATE KEY"))).contains("2 private keys"));
        let unended = key_error("-----BEGIN PRIVATE KEY-----\nMAA=\n");
        assert!(unended.contains("no matching -----END line"), "{unended}");
        let not_base64 = pem("CERTIFICATE").replace("MAA=", "!!!!");
        assert!(certificates_error(&not_base64).contains("not base64"));
    }

    #[test]
    fn no_error_repeats_what_may_be_key_material() {
        let one_line = "-----BEGIN PRIVATE KEY-----U0VDUkVU-----END PRIVATE KEY-----";
        let error = of(one_line).private_key().expect_err("was taken");
        for text in [error.to_string(), format!("{error:?}")] {
            assert!(
                !text.contains("U0VDUkVU") && !text.contains("85, 48"),
                "{text}"
            );
        }
    }

    #[test]
    fn a_missing_file_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("nowhere.pem");
        let error = PemText::read(&path).err().unwrap().to_string();
        assert!(error.contains("nowhere.pem"), "{error}");
    }

    #[test]
    fn a_file_beyond_the_limit_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("big.pem");
        std::fs::write(&path, vec![b'\n'; MAX_FILE_LEN as usize]).unwrap();
        assert!(PemText::read(&path).is_ok());
        std::fs::write(&path, vec![b'\n'; MAX_FILE_LEN as usize + 1]).unwrap();
        let error = PemText::read(&path).err().unwrap();
        assert!(
            matches!(error, CredentialsError::TooLarge { .. }),
            "{error}"
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_key_file_is_for_its_owner_only() {
        use std::fs::{Permissions, set_permissions, write};
        use std::os::unix::fs::PermissionsExt;

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shop.key");
        let (_, key) = TestCa::new().issue_pem(&leaf(&["spiffe://test/peer/Shop.0"]));
        write(&path, key).unwrap();
        for mode in [0o644, 0o640, 0o604, 0o620] {
            set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            let error = PemText::read_secret(&path).err().unwrap().to_string();
            assert!(
                error.contains("chmod 600") && error.contains("shop.key"),
                "{error}"
            );
            assert!(error.contains(&format!("{mode:04o}")), "{error}");
        }
        for mode in [0o600, 0o400] {
            set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            assert!(PemText::read_secret(&path).unwrap().private_key().is_ok());
        }
    }
}
