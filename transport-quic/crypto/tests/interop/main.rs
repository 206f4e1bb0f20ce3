//! Real endpoints of quinn on loopback: whatever provides the cryptography, and through whose glue,
//! they understand each other.
//!
//! With the feature `ring` the matrix has rows for quinn's own glue to ring, which is the proof
//! that ours says the same on the wire; two mirrored mistakes would understand each other too.
//!
//! | file | what it settles |
//! | --- | --- |
//! | `matrix` | every suite and kind of certificate, with Retry and key updates under load |
//! | `key_exchange` | X25519MLKEM768 where both have it, X25519 otherwise |
//! | `handshake_data` | what is known of a handshake, on which side how early |
//! | `early_data` | data in the first flight of a resumed connection |
//! | `stateless_reset` | a restarted acceptor ends the connections of its predecessor |
//! | `refusals` | who is not vouched for gets no connection, and learns why |
//! | `process_default` | no provider is installed for the process, and one that is does no harm |
//! | `glue`, `pair`, `certificates`, `counted_keys`, `traffic` | what all of them need |

mod certificates;
mod counted_keys;
mod early_data;
mod glue;
mod handshake_data;
mod key_exchange;
mod matrix;
mod pair;
mod process_default;
mod refusals;
mod stateless_reset;
mod traffic;
