//! A descriptor in the making.

use std::any::TypeId;
use std::collections::{BTreeSet, HashMap, HashSet};

use ::prost_types::{
    DescriptorProto, EnumDescriptorProto, EnumValueDescriptorProto, FileDescriptorProto,
};

use super::fields::Fields;

/// A file of descriptors in the making: all messages that one message type reaches, each once.
///
/// It stands for itself. Two Rust types of one name get two names in it; what is called alike in
/// another file has nothing to do with it.
#[derive(Debug, Default)]
pub struct Draft {
    package: String,
    names: HashMap<TypeId, String>,
    taken: HashSet<String>,
    messages: Vec<DescriptorProto>,
    dependencies: BTreeSet<&'static str>,
}

impl Draft {
    /// Begins the file of the type with this stable name.
    pub(super) fn new(type_name: &str) -> Self {
        let (namespace, _) = type_name.rsplit_once('.').unwrap_or_default();
        let words = namespace.split('.').filter(|word| !word.is_empty());
        let words: Vec<_> = words.map(identifier).collect();
        Self {
            package: words.join("."),
            ..Self::default()
        }
    }

    /// Adds the message `T`; `fill` says its fields, and may meet `T` again.
    pub fn message<T: 'static>(
        &mut self,
        name: &str,
        fill: impl FnOnce(&mut Fields<'_>),
    ) -> String {
        let id = TypeId::of::<T>();
        if let Some(known) = self.names.get(&id) {
            return known.clone();
        }
        let (at, full) = self.reserve(id, name);
        let mut fields = Fields::new(self, full.clone());
        fill(&mut fields);
        let filled = fields.finish();
        let place = &mut self.messages[at];
        let name = place.name.take();
        *place = DescriptorProto { name, ..filled };
        full
    }

    /// Adds the enumeration `T`. Its variants would be neighbours of everything else in the file,
    /// and two of one name a contradiction; so it lies in a message of its own.
    pub fn enumeration<T: 'static>(&mut self, name: &str, variants: &[(&str, i32)]) -> String {
        const INNER: &str = "Value";
        let id = TypeId::of::<T>();
        if let Some(known) = self.names.get(&id) {
            return known.clone();
        }
        let (at, holder) = self.reserve(id, name);
        let value = |(name, number): &(&str, i32)| EnumValueDescriptorProto {
            name: Some(identifier(name)),
            number: Some(*number),
            options: None,
        };
        self.messages[at].enum_type.push(EnumDescriptorProto {
            name: Some(INNER.into()),
            value: variants.iter().map(value).collect(),
            ..EnumDescriptorProto::default()
        });
        let full = format!("{holder}.{INNER}");
        self.names.insert(id, full.clone());
        full
    }

    /// A message that protobuf itself defines.
    pub(super) fn well_known(&mut self, file: &'static str, name: &str) -> String {
        self.dependencies.insert(file);
        format!(".google.protobuf.{name}")
    }

    pub(super) fn finish(self) -> FileDescriptorProto {
        FileDescriptorProto {
            name: Some("type.proto".into()),
            package: (!self.package.is_empty()).then_some(self.package),
            dependency: self.dependencies.into_iter().map(str::to_owned).collect(),
            message_type: self.messages,
            syntax: Some("proto3".into()),
            ..FileDescriptorProto::default()
        }
    }

    /// The place of a message that is still to be filled, and its full name.
    fn reserve(&mut self, id: TypeId, name: &str) -> (usize, String) {
        let wanted = identifier(name);
        let mut own = wanted.clone();
        let mut number = 2;
        while !self.taken.insert(own.clone()) {
            own = format!("{wanted}{number}");
            number += 1;
        }
        let full = match self.package.as_str() {
            "" => format!(".{own}"),
            package => format!(".{package}.{own}"),
        };
        self.names.insert(id, full.clone());
        self.messages.push(DescriptorProto {
            name: Some(own),
            ..DescriptorProto::default()
        });
        (self.messages.len() - 1, full)
    }
}

/// A name as protobuf takes them: letters, digits and `_`, no digit first.
pub(super) fn identifier(name: &str) -> String {
    let legal = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    let name: String = name.trim_start_matches("r#").chars().map(legal).collect();
    match name.starts_with(|first: char| first.is_ascii_digit()) {
        true => format!("_{name}"),
        false => name,
    }
}
