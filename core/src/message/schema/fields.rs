//! The fields of a message in the making.

use std::collections::HashSet;

use ::prost_types::field_descriptor_proto as proto;
use ::prost_types::{
    DescriptorProto, FieldDescriptorProto, FieldOptions, MessageOptions, OneofDescriptorProto,
};

use super::draft::{Draft, identifier};
use super::schema::{EnumSchema, OneofSchema, Schema};

/// The fields of a message in the making; filled by what the derives write.
#[derive(Debug)]
pub struct Fields<'a> {
    draft: &'a mut Draft,
    /// The message's full name.
    scope: String,
    message: DescriptorProto,
    /// The oneof that fields belong to at the moment.
    oneof: Option<i32>,
}

/// How often a field is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Label {
    /// Always; what was not sent has the default value.
    Plain,
    /// Once or not at all.
    Optional,
    /// Any number of times; numbers in one piece.
    Repeated,
    /// Any number of times, each by itself.
    Unpacked,
}

/// The types of values that are no messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as protobuf names them")]
pub enum Scalar {
    Double,
    Float,
    Int32,
    Int64,
    Uint32,
    Uint64,
    Sint32,
    Sint64,
    Fixed32,
    Fixed64,
    Sfixed32,
    Sfixed64,
    Bool,
    String,
    Bytes,
}

impl<'a> Fields<'a> {
    pub(super) fn new(draft: &'a mut Draft, scope: String) -> Self {
        Self {
            draft,
            scope,
            message: DescriptorProto::default(),
            oneof: None,
        }
    }

    /// Adds a field of scalars.
    pub fn scalar(&mut self, name: &str, tag: u32, label: Label, scalar: Scalar) {
        self.push(name, tag, label, scalar.kind(), None);
    }

    /// Adds a field of an enumeration.
    pub fn enumeration<E: EnumSchema>(&mut self, name: &str, tag: u32, label: Label) {
        let of = E::add_to(self.draft);
        self.push(name, tag, label, proto::Type::Enum, Some(of));
    }

    /// Adds a field of messages; `M` is the field's Rust type.
    pub fn message<M: Schema>(&mut self, name: &str, tag: u32, label: Label) {
        let of = M::add_to(self.draft);
        self.push(name, tag, label, proto::Type::Message, Some(of));
    }

    /// Adds a map with scalars in it.
    pub fn map_of_scalars(&mut self, name: &str, tag: u32, key: Scalar, value: Scalar) {
        self.map(name, tag, key, value.kind(), None);
    }

    /// Adds a map with an enumeration in it.
    pub fn map_of_enumeration<E: EnumSchema>(&mut self, name: &str, tag: u32, key: Scalar) {
        let of = E::add_to(self.draft);
        self.map(name, tag, key, proto::Type::Enum, Some(of));
    }

    /// Adds a map with messages in it; `M` is the field's Rust type.
    pub fn map_of_messages<M: Schema>(&mut self, name: &str, tag: u32, key: Scalar) {
        let of = M::add_to(self.draft);
        self.map(name, tag, key, proto::Type::Message, Some(of));
    }

    /// Adds a oneof and its choices.
    pub fn oneof<O: OneofSchema>(&mut self, name: &str) {
        self.oneof = Some(self.message.oneof_decl.len() as i32);
        self.message.oneof_decl.push(OneofDescriptorProto {
            name: Some(identifier(name)),
            options: None,
        });
        O::add_to(self);
        self.oneof = None;
    }

    fn push(
        &mut self,
        name: &str,
        tag: u32,
        label: Label,
        kind: proto::Type,
        type_name: Option<String>,
    ) {
        let repeated = matches!(label, Label::Repeated | Label::Unpacked);
        let explicit = label == Label::Optional && kind != proto::Type::Message;
        self.message.field.push(FieldDescriptorProto {
            oneof_index: self.oneof,
            proto3_optional: (explicit && self.oneof.is_none()).then_some(true),
            options: (label == Label::Unpacked).then(|| FieldOptions {
                packed: Some(false),
                ..FieldOptions::default()
            }),
            ..field(name, tag, repeated, kind, type_name)
        });
    }

    fn map(
        &mut self,
        name: &str,
        tag: u32,
        key: Scalar,
        value: proto::Type,
        value_type: Option<String>,
    ) {
        let own = self.entry_of(name);
        let full = format!("{}.{own}", self.scope);
        self.message.nested_type.push(DescriptorProto {
            name: Some(own),
            field: vec![
                field("key", 1, false, key.kind(), None),
                field("value", 2, false, value, value_type),
            ],
            options: Some(MessageOptions {
                map_entry: Some(true),
                ..MessageOptions::default()
            }),
            ..DescriptorProto::default()
        });
        let entries = field(name, tag, true, proto::Type::Message, Some(full));
        self.message.field.push(entries);
    }

    /// What protobuf calls the entries of a map.
    fn entry_of(&self, name: &str) -> String {
        let mut entry = String::new();
        for word in identifier(name).split('_') {
            let mut letters = word.chars();
            entry.extend(letters.next().map(|first| first.to_ascii_uppercase()));
            entry.push_str(letters.as_str());
        }
        let nested = &self.message.nested_type;
        let taken = |name: &str| {
            nested
                .iter()
                .any(|other| other.name().strip_suffix("Entry") == Some(name))
        };
        while taken(&entry) {
            entry.push('_');
        }
        entry + "Entry"
    }

    /// The message. Each optional scalar becomes a oneof of its own, behind the real ones: so
    /// protobuf says that it may be absent.
    pub(super) fn finish(self) -> DescriptorProto {
        let mut message = self.message;
        let named = message.field.iter().filter_map(|field| field.name.clone());
        let mut taken: HashSet<_> = named.collect();
        for field in &mut message.field {
            if field.proto3_optional != Some(true) {
                continue;
            }
            let mut name = format!("_{}", field.name());
            while !taken.insert(name.clone()) {
                name.insert(0, 'X');
            }
            field.oneof_index = Some(message.oneof_decl.len() as i32);
            message.oneof_decl.push(OneofDescriptorProto {
                name: Some(name),
                options: None,
            });
        }
        message
    }
}

fn field(
    name: &str,
    tag: u32,
    repeated: bool,
    kind: proto::Type,
    type_name: Option<String>,
) -> FieldDescriptorProto {
    let label = match repeated {
        true => proto::Label::Repeated,
        false => proto::Label::Optional,
    };
    FieldDescriptorProto {
        name: Some(identifier(name)),
        number: Some(tag as i32),
        label: Some(label.into()),
        r#type: Some(kind.into()),
        type_name,
        ..FieldDescriptorProto::default()
    }
}

impl Scalar {
    fn kind(self) -> proto::Type {
        match self {
            Self::Double => proto::Type::Double,
            Self::Float => proto::Type::Float,
            Self::Int32 => proto::Type::Int32,
            Self::Int64 => proto::Type::Int64,
            Self::Uint32 => proto::Type::Uint32,
            Self::Uint64 => proto::Type::Uint64,
            Self::Sint32 => proto::Type::Sint32,
            Self::Sint64 => proto::Type::Sint64,
            Self::Fixed32 => proto::Type::Fixed32,
            Self::Fixed64 => proto::Type::Fixed64,
            Self::Sfixed32 => proto::Type::Sfixed32,
            Self::Sfixed64 => proto::Type::Sfixed64,
            Self::Bool => proto::Type::Bool,
            Self::String => proto::Type::String,
            Self::Bytes => proto::Type::Bytes,
        }
    }
}
