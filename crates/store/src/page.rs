//! Lists that follow a key that does not change.

/// Which part of a list.
#[derive(Clone, Debug, Default)]
pub struct PageRequest {
    /// opaque position after which to go on
    pub after: Option<String>,
    /// at most so many, 1 to 500
    pub limit: u32,
}

/// A part of a list.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// the items
    pub items: Vec<T>,
    /// where to go on; none at the end
    pub next: Option<String>,
}
