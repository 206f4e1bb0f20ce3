//! What the derives make of `#[prost(…)]`, and what of it travels.

use std::collections::{BTreeMap, HashMap};

use ::prost_types::field_descriptor_proto::{Label as ProtoLabel, Type};
use ::prost_types::{DescriptorProto, FieldDescriptorProto, FileDescriptorProto};
use bytes::Bytes;
use proptest::prelude::*;
use prost::Message as _;

use super::*;
use crate::message::{Deliver, Message, MessageKind};

#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, prost::Enumeration, quibus::Schema,
)]
#[repr(i32)]
enum Sky {
    Unknown = 0,
    Clear = 1,
}

#[derive(Clone, PartialEq, prost::Oneof, quibus::Schema)]
enum Origin {
    #[prost(string, tag = "20")]
    PostCode(String),
    #[prost(message, tag = "21")]
    Place(Box<Tree>),
}

/// Contains itself.
#[derive(Clone, PartialEq, prost::Message, quibus::Schema)]
struct Tree {
    #[prost(message, repeated, tag = "1")]
    branches: Vec<Tree>,
}

#[derive(Clone, PartialEq, prost::Message, quibus::Command)]
#[quibus(namespace = "Abc.All-Kinds", name = "7Fields", reply = u64, error = Refused)]
#[quibus(lane = "bulk", deliver = "any", transient)]
struct Everything {
    #[quibus(route = 2)]
    #[prost(string)]
    inferred: String,
    #[prost(double, optional, tag = "3")]
    maybe: Option<f64>,
    #[prost(uint32, repeated, packed = "false", tag = "4")]
    counts: Vec<u32>,
    #[quibus(route = 1)]
    #[prost(enumeration = "Sky", tag = "5")]
    r#type: i32,
    #[prost(message, optional, boxed, tag = "6")]
    tree: Option<Box<Tree>>,
    #[prost(map = "string, message", tag = "7")]
    by_name: HashMap<String, Tree>,
    #[prost(btree_map = "int32, enumeration(Sky)", tag = "8")]
    skies: BTreeMap<i32, i32>,
    #[prost(bytes = "bytes", tag = "9")]
    raw: Bytes,
    #[prost(message, optional, tag = "10")]
    note: Option<String>,
    #[prost(int32, tag = "11", default = "5")]
    five: i32,
    #[prost(oneof = "Origin", tags = "20, 21")]
    origin: Option<Origin>,
}

#[derive(Debug, thiserror::Error, quibus::HandlerError)]
enum Refused {
    #[error("{0}")]
    #[quibus(code = 404)]
    NotFound(String),
    #[error("closed")]
    #[quibus(code = 410)]
    Closed,
    #[error("stays home")]
    #[expect(dead_code, reason = "only its absence is looked at")]
    Home,
}

fn schema() -> TypeSchema {
    Everything::describe().schema.unwrap()
}

fn file() -> FileDescriptorProto {
    FileDescriptorProto::decode(schema().file).unwrap()
}

fn message(name: &str) -> DescriptorProto {
    let found = file().message_type.into_iter().find(|m| m.name() == name);
    found.unwrap_or_else(|| panic!("no {name}"))
}

fn field(name: &str) -> FieldDescriptorProto {
    let fields = message("_7Fields").field;
    let found = fields.into_iter().find(|field| field.name() == name);
    found.unwrap_or_else(|| panic!("no {name}"))
}

#[test]
fn a_description_says_all_that_the_attributes_said() {
    let described = Everything::describe();
    assert_eq!(described.name, "Abc.All-Kinds.7Fields");
    assert_eq!(described.kind, MessageKind::Command);
    assert_eq!((described.codec, described.transient), (1, true));
    assert_eq!(
        (described.lane.as_str(), described.deliver),
        ("bulk", Deliver::Any)
    );
    let schema = described.schema.unwrap();
    assert_eq!(schema.message, "Abc.All_Kinds._7Fields");
    assert_eq!(schema.reply, "google.protobuf.UInt64Value");
    assert_eq!(schema.routes, [5, 1]);
    let error = |code, variant: &str, details: Option<&str>| ErrorSchema {
        code,
        variant: variant.into(),
        details: details.map(Into::into),
    };
    let carried = Some("google.protobuf.StringValue");
    let errors = [error(404, "NotFound", carried), error(410, "Closed", None)];
    assert_eq!(schema.errors, errors);
}

#[test]
fn each_field_has_the_type_and_the_label_that_prost_encodes() {
    assert_eq!(
        (field("inferred").number(), field("inferred").r#type()),
        (1, Type::String)
    );
    assert!(field("maybe").proto3_optional());
    assert_eq!(field("counts").label(), ProtoLabel::Repeated);
    assert_eq!(field("counts").options.unwrap().packed, Some(false));
    assert_eq!(field("type").type_name(), ".Abc.All_Kinds.Sky.Value");
    assert_eq!(field("tree").type_name(), ".Abc.All_Kinds.Tree");
    assert_eq!(field("raw").r#type(), Type::Bytes);
    assert_eq!(field("note").type_name(), ".google.protobuf.StringValue");
    // 0 differs from its default and is sent.
    assert!(field("five").proto3_optional());
}

#[test]
fn a_map_is_a_list_of_entries_and_a_oneof_names_its_choices() {
    let whole = message("_7Fields");
    assert_eq!(
        field("by_name").type_name(),
        ".Abc.All_Kinds._7Fields.ByNameEntry"
    );
    let entry = &whole.nested_type[0];
    assert!(entry.options.as_ref().unwrap().map_entry());
    assert_eq!(entry.field[1].type_name(), ".Abc.All_Kinds.Tree");
    assert_eq!(whole.nested_type[1].field[1].r#type(), Type::Enum);
    let oneofs: Vec<_> = whole.oneof_decl.iter().map(|oneof| oneof.name()).collect();
    assert_eq!(oneofs, ["origin", "_maybe", "_five"]);
    assert_eq!(field("post_code").oneof_index, Some(0));
    assert_eq!(field("place").type_name(), ".Abc.All_Kinds.Tree");
    assert_eq!(
        (field("maybe").oneof_index, field("five").oneof_index),
        (Some(1), Some(2))
    );
}

#[test]
fn what_is_reached_twice_is_there_once_and_may_contain_itself() {
    let file = file();
    let names: Vec<_> = file.message_type.iter().map(|m| m.name()).collect();
    assert_eq!(names, ["_7Fields", "Sky", "Tree"]);
    assert_eq!(file.dependency, ["google/protobuf/wrappers.proto"]);
    assert_eq!(message("Tree").field[0].type_name(), ".Abc.All_Kinds.Tree");
    let variants = &message("Sky").enum_type[0].value;
    assert_eq!((variants[1].name(), variants[1].number()), ("Clear", 1));
}

mod elsewhere {
    #[derive(Clone, PartialEq, prost::Message, quibus::Schema)]
    pub(super) struct Tree {}
}

#[test]
fn two_types_of_one_name_are_told_apart() {
    #[derive(Clone, PartialEq, prost::Message, quibus::Event)]
    #[quibus(namespace = "Test")]
    struct Forest {
        #[prost(message, optional, tag = "1")]
        one: Option<Tree>,
        #[prost(message, optional, tag = "2")]
        other: Option<elsewhere::Tree>,
    }
    let file = FileDescriptorProto::decode(Forest::describe().schema.unwrap().file).unwrap();
    let fields = &file.message_type[0].field;
    assert_eq!(fields[0].type_name(), ".Test.Tree");
    assert_eq!(fields[1].type_name(), ".Test.Tree2");
}

#[test]
fn a_type_without_a_descriptor_says_why_and_still_where_it_goes() {
    #[derive(Clone, PartialEq, prost::Message, quibus::Event)]
    #[quibus(namespace = "Test", opaque, lane = "bulk")]
    struct Hidden {
        #[prost(message, optional, tag = "1")]
        inner: Option<Inner>,
    }
    #[derive(Clone, PartialEq, prost::Message)]
    struct Inner {}
    let described = Hidden::describe();
    assert_eq!(described.schema, Err(Undescribed::Opaque));
    assert_eq!(
        (described.name.as_str(), described.lane.as_str()),
        ("Test.Hidden", "bulk")
    );
    assert_eq!(described.kind, MessageKind::Event);
}

#[test]
fn a_descriptor_that_is_too_large_is_left_out() {
    let mut long = Everything::describe();
    let schema = long.schema.as_mut().unwrap();
    schema.file = vec![0; TypeDescription::MAX_BYTES].into();
    assert!(TypeDescription::decode(&long.encode()).is_err());
}

#[test]
fn every_description_survives_the_wire_and_the_same_type_has_the_same_hash() {
    let described = Everything::describe();
    let bytes = described.encode();
    assert_eq!(TypeDescription::decode(&bytes), Ok(described.clone()));
    assert_eq!(TypeHash::of(&bytes), Everything::describe().hash());
    for reason in [
        Undescribed::Codec,
        Undescribed::Opaque,
        Undescribed::ByHand,
        Undescribed::TooLarge,
    ] {
        let without = TypeDescription::without::<Everything>(reason);
        assert_eq!(TypeDescription::decode(&without.encode()), Ok(without));
    }
}

proptest! {
    #[test]
    fn no_damage_makes_the_reading_of_a_description_panic(
        at: prop::sample::Index, with: u8, cut: prop::sample::Index,
    ) {
        let mut bytes = Everything::describe().encode().to_vec();
        let at = at.index(bytes.len());
        bytes[at] = with;
        bytes.truncate(cut.index(bytes.len() + 1));
        let _ = TypeDescription::decode(&bytes.into());
    }
}
