//! What cannot be described, and how to live with that.

#[derive(Clone, PartialEq, prost::Message)]
struct Line {
    #[prost(string, tag = "1")]
    sku: String,
}

#[derive(Clone, PartialEq, prost::Message, quibus::Event)]
#[quibus(namespace = "Shop")]
struct NestedWithoutSchema {
    #[prost(message, repeated, tag = "1")]
    lines: Vec<Line>,
}

#[derive(Clone, PartialEq, prost::Message, quibus::Command)]
#[quibus(namespace = "Shop", reply = Line)]
struct ReplyWithoutSchema {}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, prost::Enumeration)]
enum Sky {
    Unknown = 0,
}

#[derive(Clone, PartialEq, prost::Message, quibus::Event)]
#[quibus(namespace = "Weather")]
struct EnumerationWithoutSchema {
    #[prost(enumeration = "Sky", tag = "1")]
    sky: i32,
}

#[derive(Clone, PartialEq, prost::Oneof)]
enum Place {
    #[prost(string, tag = "1")]
    Name(String),
}

#[derive(Clone, PartialEq, prost::Message, quibus::Event)]
#[quibus(namespace = "Weather")]
struct OneofWithoutSchema {
    #[prost(oneof = "Place", tags = "1")]
    place: Option<Place>,
}

#[derive(Debug, quibus::HandlerError)]
enum CarriesWhatHasNoSchema {
    #[quibus(code = 1)]
    SoldOut(Line),
}

impl std::fmt::Display for CarriesWhatHasNoSchema {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        Ok(())
    }
}

#[derive(quibus::Schema)]
enum WithoutZero {
    One = 1,
    Two = 2,
}

#[derive(quibus::Schema)]
struct Generic<T> {
    inner: T,
}

#[derive(quibus::Schema)]
union Bits {
    whole: u32,
}

#[derive(quibus::Schema)]
struct WithGroup {
    #[prost(group, tag = "1")]
    group: Option<Line>,
}

// None of these is described, and nothing of them has to be.

#[derive(Clone, PartialEq, prost::Message, quibus::Command)]
#[quibus(namespace = "Shop", reply = Line, error = Opaque, opaque)]
struct Hidden {
    #[prost(message, optional, tag = "1")]
    line: Option<Line>,
}

#[derive(Debug, quibus::HandlerError)]
#[quibus(opaque)]
enum Opaque {
    #[quibus(code = 1)]
    SoldOut(Line),
}

impl std::fmt::Display for Opaque {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        Ok(())
    }
}

fn main() {}
