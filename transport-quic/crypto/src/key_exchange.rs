//! How both sides agree on a secret.

/// How both sides agree on a secret that nobody else knows.
///
/// Chosen on purpose, because the providers' own preference differs: left alone, graviola and
/// RustCrypto would offer the hybrid first, and a handshake would cost what the table in the
/// README says without anybody having asked for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum KeyExchange {
    /// X25519 (RFC 7748) and nothing else.
    #[default]
    X25519,
    /// X25519MLKEM768 first: a secret that also a quantum computer of the future does not find in
    /// today's recordings. X25519 with those who don't offer it. Makes the first flight of a
    /// dialler 1.2 kB larger, so that it takes two datagrams instead of one.
    PostQuantum,
}
