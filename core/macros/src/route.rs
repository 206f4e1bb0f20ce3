//! The route of a message: a struct with a setter for each routing field.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{DeriveInput, Error, Ident, Result};

use crate::message_attributes::MessageAttributes;
use crate::route_field::{RouteField, has_prost_getter, struct_fields};

/// Writes `XRoute`, its setters and `X::route()`.
pub(crate) fn expand(
    input: &DeriveInput,
    attributes: &MessageAttributes,
    fields: &[RouteField],
) -> Result<TokenStream> {
    let function = attributes
        .route_fn
        .clone()
        .unwrap_or_else(|| Ident::new("route", input.ident.span()));
    refuse_clash(input, &function)?;

    let message = &input.ident;
    let visibility = &input.vis;
    let route = format_ident!("{message}Route");
    let idents: Vec<_> = fields.iter().map(|field| &field.ident).collect();
    let setters = fields.iter().map(|field| setter(input, field));
    let about = format!("Which [`{message}`]s are wanted: fields that are not set match anything.");
    let begin = format!("Begins a route that matches every [`{message}`].");
    Ok(quote! {
        #[doc = #about]
        #[derive(::core::fmt::Debug, ::core::clone::Clone, ::core::default::Default)]
        #[must_use]
        #visibility struct #route {
            #(#idents: ::core::option::Option<::quibus::binding::BindingPart>,)*
        }

        #[allow(dead_code)]
        impl #route {
            #(#setters)*
        }

        #[allow(dead_code)]
        impl #message {
            #[doc = #begin]
            #visibility fn #function() -> #route {
                <#route as ::core::default::Default>::default()
            }
        }

        #[automatically_derived]
        impl ::quibus::message::Route for #route {
            type Message = #message;

            fn into_key(
                self,
            ) -> ::core::result::Result<
                ::quibus::binding::BindingKey,
                ::quibus::binding::InvalidBindingKey,
            > {
                ::quibus::message::route_key([#(self.#idents,)*])
            }
        }
    })
}

fn setter(input: &DeriveInput, field: &RouteField) -> TokenStream {
    let visibility = &input.vis;
    let RouteField { ident, ty, .. } = field;
    let about = format!("Only messages whose `{ident}` is, or contains, this value.");
    match &field.enumeration {
        // prost keeps the enum as an `i32`: the field says nothing of the type people think in
        Some(enumeration) => quote! {
            #[doc = #about]
            #visibility fn #ident(mut self, #ident: #enumeration) -> Self {
                let value = ::core::convert::Into::<i32>::into(#ident);
                self.#ident = ::core::option::Option::Some(
                    ::quibus::message::IntoPart::<i32>::into_part(value),
                );
                self
            }
        },
        None => {
            let element = quote_spanned! {ty.span()=>
                <#ty as ::quibus::message::RouteField>::Element
            };
            quote! {
                #[doc = #about]
                #visibility fn #ident(
                    mut self,
                    #ident: impl ::quibus::message::IntoPart<#element>,
                ) -> Self {
                    self.#ident = ::core::option::Option::Some(
                        ::quibus::message::IntoPart::into_part(#ident),
                    );
                    self
                }
            }
        }
    }
}

/// prost writes a getter for `optional` and enumeration fields; two methods of one name would be
/// an error that points at neither attribute.
fn refuse_clash(input: &DeriveInput, function: &Ident) -> Result<()> {
    let clash = struct_fields(input)
        .into_iter()
        .flatten()
        .filter(|field| has_prost_getter(field))
        .find_map(|field| field.ident.as_ref().filter(|ident| *ident == function));
    match clash {
        None => Ok(()),
        Some(ident) => Err(Error::new(
            ident.span(),
            format!(
                "prost writes a getter `{ident}()` for this field, and the message's route is \
                 begun by `{function}()`: rename the latter with #[quibus(route_fn = \"…\")]"
            ),
        )),
    }
}
