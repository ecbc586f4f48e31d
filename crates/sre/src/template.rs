//! Replacement templates, as `re._parser.parse_template` delivers them: literals and group numbers in turn.

/// A parsed template over literals of type `T`.
#[derive(Clone, Debug)]
pub struct Template<T> {
    first: T,
    items: Vec<(usize, Option<T>)>,
}

impl<T> Template<T> {
    /// A template that begins with `first`; each of `items` is a group number and the literal after it, `None` when
    /// that is empty.
    pub fn new(first: T, items: Vec<(usize, Option<T>)>) -> Template<T> {
        Template { first, items }
    }

    /// The literal before the first group.
    pub fn first(&self) -> &T {
        &self.first
    }

    /// Groups, each with the literal after it.
    pub fn items(&self) -> &[(usize, Option<T>)] {
        &self.items
    }

    /// Whether the template names no group, so that every expansion is `first`.
    pub fn is_literal(&self) -> bool {
        self.items.is_empty()
    }

    /// The largest group number named.
    pub fn max_group(&self) -> usize {
        self.items.iter().map(|item| item.0).max().unwrap_or(0)
    }
}
