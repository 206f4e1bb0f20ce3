//! What `derive(Schema)` writes, and what the other derives write of the same.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{
    Data, DataEnum, DeriveInput, Error, Expr, Field, Fields, Ident, Path, Result, Type, Variant,
};

use crate::message_attributes::add_error;
use crate::prost_field::{FieldKind, Label, MapValue, ProstField};

/// Writes the schema of a message, of an enumeration or of a oneof.
pub(crate) fn expand(input: &DeriveInput) -> Result<TokenStream> {
    if !input.generics.params.is_empty() {
        return Err(Error::new_spanned(
            &input.generics,
            "what is described cannot be generic: its name would stand for several types",
        ));
    }
    match &input.data {
        Data::Struct(_) => message(input, &plain_name(&input.ident)),
        Data::Enum(data) if data.variants.iter().all(is_unit) => enumeration(input, data),
        Data::Enum(data) => oneof(input, data),
        Data::Union(data) => Err(Error::new(
            data.union_token.span,
            "a union has no schema: use a struct",
        )),
    }
}

/// Writes the schema of a struct that is called `name` where it is described.
pub(crate) fn message(input: &DeriveInput, name: &str) -> Result<TokenStream> {
    let ident = &input.ident;
    let mut errors = None;
    let mut added = Vec::new();
    for (field, described) in fields_of(input) {
        match described {
            Ok(Some(described)) => added.extend(field_name(field).map(|name| {
                let ty = &field.ty;
                add_field(&name, ty, &described)
            })),
            Ok(None) => {}
            Err(error) => add_error(&mut errors, error),
        }
    }
    if let Some(errors) = errors {
        return Err(errors);
    }
    Ok(quote! {
        #[automatically_derived]
        impl ::quibus::message::schema::Schema for #ident {
            fn add_to(
                draft: &mut ::quibus::message::schema::Draft,
            ) -> ::std::string::String {
                draft.message::<Self>(#name, |fields| {
                    let _ = &fields;
                    #(#added)*
                })
            }
        }
    })
}

/// The number of a field in protobuf; 0 for one that has none of its own.
pub(crate) fn number_of(input: &DeriveInput, ident: &Ident) -> u32 {
    let mut fields = fields_of(input).into_iter();
    let found = fields.find(|(field, _)| field.ident.as_ref() == Some(ident));
    match found {
        Some((_, Ok(Some(ProstField { kind, tags, .. })))) => match kind {
            FieldKind::Oneof(_) | FieldKind::Map { .. } => 0,
            _ => tags.first().copied().unwrap_or_default(),
        },
        _ => 0,
    }
}

/// A name as it stands in other languages.
pub(crate) fn plain_name(ident: &Ident) -> String {
    ident.to_string().trim_start_matches("r#").to_owned()
}

/// The fields with what prost is told of them. One that names no tag has that behind the field
/// before it.
fn fields_of(input: &DeriveInput) -> Vec<(&Field, Result<Option<ProstField>>)> {
    let Data::Struct(data) = &input.data else {
        return Vec::new();
    };
    let mut next = 1;
    let described = data.fields.iter().map(|field| {
        let described = ProstField::parse(&field.attrs, next);
        if let Ok(Some(described)) = &described
            && let Some(last) = described.tags.iter().max()
        {
            next = last + 1;
        }
        (field, described)
    });
    described.collect()
}

fn field_name(field: &Field) -> Option<String> {
    field.ident.as_ref().map(plain_name)
}

fn add_field(name: &str, ty: &Type, field: &ProstField) -> TokenStream {
    let tag = field.tags.first().copied().unwrap_or_default();
    let scalar = |scalar: &Ident| quote!(::quibus::message::schema::Scalar::#scalar);
    let label = match field.label {
        Label::Plain => quote!(Plain),
        Label::Optional => quote!(Optional),
        Label::Repeated => quote!(Repeated),
        Label::Unpacked => quote!(Unpacked),
    };
    let label = quote!(::quibus::message::schema::Label::#label);
    match &field.kind {
        FieldKind::Scalar(kind) => {
            let kind = scalar(kind);
            quote! { fields.scalar(#name, #tag, #label, #kind); }
        }
        FieldKind::Enumeration(path) => {
            let path = at(ty, path);
            quote_spanned! {ty.span()=> fields.enumeration::<#path>(#name, #tag, #label); }
        }
        FieldKind::Message => {
            let element = element_of(ty, field.label);
            quote_spanned! {ty.span()=> fields.message::<#element>(#name, #tag, #label); }
        }
        FieldKind::Oneof(path) => {
            let path = at(ty, path);
            quote_spanned! {ty.span()=> fields.oneof::<#path>(#name); }
        }
        FieldKind::Map { key, value } => {
            let key = scalar(key);
            match value {
                MapValue::Scalar(value) => {
                    let value = scalar(value);
                    quote! { fields.map_of_scalars(#name, #tag, #key, #value); }
                }
                MapValue::Enumeration(path) => {
                    let path = at(ty, path);
                    quote_spanned! {ty.span()=>
                        fields.map_of_enumeration::<#path>(#name, #tag, #key);
                    }
                }
                MapValue::Message => quote_spanned! {ty.span()=>
                    fields.map_of_messages::<#ty>(#name, #tag, #key);
                },
            }
        }
    }
}

/// A path out of an attribute's text, for errors that point at the field's type.
fn at(ty: &Type, path: &Path) -> TokenStream {
    let tokens = path.to_token_stream().into_iter();
    tokens
        .map(|mut token| {
            token.set_span(ty.span());
            token
        })
        .collect()
}

/// The type of the messages in a field: what stands in its `Vec`, for bytes are a `Vec`, too.
fn element_of(ty: &Type, label: Label) -> &Type {
    let repeated = matches!(label, Label::Repeated | Label::Unpacked);
    let Type::Path(path) = ty else {
        return ty;
    };
    let Some(last) = path.path.segments.last().filter(|_| repeated) else {
        return ty;
    };
    match &last.arguments {
        syn::PathArguments::AngleBracketed(arguments) => {
            let mut types = arguments.args.iter().filter_map(|argument| match argument {
                syn::GenericArgument::Type(ty) => Some(ty),
                _ => None,
            });
            types.next().unwrap_or(ty)
        }
        _ => ty,
    }
}

fn is_unit(variant: &Variant) -> bool {
    matches!(variant.fields, Fields::Unit)
}

fn enumeration(input: &DeriveInput, data: &DataEnum) -> Result<TokenStream> {
    let ident = &input.ident;
    if !data.variants.first().is_some_and(is_zero) {
        return Err(Error::new(
            data.variants.first().map_or(ident.span(), Spanned::span),
            "the first variant of an enumeration has the number 0: `Unknown = 0`; it stands where \
             nothing was sent",
        ));
    }
    let name = plain_name(ident);
    let variants = data.variants.iter().map(|variant| {
        let ident = &variant.ident;
        let name = plain_name(ident);
        quote! { (#name, Self::#ident as i32) }
    });
    Ok(quote! {
        #[automatically_derived]
        impl ::quibus::message::schema::EnumSchema for #ident {
            fn add_to(
                draft: &mut ::quibus::message::schema::Draft,
            ) -> ::std::string::String {
                draft.enumeration::<Self>(#name, &[#(#variants),*])
            }
        }
    })
}

fn is_zero(variant: &Variant) -> bool {
    match &variant.discriminant {
        None => true,
        Some((_, Expr::Lit(literal))) => {
            matches!(&literal.lit, syn::Lit::Int(number) if number.base10_digits() == "0")
        }
        Some(_) => false,
    }
}

fn oneof(input: &DeriveInput, data: &DataEnum) -> Result<TokenStream> {
    let ident = &input.ident;
    let mut errors = None;
    let mut added = Vec::new();
    for variant in &data.variants {
        let carried = variant.fields.iter().next();
        match (ProstField::parse(&variant.attrs, 0), carried) {
            (Ok(Some(described)), Some(carried)) => {
                let name = snake_case(&plain_name(&variant.ident));
                added.push(add_field(&name, &carried.ty, &described));
            }
            (Err(error), _) => add_error(&mut errors, error),
            (Ok(_), _) => {}
        }
    }
    if let Some(errors) = errors {
        return Err(errors);
    }
    Ok(quote! {
        #[automatically_derived]
        impl ::quibus::message::schema::OneofSchema for #ident {
            fn add_to(fields: &mut ::quibus::message::schema::Fields<'_>) {
                #(#added)*
            }
        }
    })
}

/// The name of a variant as protobuf would call the field that it is.
fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}
