//! What of a peer's descriptor is believed.

use prost_reflect::prost::Message as _;
use prost_reflect::prost_types::field_descriptor_proto::{Label, Type};
use prost_reflect::prost_types::{
    DescriptorProto, EnumDescriptorProto, EnumValueDescriptorProto, FieldDescriptorProto,
    FieldOptions, FileDescriptorProto, MessageOptions, OneofDescriptorProto,
};

/// Reads a descriptor that a peer has made. Taken out of it is what the derives write, and nothing
/// else: `prost_reflect` was made for what `protoc` writes, and a syntax that is none, or entries of
/// a map without a key, are beyond what it can refuse.
///
/// # Errors
/// What is wrong with it.
pub(super) fn read(bytes: &[u8]) -> Result<FileDescriptorProto, String> {
    let file = FileDescriptorProto::decode(bytes).map_err(|error| error.to_string())?;
    if let Some(name) = file.message_type.iter().find_map(unsound) {
        return Err(format!("the entries of the map {name:?} are none"));
    }
    Ok(FileDescriptorProto {
        name: Some("type.proto".into()),
        package: file.package,
        dependency: file.dependency,
        message_type: file.message_type.into_iter().map(message).collect(),
        syntax: Some("proto3".into()),
        ..FileDescriptorProto::default()
    })
}

fn message(given: DescriptorProto) -> DescriptorProto {
    let is_entry = is_entry(&given);
    let oneof = |given: OneofDescriptorProto| OneofDescriptorProto {
        name: given.name,
        options: None,
    };
    DescriptorProto {
        name: given.name,
        field: given.field.into_iter().map(field).collect(),
        nested_type: given.nested_type.into_iter().map(message).collect(),
        enum_type: given.enum_type.into_iter().map(enumeration).collect(),
        oneof_decl: given.oneof_decl.into_iter().map(oneof).collect(),
        options: is_entry.then(|| MessageOptions {
            map_entry: Some(true),
            ..MessageOptions::default()
        }),
        ..DescriptorProto::default()
    }
}

fn field(given: FieldDescriptorProto) -> FieldDescriptorProto {
    let packed = given.options.and_then(|options| options.packed);
    FieldDescriptorProto {
        name: given.name,
        number: given.number,
        label: given.label,
        r#type: given.r#type,
        type_name: given.type_name,
        oneof_index: given.oneof_index,
        proto3_optional: given.proto3_optional,
        options: packed.map(|packed| FieldOptions {
            packed: Some(packed),
            ..FieldOptions::default()
        }),
        ..FieldDescriptorProto::default()
    }
}

fn enumeration(given: EnumDescriptorProto) -> EnumDescriptorProto {
    let value = |given: EnumValueDescriptorProto| EnumValueDescriptorProto {
        name: given.name,
        number: given.number,
        options: None,
    };
    EnumDescriptorProto {
        name: given.name,
        value: given.value.into_iter().map(value).collect(),
        ..EnumDescriptorProto::default()
    }
}

/// The name of a message that says it is an entry of a map, and is none.
fn unsound(message: &DescriptorProto) -> Option<String> {
    if is_entry(message) && !is_sound_entry(message) {
        return Some(message.name().into());
    }
    message.nested_type.iter().find_map(unsound)
}

fn is_entry(message: &DescriptorProto) -> bool {
    let options = message.options.as_ref();
    options.is_some_and(|options| options.map_entry())
}

fn is_sound_entry(entry: &DescriptorProto) -> bool {
    let single = |number| {
        let mut fields = entry.field.iter();
        fields.find(|field| field.number() == number && field.label() != Label::Repeated)
    };
    single(1).is_some_and(is_key) && single(2).is_some()
}

fn is_key(field: &FieldDescriptorProto) -> bool {
    !matches!(
        field.r#type(),
        Type::Double | Type::Float | Type::Bytes | Type::Message | Type::Group | Type::Enum
    )
}
