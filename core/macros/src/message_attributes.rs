//! `#[quibus(…)]` on a message type.

use syn::meta::ParseNestedMeta;
use syn::{Attribute, DeriveInput, Error, Ident, LitStr, Path, Result, Type};

use crate::kind::Kind;
use crate::name::{check_lane, check_namespace, check_type_name};

/// What `#[quibus(…)]` on a message type says; `None` and `false` where it is silent.
pub(crate) struct MessageAttributes {
    pub(crate) namespace: LitStr,
    pub(crate) name: Option<LitStr>,
    pub(crate) reply: Option<Type>,
    pub(crate) error: Option<Type>,
    pub(crate) codec: Option<Path>,
    pub(crate) transient: bool,
    pub(crate) unsequenced: bool,
    pub(crate) lane: Option<LitStr>,
    pub(crate) deliver_any: bool,
    pub(crate) opaque: bool,
    pub(crate) route_fn: Option<Ident>,
}

impl MessageAttributes {
    /// Reads the attributes of `input`; several errors come as one.
    pub(crate) fn parse(input: &DeriveInput, kind: Kind) -> Result<Self> {
        let mut draft = Draft::default();
        let mut errors: Option<Error> = None;
        for attribute in quibus_attributes(&input.attrs) {
            if let Err(error) = attribute.parse_nested_meta(|meta| draft.take(&meta, kind)) {
                add_error(&mut errors, error);
            }
        }
        if let Some(errors) = errors {
            return Err(errors);
        }
        draft.finish(input, kind)
    }
}

/// The attributes named `quibus` among `attributes`.
pub(crate) fn quibus_attributes(attributes: &[Attribute]) -> impl Iterator<Item = &Attribute> {
    attributes.iter().filter(|a| a.path().is_ident("quibus"))
}

/// Stores what an attribute says; saying it twice is an error.
pub(crate) fn set_once<T>(
    place: &mut Option<T>,
    meta: &ParseNestedMeta<'_>,
    value: T,
) -> Result<()> {
    if place.replace(value).is_some() {
        let name = meta.path.get_ident().map(Ident::to_string);
        let name = name.unwrap_or_default();
        return Err(meta.error(format!("`{name}` is given twice")));
    }
    Ok(())
}

/// Adds an error to those found before, so that all are shown at once.
pub(crate) fn add_error(errors: &mut Option<Error>, error: Error) {
    match errors {
        Some(errors) => errors.combine(error),
        None => *errors = Some(error),
    }
}

#[derive(Default)]
struct Draft {
    namespace: Option<LitStr>,
    name: Option<LitStr>,
    reply: Option<Type>,
    error: Option<Type>,
    codec: Option<Path>,
    transient: Option<()>,
    unsequenced: Option<()>,
    lane: Option<LitStr>,
    deliver: Option<LitStr>,
    opaque: Option<()>,
    route_fn: Option<Ident>,
}

impl Draft {
    fn take(&mut self, meta: &ParseNestedMeta<'_>, kind: Kind) -> Result<()> {
        let name = meta.path.get_ident().map(Ident::to_string);
        match name.as_deref() {
            Some("namespace") => {
                let value: LitStr = meta.value()?.parse()?;
                check_namespace(&value)?;
                set_once(&mut self.namespace, meta, value)
            }
            Some("name") => {
                let value: LitStr = meta.value()?.parse()?;
                check_type_name(&value)?;
                set_once(&mut self.name, meta, value)
            }
            Some("codec") => set_once(&mut self.codec, meta, meta.value()?.parse()?),
            Some("transient") => set_once(&mut self.transient, meta, ()),
            Some("unsequenced") if kind == Kind::Event => Err(meta.error(
                "an event has no outcome, so that nobody would hear of a lost one: \
                 only a command is `unsequenced`",
            )),
            Some("unsequenced") => set_once(&mut self.unsequenced, meta, ()),
            Some("opaque") => set_once(&mut self.opaque, meta, ()),
            Some("lane") => {
                let value: LitStr = meta.value()?.parse()?;
                check_lane(&value)?;
                set_once(&mut self.lane, meta, value)
            }
            Some("route_fn") => {
                let value: LitStr = meta.value()?.parse()?;
                set_once(&mut self.route_fn, meta, value.parse()?)
            }
            Some("reply" | "error" | "deliver") if kind == Kind::Event => Err(meta.error(
                "an event has no outcome and goes to every subscriber: \
                 only a command takes `reply`, `error` and `deliver`",
            )),
            Some("reply") => set_once(&mut self.reply, meta, meta.value()?.parse()?),
            Some("error") => set_once(&mut self.error, meta, meta.value()?.parse()?),
            Some("deliver") => set_once(&mut self.deliver, meta, parse_deliver(meta)?),
            Some("route") => Err(meta.error("`route` stands on a field, not on the type")),
            _ => {
                let (kind, allowed) = (kind.with_article(), kind.allowed());
                Err(meta.error(format!("unknown attribute: {kind} takes {allowed}")))
            }
        }
    }

    fn finish(self, input: &DeriveInput, kind: Kind) -> Result<MessageAttributes> {
        let Some(namespace) = self.namespace else {
            let kind = kind.with_article();
            return Err(Error::new(
                input.ident.span(),
                format!("{kind} needs a namespace: write #[quibus(namespace = \"…\")]"),
            ));
        };
        Ok(MessageAttributes {
            namespace,
            name: self.name,
            reply: self.reply,
            error: self.error,
            codec: self.codec,
            transient: self.transient.is_some(),
            unsequenced: self.unsequenced.is_some(),
            lane: self.lane,
            deliver_any: self.deliver.is_some_and(|d| d.value() == "any"),
            opaque: self.opaque.is_some(),
            route_fn: self.route_fn,
        })
    }
}

fn parse_deliver(meta: &ParseNestedMeta<'_>) -> Result<LitStr> {
    let value: LitStr = meta.value()?.parse()?;
    match value.value().as_str() {
        "one" | "any" => Ok(value),
        _ => Err(Error::new(
            value.span(),
            "`deliver` is \"one\" (several handling peers are an error) or \"any\" (one of them)",
        )),
    }
}
