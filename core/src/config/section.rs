//! A part of the configuration with one owner.

use super::section_reader::SectionReader;

/// A part of the configuration with one owner: the settings that stand under one `[name]`.
/// Written by [`section!`](section!).
pub trait Section: Sized {
    /// What stands in brackets.
    const NAME: &'static str;
    /// What it is about, in one sentence.
    const ABOUT: &'static str;

    /// Its keys, in the order in which they are shown.
    fn keys() -> Vec<Key>;

    /// Its values as TOML writes them, in the order of its keys; `None` for what is not set.
    fn values(&self) -> Vec<Option<String>>;

    /// Takes what was given; where that is nothing or unfit, the default.
    fn read(reader: &mut SectionReader<'_>) -> Self;
}

/// A key of a section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Its name.
    pub name: &'static str,
    /// What it means, in one sentence.
    pub about: &'static str,
    /// Its default as TOML writes it; `None`: there is none.
    pub default: Option<String>,
    /// How a value looks where there is no default.
    pub example: Option<&'static str>,
}

#[macro_export]
#[doc(hidden)]
macro_rules! __section {
    (
        $(#[doc = $about:literal])+
        $visible:vis struct $name:ident in $section:literal {
            $(
                $(#[doc = $doc:literal])+
                $key:ident: $type:ty = $default:expr $(, like $example:literal)?;
            )+
        }
    ) => {
        $(#[doc = $about])+
        #[derive(Debug, Clone, PartialEq)]
        #[non_exhaustive]
        $visible struct $name {
            $( $(#[doc = $doc])+ pub $key: $type, )+
        }

        impl ::std::default::Default for $name {
            fn default() -> Self {
                Self { $( $key: $default, )+ }
            }
        }

        impl $crate::config::Section for $name {
            const NAME: &'static str = $section;
            const ABOUT: &'static str = ::std::concat!($($about),+);

            fn keys() -> ::std::vec::Vec<$crate::config::Key> {
                let default = <Self as ::std::default::Default>::default();
                ::std::vec![ $(
                    $crate::config::Key {
                        name: ::std::stringify!($key),
                        about: ::std::concat!($($doc),+),
                        default: $crate::config::Setting::show(&default.$key),
                        example: [$($example)?].first().copied(),
                    },
                )+ ]
            }

            fn values(&self) -> ::std::vec::Vec<::std::option::Option<::std::string::String>> {
                ::std::vec![ $( $crate::config::Setting::show(&self.$key), )+ ]
            }

            fn read(reader: &mut $crate::config::SectionReader<'_>) -> Self {
                let default = <Self as ::std::default::Default>::default();
                Self { $( $key: reader.take(::std::stringify!($key), default.$key), )+ }
            }
        }
    };
}

/// Defines a [`Section`]: a struct of settings with their
/// defaults. Its documentation is what the reference file says.
///
/// ```
/// use std::time::Duration;
///
/// quibus::config::section! {
///     /// How this shop sells.
///     pub struct ShopSettings in "shop" {
///         /// How long a reservation holds.
///         reserved_for: Duration = Duration::from_secs(600);
///         /// What the shop is called.
///         name: Option<String> = None, like "\"Corner\"";
///     }
/// }
///
/// let config = quibus::config::ConfigLoader::new()
///     .own_section("shop")
///     .text("shop.toml", "[shop]\nreserved_for = \"5m\"\n")
///     .load()?;
/// let shop: ShopSettings = config.section()?;
/// assert_eq!(shop.reserved_for, Duration::from_secs(300));
/// # Ok::<(), quibus::config::ConfigError>(())
/// ```
pub use __section as section;
