//! What a peer tells of a message type that it knows.

use bytes::{BufMut, Bytes, BytesMut};

use super::schema::Schema;
use super::type_hash::TypeHash;
use super::type_schema::{ErrorSchema, TypeSchema};
use super::undescribed::Undescribed;
use crate::message::{Deliver, Message, MessageKind, TypeFacts};
use crate::wire::{Reader, WireError, put_bytes, put_str, put_varint};

/// What a peer tells of a message type that it knows: enough to send it, to read it, and to know
/// where it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeDescription {
    /// The stable name.
    pub name: String,
    /// Command or event.
    pub kind: MessageKind,
    /// The codec's number; 1 is protobuf.
    pub codec: u8,
    /// The lane it travels in.
    pub lane: String,
    /// Who takes a command that several peers handle.
    pub deliver: Deliver,
    /// Whether it is never kept for a peer that is away.
    pub transient: bool,
    /// Whether it neither waits nor is sent again.
    pub unsequenced: bool,
    /// Its descriptor, or why it has none.
    pub schema: Result<TypeSchema, Undescribed>,
}

/// The first byte of the wire form.
const VERSION: u8 = 1;
const EVENT: u8 = 1;
const ANY: u8 = 2;
const TRANSIENT: u8 = 4;
const UNSEQUENCED: u8 = 8;
const FLAGS: u8 = EVENT | ANY | TRANSIENT | UNSEQUENCED;
const DESCRIBED: u8 = 0;

impl TypeDescription {
    /// Longest wire form, in bytes. A type whose descriptor is longer is registered without it.
    pub const MAX_BYTES: usize = 64 * 1024;
    /// Longest name of a type or lane in it, in bytes.
    pub const MAX_NAME: usize = 256;
    /// Most errors of a type.
    pub const MAX_ERRORS: usize = 256;
    const MAX_FULL_NAME: usize = 1_024;
    const MAX_ROUTES: usize = 64;

    /// That of a type whose routing fields have these numbers in protobuf; called by what the
    /// derives write.
    #[doc(hidden)]
    pub fn of<M>(routes: &[u32]) -> Self
    where
        M: Message<Reply: Schema> + Schema,
    {
        let described = Self::without::<M>(Undescribed::TooLarge);
        let schema = TypeSchema::of::<M>(routes);
        let fits = schema.errors.len() <= Self::MAX_ERRORS;
        let whole = Self {
            schema: Ok(schema),
            ..described.clone()
        };
        match fits && whole.encode().len() <= Self::MAX_BYTES {
            true => whole,
            false => described,
        }
    }

    /// That of a type without descriptor.
    #[doc(hidden)]
    pub fn without<M: Message>(reason: Undescribed) -> Self {
        let TypeFacts {
            name,
            codec,
            lane,
            unsequenced,
            deliver,
        } = TypeFacts::of::<M>();
        Self {
            name: name.into(),
            kind: M::KIND,
            codec,
            lane: lane.into(),
            deliver,
            transient: M::TRANSIENT,
            unsequenced,
            schema: Err(reason),
        }
    }

    /// The hash of the wire form.
    pub fn hash(&self) -> TypeHash {
        TypeHash::of(&self.encode())
    }

    /// The wire form. The same type has the same bytes in every process that was built from the
    /// same code.
    pub fn encode(&self) -> Bytes {
        let mut out = BytesMut::new();
        let flag = |set: bool, flag: u8| if set { flag } else { 0 };
        out.put_u8(VERSION);
        put_str(&mut out, &self.name);
        out.put_u8(
            flag(self.kind == MessageKind::Event, EVENT)
                | flag(self.deliver == Deliver::Any, ANY)
                | flag(self.transient, TRANSIENT)
                | flag(self.unsequenced, UNSEQUENCED),
        );
        out.put_u8(self.codec);
        put_str(&mut out, &self.lane);
        match &self.schema {
            Err(reason) => out.put_u8(*reason as u8),
            Ok(schema) => {
                out.put_u8(DESCRIBED);
                put_schema(&mut out, schema);
            }
        }
        out.freeze()
    }

    /// Reads the wire form; the descriptor in it is not looked into.
    ///
    /// # Errors
    /// If the bytes are none, or say more than a description may.
    pub fn decode(bytes: &Bytes) -> Result<Self, WireError> {
        if bytes.len() > Self::MAX_BYTES {
            return Err(WireError::TooLarge {
                what: "a description",
                value: bytes.len() as u64,
                limit: Self::MAX_BYTES as u64,
            });
        }
        let mut reader = Reader::new(bytes);
        match reader.byte("version")? {
            VERSION => {}
            other => return Err(meaningless("version", other)),
        }
        let name = name(&mut reader, "name of a type")?;
        let flags = reader.byte("flags")?;
        if flags & !FLAGS != 0 {
            return Err(meaningless("flags", flags));
        }
        let codec = reader.byte("codec")?;
        let lane = self::name(&mut reader, "lane")?;
        let status = reader.byte("status")?;
        let schema = match status {
            DESCRIBED => Ok(read_schema(bytes, &mut reader)?),
            reason => Err(Undescribed::of_code(reason).ok_or(meaningless("status", reason))?),
        };
        reader.finish()?;
        let when = |set: u8| flags & set != 0;
        Ok(Self {
            name,
            kind: match when(EVENT) {
                true => MessageKind::Event,
                false => MessageKind::Command,
            },
            codec,
            lane,
            deliver: match when(ANY) {
                true => Deliver::Any,
                false => Deliver::One,
            },
            transient: when(TRANSIENT),
            unsequenced: when(UNSEQUENCED),
            schema,
        })
    }
}

fn put_schema(out: &mut BytesMut, schema: &TypeSchema) {
    put_str(out, &schema.message);
    put_str(out, &schema.reply);
    put_varint(out, schema.routes.len() as u64);
    for field in &schema.routes {
        put_varint(out, u64::from(*field));
    }
    put_varint(out, schema.errors.len() as u64);
    for error in &schema.errors {
        put_varint(out, u64::from(error.code));
        put_str(out, &error.variant);
        put_str(out, error.details.as_deref().unwrap_or_default());
    }
    put_bytes(out, &schema.file);
}

fn read_schema(whole: &Bytes, reader: &mut Reader<'_>) -> Result<TypeSchema, WireError> {
    let full = |reader: &mut Reader<'_>, what| {
        reader
            .text(what, TypeDescription::MAX_FULL_NAME)
            .map(str::to_owned)
    };
    let message = full(reader, "name of a message")?;
    let reply = full(reader, "name of a reply")?;
    let count = reader.varint_to("number of routes", TypeDescription::MAX_ROUTES as u64)?;
    let mut routes = Vec::new();
    for _ in 0..count {
        routes.push(reader.varint_to("a field", u32::MAX.into())? as u32);
    }
    let count = reader.varint_to("number of errors", TypeDescription::MAX_ERRORS as u64)?;
    let mut errors = Vec::new();
    for _ in 0..count {
        let code = reader.varint_to("code", u32::MAX.into())? as u32;
        let variant = name(reader, "variant")?;
        let details = full(reader, "name of details")?;
        errors.push(ErrorSchema {
            code,
            variant,
            details: (!details.is_empty()).then_some(details),
        });
    }
    let file = reader.bytes("descriptor", TypeDescription::MAX_BYTES)?;
    Ok(TypeSchema {
        file: whole.slice_ref(file),
        message,
        reply,
        errors,
        routes,
    })
}

fn name(reader: &mut Reader<'_>, what: &'static str) -> Result<String, WireError> {
    let name = reader.text(what, TypeDescription::MAX_NAME)?;
    match name.is_empty() || name.chars().any(char::is_control) {
        true => Err(WireError::Text(what)),
        false => Ok(name.into()),
    }
}

fn meaningless(what: &'static str, value: u8) -> WireError {
    let value = value.into();
    WireError::Meaningless { what, value }
}
