//! What a secret reference may ask of a field besides its value.

/// The query of a secret reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Query {
    /// `attribute=…` or `attr=…`: something else than the value as it is.
    Attribute(Attribute),
    /// `ssh-format=openssh`: a private key in OpenSSH's format.
    OpenSsh,
}

/// What `attribute=` asks of a field or a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attribute {
    /// `otp` or `totp`: the current one-time password.
    OneTimePassword,
    /// `type`: the type of a field or file.
    Type,
    /// `value`: a field's value, as without a query.
    Value,
    /// `title`: a field's title.
    Title,
    /// `id`: the id of a field or file.
    Id,
    /// `purpose`: what a built-in field is for.
    Purpose,
    /// `content`: a file's content, as without a query.
    Content,
    /// `size`: a file's size in bytes.
    Size,
    /// `name`: a file's name.
    Name,
}
