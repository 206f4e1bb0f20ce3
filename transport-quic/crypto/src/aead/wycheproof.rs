//! Project Wycheproof's cases, through the keys that rustls gets.
//!
//! A case's nonce is the IV of a key, and packet 0 has that nonce.

use rustls::crypto::cipher::Iv;
use rustls::quic::PacketKey;
use wycheproof::TestResult;
use wycheproof::aead::{Test, TestName, TestSet};

use super::graviola_cipher::{GraviolaAes, GraviolaChaCha20};
use super::packet_cipher::{CipherKey, PacketCipher};
use super::protection::Limits;
use super::rustcrypto_cipher::{RustCryptoAes128, RustCryptoAes256, RustCryptoChaCha20};
use crate::provider::Provider;

/// What was tried: cases that have to open, and cases that must not.
#[derive(Debug, Default, PartialEq)]
struct Tried {
    valid: usize,
    invalid: usize,
}

/// Runs the cases whose keys have that many bytes, and whose nonces and tags are QUIC's.
fn run<C: PacketCipher>(set: TestName, key_length: usize) -> Tried {
    let mut tried = Tried::default();
    let groups = TestSet::load(set).unwrap().test_groups.into_iter();
    let groups =
        groups.filter(|g| (g.key_size, g.nonce_size, g.tag_size) == (key_length * 8, 96, 128));
    for test in groups.flat_map(|group| group.tests) {
        let iv: [u8; 12] = test.nonce.to_vec().try_into().unwrap();
        let key = CipherKey::new(C::new(&test.key), Iv::from(iv), Limits::AES_GCM);
        match test.result {
            TestResult::Valid | TestResult::Acceptable => {
                tried.valid += 1;
                seals_and_opens(&key, &test);
            }
            TestResult::Invalid => {
                tried.invalid += 1;
                is_refused(&key, &test);
            }
        }
    }
    tried
}

fn seals_and_opens(key: &dyn PacketKey, test: &Test) {
    let mut sealed = test.pt.to_vec();
    let tag = key.encrypt_in_place(0, &test.aad, &mut sealed).unwrap();
    sealed.extend_from_slice(tag.as_ref());
    assert_eq!(sealed, [&test.ct[..], &test.tag].concat(), "{test:?}");
    let opened = key.decrypt_in_place(0, &test.aad, &mut sealed).unwrap();
    assert_eq!(opened, &test.pt[..], "{test:?}");
}

fn is_refused(key: &dyn PacketKey, test: &Test) {
    let mut buffer = [&test.ct[..], &test.tag].concat();
    // What somebody would read who looked in spite of the refusal.
    let mut secret = test.ct.to_vec();
    let opened = key.decrypt_in_place(0, &test.aad, &mut buffer);
    assert!(opened.is_err(), "{test:?}");
    // A stream of key, XORed: sealing the sealed text shows the plain one.
    key.encrypt_in_place(0, &test.aad, &mut secret).unwrap();
    let left = &buffer[..secret.len()];
    assert!(secret.is_empty() || left != secret, "{test:?}");
}

/// How many there are is written down, so that none is left out unnoticed.
const AES_128: Tried = Tried {
    valid: 40,
    invalid: 27,
};
const AES_256: Tried = Tried {
    valid: 39,
    invalid: 27,
};
const CHACHA20: Tried = Tried {
    valid: 256,
    invalid: 60,
};

#[test]
fn graviola_seals_and_refuses_as_wycheproof_wants_it() {
    if !Provider::Graviola.is_supported() {
        eprintln!("SKIPPED: graviola does not work on this processor");
        return;
    }
    assert_eq!(run::<GraviolaAes>(TestName::AesGcm, 16), AES_128);
    assert_eq!(run::<GraviolaAes>(TestName::AesGcm, 32), AES_256);
    assert_eq!(
        run::<GraviolaChaCha20>(TestName::ChaCha20Poly1305, 32),
        CHACHA20
    );
}

#[test]
fn rustcrypto_seals_and_refuses_as_wycheproof_wants_it() {
    assert_eq!(run::<RustCryptoAes128>(TestName::AesGcm, 16), AES_128);
    assert_eq!(run::<RustCryptoAes256>(TestName::AesGcm, 32), AES_256);
    assert_eq!(
        run::<RustCryptoChaCha20>(TestName::ChaCha20Poly1305, 32),
        CHACHA20
    );
}
