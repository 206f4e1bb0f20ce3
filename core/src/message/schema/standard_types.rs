//! The schemas of types that are nobody's own: the ones prost gives a message to, and what may
//! stand around a message in a field.

use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;

use super::draft::Draft;
use super::schema::Schema;

macro_rules! well_known {
    ($file:literal: $($rust:ty => $name:literal),*) => {
        $(impl Schema for $rust {
            fn add_to(draft: &mut Draft) -> String {
                draft.well_known(concat!("google/protobuf/", $file, ".proto"), $name)
            }
        })*
    };
}

well_known!("wrappers":
    f64 => "DoubleValue", f32 => "FloatValue", i64 => "Int64Value", u64 => "UInt64Value",
    i32 => "Int32Value", u32 => "UInt32Value", bool => "BoolValue", String => "StringValue",
    Vec<u8> => "BytesValue", Bytes => "BytesValue");
well_known!("empty": () => "Empty");
well_known!("any": ::prost_types::Any => "Any");
well_known!("duration": ::prost_types::Duration => "Duration");
well_known!("field_mask": ::prost_types::FieldMask => "FieldMask");
well_known!("struct": ::prost_types::Struct => "Struct", ::prost_types::Value => "Value",
    ::prost_types::ListValue => "ListValue");
well_known!("timestamp": ::prost_types::Timestamp => "Timestamp");

macro_rules! around {
    ($(<$($parameter:ident),*> $rust:ty),*) => {
        $(impl<T: Schema $(, $parameter: 'static)*> Schema for $rust {
            fn add_to(draft: &mut Draft) -> String {
                T::add_to(draft)
            }
        })*
    };
}

around!(<> Option<T>, <> Box<T>, <K> BTreeMap<K, T>, <K, S> HashMap<K, T, S>);
