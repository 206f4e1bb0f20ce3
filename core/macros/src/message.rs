//! What `derive(Command)` and `derive(Event)` write.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{DeriveInput, Error, Path, Result, Type, parse_quote};

use crate::kind::Kind;
use crate::message_attributes::MessageAttributes;
use crate::route;
use crate::route_field::RouteField;
use crate::schema;

/// Writes the implementations that make `input` a message of this kind.
pub(crate) fn expand(input: &DeriveInput, kind: Kind) -> Result<TokenStream> {
    refuse_generics(input)?;
    let attributes = MessageAttributes::parse(input, kind)?;
    let fields = RouteField::parse_all(input)?;
    let schema = schema_impl(input, &attributes)?;
    let message = message_impl(input, kind, &attributes, &fields);
    let marker = marker_impls(input, kind, &attributes);
    let route = route::expand(input, &attributes, &fields)?;
    Ok(quote! { #message #marker #route #schema })
}

fn message_impl(
    input: &DeriveInput,
    kind: Kind,
    attributes: &MessageAttributes,
    fields: &[RouteField],
) -> TokenStream {
    let message = &input.ident;
    let name = full_name(input, attributes);
    let kind = match kind {
        Kind::Command => quote!(Command),
        Kind::Event => quote!(Event),
    };
    let codec = match &attributes.codec {
        Some(codec) => quote!(#codec),
        // whatever cannot travel with it is reported at the message's name
        None => quote_spanned!(message.span()=> ::quibus::message::Prost),
    };
    let reply = reply_type(attributes);
    let error = match &attributes.error {
        Some(error) => quote!(#error),
        None => quote!(::quibus::message::Untyped),
    };
    let transient = attributes.transient;
    let lane = attributes.lane.as_ref().map(|lane| {
        quote! { const LANE: &'static str = #lane; }
    });
    let unsequenced = attributes.unsequenced.then(|| {
        quote! { const UNSEQUENCED: bool = true; }
    });
    let deliver = attributes.deliver_any.then(|| {
        quote! {
            const DELIVER: ::quibus::message::Deliver = ::quibus::message::Deliver::Any;
        }
    });
    let writes = fields.iter().map(|RouteField { ident, ty, .. }| {
        quote_spanned! {ty.span()=>
            key.push_field(|values| {
                ::quibus::message::RouteField::add_to(&self.#ident, values)
            });
        }
    });
    let write_key = (!fields.is_empty()).then(|| {
        quote! {
            fn write_key(&self, key: &mut ::quibus::binding::RoutingKey) {
                #(#writes)*
            }
        }
    });
    let describe = describe(input, attributes, fields);
    quote! {
        #[automatically_derived]
        impl ::quibus::message::Message for #message {
            const NAME: &'static str = #name;
            const KIND: ::quibus::message::MessageKind = ::quibus::message::MessageKind::#kind;
            const TRANSIENT: bool = #transient;
            #lane
            #unsequenced
            #deliver
            type Codec = #codec;
            type Reply = #reply;
            type Error = #error;
            #write_key
            #describe
        }
    }
}

fn marker_impls(input: &DeriveInput, kind: Kind, attributes: &MessageAttributes) -> TokenStream {
    let message = &input.ident;
    let marker = match kind {
        Kind::Event => quote! {
            #[automatically_derived]
            impl ::quibus::message::Event for #message {}
        },
        Kind::Command => {
            let reply = reply_type(attributes);
            quote! {
                #[automatically_derived]
                impl ::quibus::message::Command for #message {}

                #[automatically_derived]
                impl ::quibus::dispatch::Returns<#message> for #reply {
                    fn into_outcome(
                        self,
                    ) -> ::core::result::Result<
                        Self,
                        ::quibus::dispatch::Failure<
                            <#message as ::quibus::message::Message>::Error,
                        >,
                    > {
                        ::core::result::Result::Ok(self)
                    }
                }
            }
        }
    };
    quote! {
        #marker

        #[automatically_derived]
        impl ::quibus::dispatch::Input for #message {
            type Message = Self;
            type Mode = ::quibus::dispatch::Single;
            type This = Self;

            fn take(
                delivery: &mut ::quibus::dispatch::Delivery<'_>,
            ) -> ::core::result::Result<Self, ::quibus::message::DecodeError> {
                delivery.take_message()
            }

            fn is_wanted(&self, filter: &mut ::quibus::dispatch::Filter) -> bool {
                filter.lets_through(self)
            }
        }
    }
}

/// What the message looks like on the wire, unless nobody is to be told or it is no protobuf.
fn schema_impl(input: &DeriveInput, attributes: &MessageAttributes) -> Result<Option<TokenStream>> {
    let described = !attributes.opaque && is_protobuf(attributes.codec.as_ref());
    described
        .then(|| schema::message(input, &own_name(input, attributes)))
        .transpose()
}

fn describe(
    input: &DeriveInput,
    attributes: &MessageAttributes,
    fields: &[RouteField],
) -> TokenStream {
    let without = |reason| {
        quote! {
            ::quibus::message::schema::TypeDescription::without::<Self>(
                ::quibus::message::schema::Undescribed::#reason,
            )
        }
    };
    let description = if !is_protobuf(attributes.codec.as_ref()) {
        without(quote!(Codec))
    } else if attributes.opaque {
        without(quote!(Opaque))
    } else {
        let routes = fields
            .iter()
            .map(|field| schema::number_of(input, &field.ident));
        let reply = attributes.reply.as_ref();
        let span = reply.map_or(input.ident.span(), Spanned::span);
        // a reply without a schema is reported where it is named
        quote_spanned! {span=>
            ::quibus::message::schema::TypeDescription::of::<Self>(&[#(#routes),*])
        }
    };
    quote! {
        fn describe() -> ::quibus::message::schema::TypeDescription {
            #description
        }
    }
}

/// Whether a codec is the one that descriptors are about.
pub(crate) fn is_protobuf(codec: Option<&Path>) -> bool {
    let last = codec.map(|codec| codec.segments.last());
    last.is_none_or(|last| last.is_some_and(|last| last.ident == "Prost"))
}

fn full_name(input: &DeriveInput, attributes: &MessageAttributes) -> String {
    let namespace = attributes.namespace.value();
    format!("{namespace}.{}", own_name(input, attributes))
}

fn own_name(input: &DeriveInput, attributes: &MessageAttributes) -> String {
    match &attributes.name {
        Some(name) => name.value(),
        None => schema::plain_name(&input.ident),
    }
}

fn reply_type(attributes: &MessageAttributes) -> Type {
    let unit = || parse_quote!(());
    attributes.reply.clone().unwrap_or_else(unit)
}

fn refuse_generics(input: &DeriveInput) -> Result<()> {
    if input.generics.params.is_empty() {
        return Ok(());
    }
    Err(Error::new_spanned(
        &input.generics,
        "a message cannot be generic: its name would stand for several types",
    ))
}
