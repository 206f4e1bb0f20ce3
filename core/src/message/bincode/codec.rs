//! The codec itself, and how a value is written.

use ::bincode::config::{Configuration, Limit, LittleEndian, Varint, standard};
use ::bincode::enc::write::{SizeWriter, Writer};
use ::bincode::error as faults;
use bytes::BytesMut;
use serde_core::Serialize;
use serde_core::de::DeserializeOwned;

use super::super::{Codec, DecodeError, EncodeError};
use super::values::Values;

/// Bincode (its version 2, standard configuration) for types that derive serde's `Serialize` and
/// `Deserialize`: compact, for Rust programs that know the very same type. Needs the feature
/// `bincode`.
///
/// ```
/// #[derive(serde::Serialize, serde::Deserialize, quibus::Event)]
/// #[quibus(namespace = "Shop", codec = quibus::Bincode)]
/// struct CartAbandoned {
///     #[quibus(route = 1)]
///     shop: String,
///     lines: Vec<(String, u32)>,
/// }
/// ```
///
/// Nothing of the type travels: a receiver whose type has other fields, or the same in another
/// order, reads nonsense or an error. So a type that has to change gets another name, or travels by
/// [`Prost`](super::super::Prost). What needs its own description cannot travel at all:
/// `serde_json::Value`, `#[serde(untagged)]`, `#[serde(tag = …)]`, `#[serde(flatten)]`.
///
/// # Limits
///
/// Values nest at most 128 deep. Of elements that take no bytes, such as those of a `Vec<()>`, a
/// value has at most 65,536, and less if they take memory. Beyond that, and where bytes are left
/// over, reading is an error. What a list reserves before it is read is bounded by the bytes that
/// are there for it; while it grows it holds at most three times its elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Bincode {}

/// Most bytes that are read: what a frame has.
const MAX_LEN: usize = 4 << 20;

/// bincode counts a number by its size in memory, at most 16 bytes, and it takes at least one.
pub(super) const CONFIG: Config = standard().with_limit::<{ 16 * MAX_LEN }>();
pub(super) type Config = Configuration<LittleEndian, Varint, Limit<{ 16 * MAX_LEN }>>;

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned> Codec<T> for Bincode {
    const ID: u8 = 2;

    /// 0 for a value that cannot be encoded: encoding it says why.
    fn encoded_len(value: &T) -> usize {
        let mut size = SizeWriter::default();
        match ::bincode::serde::encode_into_writer(value, &mut size, CONFIG) {
            Ok(()) => size.bytes_written,
            Err(_) => 0,
        }
    }

    fn encode(value: &T, out: &mut BytesMut) -> Result<(), EncodeError> {
        ::bincode::serde::encode_into_writer(value, Output(out), CONFIG)
            .map_err(|fault| EncodeError::new(unencodable(&fault)))
    }

    fn decode(bytes: &[u8]) -> Result<T, DecodeError> {
        if bytes.len() > MAX_LEN {
            let text = format_args!("{} bytes, at most {MAX_LEN} are read", bytes.len());
            return Err(DecodeError::new(text));
        }
        Values::read_all(bytes).map_err(|fault| DecodeError::new(undecodable(&fault)))
    }
}

/// Appends what bincode writes.
struct Output<'a>(&'a mut BytesMut);

impl Writer for Output<'_> {
    #[inline]
    fn write(&mut self, bytes: &[u8]) -> Result<(), faults::EncodeError> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }
}

// bincode's errors print as their Rust code.
fn unencodable(fault: &faults::EncodeError) -> String {
    match fault {
        faults::EncodeError::OtherString(text) => text.clone(),
        faults::EncodeError::Serde(_) => {
            "a list or map in it does not know its length (bincode writes that first); collect it, \
             and do without #[serde(flatten)]"
                .into()
        }
        other => format!("bincode says {other:?}"),
    }
}

fn undecodable(fault: &faults::DecodeError) -> String {
    match fault {
        faults::DecodeError::OtherString(text) => text.clone(),
        faults::DecodeError::UnexpectedEnd { additional } => {
            format!("they end {additional} bytes too early")
        }
        faults::DecodeError::LimitExceeded => "a length in them is more than there can be".into(),
        faults::DecodeError::Utf8 { .. } => "a text is not UTF-8".into(),
        other => format!("bincode says {other:?}"),
    }
}
