//! What a message says about itself, and what a subscription asks for.
//!
//! A message carries a [`RoutingKey`]: the texts of its routing fields. A subscription has a
//! [`BindingKey`]: a list of parts, each a value, `*` (exactly one field) or `#` (one or more
//! remaining fields). Wildcards are enum variants, never strings, so that a routing value `"*"`
//! widens nothing (promise 5).
//!
//! ```
//! use quibus::binding::{BindingKey, BindingPart, RoutingKey};
//!
//! let key = BindingKey::new([BindingPart::Value("fr".into()), BindingPart::Rest])?;
//! assert_eq!(key, BindingKey::parse("fr.#")?);
//!
//! let mut message = RoutingKey::new();
//! message.push_value("fr");
//! message.push_value(7);
//! assert!(key.matches(&message));
//! # Ok::<(), quibus::binding::InvalidBindingKey>(())
//! ```

mod binding_key;
mod binding_part;
mod dotted;
mod invalid_binding_key;
mod packed;
mod routing_key;

pub use binding_key::BindingKey;
pub use binding_part::{BindingPart, PartRef};
pub use invalid_binding_key::InvalidBindingKey;
pub use packed::Parts;
pub use routing_key::{FieldValues, RoutingField, RoutingKey};
