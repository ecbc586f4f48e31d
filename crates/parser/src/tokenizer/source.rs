//! Where a tokenizer's text comes from: all at once, or a line at a time when it is needed.

/// What a source says when the tokenizer goes on at a place behind a line end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entered {
    /// A line starts there.
    Line,
    /// The same, and the text has grown by that line.
    Fed,
    /// The same, and that line is now the whole text.
    Replaced,
    /// The line goes on in spite of the line end.
    Joined,
    End,
    /// No more text can be had, for a reason that the source knows.
    Failed,
}

/// A text that may grow while it is read.
pub trait Source {
    fn text(&self) -> &str;

    fn bytes(&self) -> &[u8] {
        self.text().as_bytes()
    }

    /// The tokenizer goes on at `pos`. Unless `keep` is set it has no more use for what is before.
    fn enter(&mut self, pos: usize, keep: bool) -> Entered;

    /// The offset behind the end of the line that holds `from`.
    fn line_end(&self, from: usize) -> usize {
        memchr::memchr(b'\n', &self.bytes()[from..]).map_or(self.text().len(), |at| from + at + 1)
    }

    /// The last line end was added and is not to be shown.
    fn implicit_newline(&self) -> bool;
}

/// A whole text.
#[derive(Clone, Copy, Debug)]
pub struct Text<'s> {
    text: &'s str,
    implicit_newline: bool,
}

impl<'s> Text<'s> {
    pub fn new(text: &'s str, implicit_newline: bool) -> Self {
        Text { text, implicit_newline }
    }
}

impl Source for Text<'_> {
    #[inline(always)]
    fn text(&self) -> &str {
        self.text
    }

    #[inline]
    fn enter(&mut self, pos: usize, _keep: bool) -> Entered {
        if pos < self.text.len() { Entered::Line } else { Entered::End }
    }

    fn implicit_newline(&self) -> bool {
        self.implicit_newline
    }
}

/// Gives lines on demand.
pub trait Feed {
    /// The next line; empty at the end; `None` if it cannot be had, and then there is no other call.
    fn line(&mut self) -> Option<String>;
}

/// A text that comes in pieces, each of which counts as one line wherever its line ends are.
pub struct Lines<F> {
    pub feed: F,
    text: String,
    /// Where the last piece starts.
    last: usize,
    implicit_newline: bool,
}

impl<F: Feed> Lines<F> {
    pub fn new(feed: F) -> Self {
        Lines { feed, text: String::new(), last: 0, implicit_newline: false }
    }
}

impl<F: Feed> Source for Lines<F> {
    #[inline(always)]
    fn text(&self) -> &str {
        &self.text
    }

    fn enter(&mut self, pos: usize, keep: bool) -> Entered {
        if pos < self.text.len() {
            return Entered::Joined;
        }
        let Some(line) = self.feed.line() else {
            return Entered::Failed;
        };
        if line.is_empty() {
            return Entered::End;
        }
        self.implicit_newline = !line.ends_with('\n');
        let entered = if keep && !self.text.is_empty() {
            self.last = self.text.len();
            self.text.push_str(&line);
            Entered::Fed
        } else {
            self.last = 0;
            self.text = line;
            Entered::Replaced
        };
        if self.implicit_newline {
            self.text.push('\n');
        }
        entered
    }

    fn line_end(&self, from: usize) -> usize {
        let found = if from < self.last { memchr::memchr(b'\n', &self.bytes()[from..]) } else { None };
        found.map_or(self.text.len(), |at| from + at + 1)
    }

    fn implicit_newline(&self) -> bool {
        self.implicit_newline
    }
}
