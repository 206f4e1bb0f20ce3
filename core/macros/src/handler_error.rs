//! What `derive(HandlerError)` writes.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Data, DataEnum, DeriveInput, Error, Field, Fields, LitInt, Path, Result, Variant};

use crate::message::is_protobuf;
use crate::message_attributes::{add_error, quibus_attributes, set_once};
use crate::schema::plain_name;

/// Writes the implementation that lets the error `input` travel.
pub(crate) fn expand(input: &DeriveInput) -> Result<TokenStream> {
    if !input.generics.params.is_empty() {
        return Err(Error::new_spanned(
            &input.generics,
            "a handler's error cannot be generic: its codes would stand for several types",
        ));
    }
    let Data::Enum(data) = &input.data else {
        return Err(Error::new(
            input.ident.span(),
            "a handler's error is an enum whose variants have codes: \
             `#[quibus(code = 404)] UnknownSku(String)`",
        ));
    };
    let EnumAttributes { codec, opaque } = EnumAttributes::parse(input)?;
    let variants = CodedVariant::parse_all(data)?;
    let error = &input.ident;
    let sending = variants
        .iter()
        .map(|variant| variant.sending_arm(codec.as_ref()));
    let receiving = variants
        .iter()
        .map(|variant| variant.receiving_arm(codec.as_ref()));
    // an enum of which every variant has a code leaves nothing to the last arm
    let home = (variants.len() < data.variants.len()).then(|| {
        quote! { _ => ::core::option::Option::None, }
    });
    let opaque = opaque || !is_protobuf(codec.as_ref());
    let described = variants.iter().map(|variant| variant.describing(opaque));
    Ok(quote! {
        #[automatically_derived]
        impl ::quibus::message::HandlerError for #error {
            fn to_wire(&self) -> ::core::option::Option<::quibus::message::WireError> {
                match *self {
                    #(#sending)*
                    #home
                }
            }

            fn from_wire(
                error: &::quibus::message::WireError,
            ) -> ::core::option::Option<Self> {
                match error.code {
                    #(#receiving)*
                    _ => ::core::option::Option::None,
                }
            }

            fn describe(errors: &mut ::quibus::message::schema::ErrorsDraft<'_>) {
                #(#described)*
            }
        }
    })
}

/// A variant that travels.
struct CodedVariant<'a> {
    variant: &'a Variant,
    literal: LitInt,
    code: u32,
    carried: Option<&'a Field>,
}

impl<'a> CodedVariant<'a> {
    fn parse_all(data: &'a DataEnum) -> Result<Vec<Self>> {
        let mut errors = None;
        let mut coded: Vec<Self> = Vec::new();
        for variant in &data.variants {
            match Self::parse(variant) {
                Ok(None) => {}
                Ok(Some(one)) => match coded.iter().find(|other| other.code == one.code) {
                    None => coded.push(one),
                    Some(other) => {
                        let (code, other) = (one.code, &other.variant.ident);
                        let text = format!("code {code} is taken by the variant `{other}`");
                        add_error(&mut errors, Error::new(one.literal.span(), text));
                    }
                },
                Err(error) => add_error(&mut errors, error),
            }
        }
        errors.map_or(Ok(coded), Err)
    }

    fn parse(variant: &'a Variant) -> Result<Option<Self>> {
        let mut literal = None;
        for attribute in quibus_attributes(&variant.attrs) {
            attribute.parse_nested_meta(|meta| {
                if meta.path.is_ident("code") {
                    set_once(&mut literal, &meta, meta.value()?.parse::<LitInt>()?)
                } else {
                    Err(meta.error("unknown attribute: a variant takes `code = 404`"))
                }
            })?;
        }
        let Some(literal) = literal else {
            return Ok(None);
        };
        let code: u32 = literal.base10_parse()?;
        if code == 0 {
            let text = "code 0 means \"no code\": use a number from 1";
            return Err(Error::new(literal.span(), text));
        }
        if variant.fields.len() > 1 {
            return Err(Error::new_spanned(
                &variant.fields,
                "a variant with a code carries nothing or one value its codec can encode: \
                 put these fields into a struct of their own",
            ));
        }
        Ok(Some(Self {
            variant,
            literal,
            code,
            carried: variant.fields.iter().next(),
        }))
    }

    fn sending_arm(&self, codec: Option<&Path>) -> TokenStream {
        let (ident, code) = (&self.variant.ident, self.code);
        match self.carried {
            None => {
                let pattern = self.empty();
                quote! {
                    Self::#ident #pattern => ::core::option::Option::Some(
                        ::quibus::message::WireError::of(#code, self),
                    ),
                }
            }
            Some(field) => {
                let pattern = self.around(quote!(ref carried));
                let (ty, codec) = (&field.ty, codec_of(field, codec));
                let with = quote! { ::quibus::message::WireError::carrying::<#codec, #ty> };
                quote! {
                    Self::#ident #pattern => #with(#code, self, carried),
                }
            }
        }
    }

    fn receiving_arm(&self, codec: Option<&Path>) -> TokenStream {
        let (ident, code) = (&self.variant.ident, self.code);
        match self.carried {
            None => {
                let empty = self.empty();
                quote! { #code => ::core::option::Option::Some(Self::#ident #empty), }
            }
            Some(field) => {
                let (ty, codec) = (&field.ty, codec_of(field, codec));
                let around = self.around(quote!(carried));
                quote! {
                    #code => error
                        .carried::<#codec, #ty>()
                        .map(|carried| Self::#ident #around),
                }
            }
        }
    }

    fn describing(&self, opaque: bool) -> TokenStream {
        let (name, code) = (plain_name(&self.variant.ident), self.code);
        match self.carried.filter(|_| !opaque) {
            None => quote! { errors.variant(#code, #name); },
            Some(field) => {
                let ty = &field.ty;
                quote_spanned! {ty.span()=> errors.carrying::<#ty>(#code, #name); }
            }
        }
    }

    /// What follows the name of a variant without fields.
    fn empty(&self) -> TokenStream {
        match self.variant.fields {
            Fields::Unit => TokenStream::new(),
            Fields::Unnamed(_) => quote!(()),
            Fields::Named(_) => quote!({}),
        }
    }

    /// What follows the name of a variant with one field that is bound to, or made of, `inner`.
    fn around(&self, inner: TokenStream) -> TokenStream {
        match self.carried.and_then(|field| field.ident.as_ref()) {
            Some(name) => quote!({ #name: #inner }),
            None => quote!((#inner)),
        }
    }
}

/// The codec of a carried value, written at its type: a value that the codec cannot encode is
/// reported there.
fn codec_of(field: &Field, codec: Option<&Path>) -> TokenStream {
    match codec {
        Some(codec) => quote!(#codec),
        None => quote_spanned!(field.ty.span()=> ::quibus::message::Prost),
    }
}

/// What `#[quibus(…)]` on the enum says.
#[derive(Default)]
struct EnumAttributes {
    codec: Option<Path>,
    opaque: bool,
}

impl EnumAttributes {
    fn parse(input: &DeriveInput) -> Result<Self> {
        let (mut codec, mut opaque) = (None, None);
        for attribute in quibus_attributes(&input.attrs) {
            attribute.parse_nested_meta(|meta| {
                if meta.path.is_ident("codec") {
                    set_once(&mut codec, &meta, meta.value()?.parse()?)
                } else if meta.path.is_ident("opaque") {
                    set_once(&mut opaque, &meta, ())
                } else {
                    let text = "unknown attribute: a handler's error takes `codec` and `opaque`";
                    Err(meta.error(text))
                }
            })?;
        }
        Ok(Self {
            codec,
            opaque: opaque.is_some(),
        })
    }
}
