//! `#[prost(…)]` on a field or on a variant of a oneof.
//!
//! Only what makes sense is read; every mistake is left to prost's own derive, which stands beside
//! ours and points at it.

use proc_macro2::Span;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Attribute, Error, Expr, ExprLit, Ident, Lit, Meta, Path, Result, Token};

/// What `#[prost(…)]` says of a field.
pub(crate) struct ProstField {
    pub(crate) kind: FieldKind,
    pub(crate) label: Label,
    /// Of a oneof: those of its choices.
    pub(crate) tags: Vec<u32>,
}

/// What the field holds.
pub(crate) enum FieldKind {
    Scalar(Ident),
    Enumeration(Path),
    Message,
    Map { key: Ident, value: MapValue },
    Oneof(Path),
}

/// What a map holds.
pub(crate) enum MapValue {
    Scalar(Ident),
    Enumeration(Path),
    Message,
}

/// How often the field is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Label {
    Plain,
    Optional,
    Repeated,
    Unpacked,
}

/// The attributes that make a scalar, and what the schema calls it.
const SCALARS: [(&str, &str); 15] = [
    ("double", "Double"),
    ("float", "Float"),
    ("int32", "Int32"),
    ("int64", "Int64"),
    ("uint32", "Uint32"),
    ("uint64", "Uint64"),
    ("sint32", "Sint32"),
    ("sint64", "Sint64"),
    ("fixed32", "Fixed32"),
    ("fixed64", "Fixed64"),
    ("sfixed32", "Sfixed32"),
    ("sfixed64", "Sfixed64"),
    ("bool", "Bool"),
    ("string", "String"),
    ("bytes", "Bytes"),
];

impl ProstField {
    /// Reads the attributes of a field that has the tag `next` if it names none. `None`: they say
    /// nothing that could be understood.
    pub(crate) fn parse(attributes: &[Attribute], next: u32) -> Result<Option<Self>> {
        let metas = prost_metas(attributes);
        let mut draft = Draft::default();
        for meta in &metas {
            draft.take(meta)?;
        }
        Ok(draft.finish(next))
    }
}

#[derive(Default)]
struct Draft {
    kind: Option<FieldKind>,
    label: Option<Label>,
    unpacked: bool,
    has_default: bool,
    tags: Vec<u32>,
}

impl Draft {
    fn take(&mut self, meta: &Meta) -> Result<()> {
        let Some(name) = meta.path().get_ident().map(Ident::to_string) else {
            return Ok(());
        };
        let value = text_of(meta);
        match (name.as_str(), value) {
            ("optional", _) => self.label = Some(Label::Optional),
            ("required", _) => self.label = Some(Label::Plain),
            ("repeated", _) => self.label = Some(Label::Repeated),
            ("packed", Some(value)) => self.unpacked = value == "false",
            ("default", _) => self.has_default = true,
            ("tag", Some(value)) => self.tags.extend(value.trim().parse::<u32>()),
            ("tags", Some(value)) => {
                let tags = value.split(',').map(|tag| tag.trim().parse::<u32>());
                self.tags.extend(tags.flatten());
            }
            ("message", _) => self.kind = Some(FieldKind::Message),
            ("enumeration", Some(path)) => {
                self.kind = syn::parse_str(&path).ok().map(FieldKind::Enumeration);
            }
            ("oneof", Some(path)) => self.kind = syn::parse_str(&path).ok().map(FieldKind::Oneof),
            ("map" | "hash_map" | "btree_map", Some(types)) => self.kind = map_of(&types),
            ("group", _) => {
                let text = "a group cannot be described: use a message, or write \
                            `#[quibus(opaque)]` on the type";
                return Err(Error::new(meta.span(), text));
            }
            (other, _) => {
                if let Some(scalar) = scalar_of(other, meta.span()) {
                    self.kind = Some(FieldKind::Scalar(scalar));
                }
            }
        }
        Ok(())
    }

    fn finish(mut self, next: u32) -> Option<ProstField> {
        let kind = self.kind?;
        if self.tags.is_empty() {
            self.tags.push(next);
        }
        let label = match self.label {
            Some(Label::Repeated) if self.unpacked => Label::Unpacked,
            // Prost takes what is absent for this default, so 0 has to be sent like any other.
            Some(Label::Plain) | None if self.has_default => Label::Optional,
            label => label.unwrap_or(Label::Plain),
        };
        Some(ProstField {
            kind,
            label,
            tags: self.tags,
        })
    }
}

fn map_of(types: &str) -> Option<FieldKind> {
    let (key, value) = types.split_once(',')?;
    let key = scalar_of(key.trim(), Span::call_site())?;
    let value = value.trim();
    let enumeration = value
        .strip_prefix("enumeration(")
        .and_then(|rest| rest.strip_suffix(')'));
    let value = match (value, enumeration) {
        ("message", _) => MapValue::Message,
        (_, Some(path)) => MapValue::Enumeration(syn::parse_str(path.trim_matches('"')).ok()?),
        (scalar, None) => MapValue::Scalar(scalar_of(scalar, Span::call_site())?),
    };
    Some(FieldKind::Map { key, value })
}

fn scalar_of(attribute: &str, span: Span) -> Option<Ident> {
    let known = SCALARS.iter().find(|(name, _)| *name == attribute)?;
    Some(Ident::new(known.1, span))
}

/// The words in all `#[prost(…)]`.
fn prost_metas(attributes: &[Attribute]) -> Vec<Meta> {
    let prost = attributes.iter().filter(|a| a.path().is_ident("prost"));
    let parsed = prost.filter_map(|attribute| {
        let words = Punctuated::<Meta, Token![,]>::parse_terminated;
        attribute.parse_args_with(words).ok()
    });
    parsed.flatten().collect()
}

/// The value of `word = "value"`, `word = 1` or `word("value")`.
fn text_of(meta: &Meta) -> Option<String> {
    let literal = match meta {
        Meta::NameValue(pair) => match &pair.value {
            Expr::Lit(ExprLit { lit, .. }) => lit.clone(),
            _ => return None,
        },
        Meta::List(list) => list.parse_args::<Lit>().ok()?,
        Meta::Path(_) => return None,
    };
    match literal {
        Lit::Str(text) => Some(text.value()),
        Lit::Int(number) => Some(number.base10_digits().to_owned()),
        Lit::Bool(value) => Some(value.value.to_string()),
        _ => None,
    }
}
