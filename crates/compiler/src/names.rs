//! Names as text, or as the identifiers of a tree, which are shared.

use std::rc::Rc;

/// A name.
pub trait Name {
    fn text(&self) -> &str;
    /// To be kept; the name itself where it is shared.
    fn shared(&self) -> Rc<str>;
}

impl Name for str {
    fn text(&self) -> &str {
        self
    }

    fn shared(&self) -> Rc<str> {
        self.into()
    }
}

impl Name for Rc<str> {
    fn text(&self) -> &str {
        self
    }

    fn shared(&self) -> Rc<str> {
        self.clone()
    }
}

impl Name for String {
    fn text(&self) -> &str {
        self
    }

    fn shared(&self) -> Rc<str> {
        self.as_str().into()
    }
}

impl<N: Name + ?Sized> Name for &N {
    fn text(&self) -> &str {
        (**self).text()
    }

    fn shared(&self) -> Rc<str> {
        (**self).shared()
    }
}
