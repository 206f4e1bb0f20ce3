//! Who may link with whom: TLS 1.3 with both sides authenticated, and nothing else.
//!
//! A certificate is accepted when its chain ends at one of our CAs, it is valid at this moment, it
//! carries exactly one name of our environment ([`quibus_certs::check_peer`]), and that name is
//! whom this dial expected. No tickets, no resumption and no early data: early data can be
//! replayed, and a resumed session would not look at the certificate again.
//!
//! | file | what it settles |
//! | --- | --- |
//! | `cryptography` | which provider, with what on offer, and its wrapping for quinn |
//! | `configuration` | the two rustls configurations of one process |
//! | `dialled_verifier` | what the dialler demands of the side it dialled |
//! | `dialler_verifier` | what the accepting side demands of a dialler |
//! | `witness` | sees what a server presents, and trusts nobody |
//! | `complaint` | what is wrong with a certificate, in words with a cure |

mod complaint;
mod configuration;
mod cryptography;
mod dialled_verifier;
mod dialler_verifier;
mod witness;

pub(crate) use complaint::alert_text;
pub(crate) use configuration::TlsConfiguration;
pub(crate) use cryptography::peer_certificate;
pub(crate) use dialled_verifier::Verdict;
pub(crate) use witness::Witness;
