//! `#[quibus(route = N)]` on a field of a message.

use syn::{
    Attribute, Data, DataEnum, DeriveInput, Error, Expr, ExprLit, Field, Fields, Ident, Lit,
    LitInt, LitStr, Path, Result, Token, Type, parenthesized,
};

use crate::message_attributes::{add_error, quibus_attributes, set_once};

/// Most routing fields of a message: a binding key has no more parts.
const MAX_FIELDS: usize = 64;

/// A field whose value is a part of the routing key.
pub(crate) struct RouteField {
    pub(crate) ident: Ident,
    pub(crate) ty: Type,
    /// The enum that prost keeps as an `i32` in this field.
    pub(crate) enumeration: Option<Path>,
    position: LitInt,
}

impl RouteField {
    /// The routing fields of `input`, in the order of their positions; several errors come as one.
    pub(crate) fn parse_all(input: &DeriveInput) -> Result<Vec<Self>> {
        let fields = match &input.data {
            Data::Struct(data) => &data.fields,
            Data::Enum(data) => return refuse_in_enum(data).map(|()| Vec::new()),
            Data::Union(data) => {
                let text = "a union cannot be a message: use a struct";
                return Err(Error::new(data.union_token.span, text));
            }
        };
        let mut errors = None;
        let mut routed: Vec<(u32, Self)> = Vec::new();
        for field in fields {
            match Self::parse(field) {
                Ok(Some(field)) => match checked_position(&field, &routed) {
                    Ok(position) => routed.push((position, field)),
                    Err(error) => add_error(&mut errors, error),
                },
                Ok(None) => {}
                Err(error) => add_error(&mut errors, error),
            }
        }
        if let Some((_, beyond)) = routed.get(MAX_FIELDS) {
            let text = format!("a message has at most {MAX_FIELDS} routing fields");
            add_error(&mut errors, Error::new(beyond.position.span(), text));
        }
        if let Some(errors) = errors {
            return Err(errors);
        }
        routed.sort_by_key(|(position, _)| *position);
        Ok(routed.into_iter().map(|(_, field)| field).collect())
    }

    fn parse(field: &Field) -> Result<Option<Self>> {
        let Some(position) = parse_position(&field.attrs)? else {
            return Ok(None);
        };
        let Some(ident) = field.ident.clone() else {
            return Err(Error::new(
                position.span(),
                "a routing field needs a name, after which its setter is called",
            ));
        };
        Ok(Some(Self {
            ident,
            ty: field.ty.clone(),
            enumeration: prost_enumeration(&field.attrs),
            position,
        }))
    }
}

/// Whether prost writes a method named like this field.
pub(crate) fn has_prost_getter(field: &Field) -> bool {
    let optional = field
        .attrs
        .iter()
        .filter(|a| a.path().is_ident("prost"))
        .any(|a| {
            let syn::Meta::List(list) = &a.meta else {
                return false;
            };
            list.tokens.clone().into_iter().any(|token| {
                matches!(&token, proc_macro2::TokenTree::Ident(ident) if ident == "optional")
            })
        });
    optional || prost_enumeration(&field.attrs).is_some()
}

/// The fields of `input` where it is a struct.
pub(crate) fn struct_fields(input: &DeriveInput) -> Option<&Fields> {
    match &input.data {
        Data::Struct(data) => Some(&data.fields),
        Data::Enum(_) | Data::Union(_) => None,
    }
}

fn parse_position(attributes: &[Attribute]) -> Result<Option<LitInt>> {
    let mut position = None;
    for attribute in quibus_attributes(attributes) {
        attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("route") {
                set_once(&mut position, &meta, meta.value()?.parse::<LitInt>()?)
            } else {
                Err(meta.error("unknown attribute: a field takes `route = 1`, `route = 2`, …"))
            }
        })?;
    }
    Ok(position)
}

fn checked_position(field: &RouteField, before: &[(u32, RouteField)]) -> Result<u32> {
    let position: u32 = field.position.base10_parse()?;
    if position == 0 {
        let text = "routing positions count from 1";
        return Err(Error::new(field.position.span(), text));
    }
    match before.iter().find(|(taken, _)| *taken == position) {
        None => Ok(position),
        Some((_, other)) => {
            let text = format!(
                "position {position} is taken by the field `{}`",
                other.ident
            );
            Err(Error::new(field.position.span(), text))
        }
    }
}

fn refuse_in_enum(data: &DataEnum) -> Result<()> {
    let mut fields = data.variants.iter().flat_map(|variant| &variant.fields);
    match fields.find_map(|field| quibus_attributes(&field.attrs).next()) {
        None => Ok(()),
        Some(attribute) => Err(Error::new_spanned(
            attribute,
            "only a struct has routing fields: the variants of an enum differ in theirs",
        )),
    }
}

/// Finds `enumeration = "Path"` or `enumeration("Path")` in `#[prost(…)]`, and leaves every
/// mistake in there to prost's own derive.
fn prost_enumeration(attributes: &[Attribute]) -> Option<Path> {
    let mut found = None;
    for attribute in attributes.iter().filter(|a| a.path().is_ident("prost")) {
        let _ = attribute.parse_nested_meta(|meta| {
            let literal = if meta.input.peek(Token![=]) {
                match meta.value()?.parse::<Expr>()? {
                    Expr::Lit(ExprLit {
                        lit: Lit::Str(literal),
                        ..
                    }) => Some(literal),
                    _ => None,
                }
            } else if meta.input.peek(syn::token::Paren) {
                let content;
                parenthesized!(content in meta.input);
                let literal = content.parse::<LitStr>().ok();
                content.parse::<proc_macro2::TokenStream>()?;
                literal
            } else {
                None
            };
            if meta.path.is_ident("enumeration") {
                found = literal.and_then(|literal| literal.parse().ok());
            }
            Ok(())
        });
    }
    found
}
