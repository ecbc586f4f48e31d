//! Lines of a source by number.

/// Where each line of a text starts, for looking lines up by number and offsets by line.
#[derive(Clone, Debug)]
pub struct LineIndex {
    starts: Vec<u32>,
    length: u32,
}

impl LineIndex {
    /// Indexes `text`, whose lines end with `\n` (texts over 4 GiB are indexed up to there).
    pub fn new(text: &str) -> Self {
        let bytes = text.as_bytes();
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        let bytes = &bytes[..length as usize];
        let mut starts = Vec::with_capacity(bytes.len() / 32 + 1);
        starts.push(0);
        starts.extend(memchr::memchr_iter(b'\n', bytes).map(|at| at as u32 + 1));
        LineIndex { starts, length }
    }

    /// How many lines there are; a text that ends with a line end has an empty last one.
    pub fn count(&self) -> usize {
        self.starts.len()
    }

    /// The byte offset at which line `line` (from 1) starts; the end of the text for lines behind it.
    pub fn start(&self, line: u32) -> u32 {
        let index = (line as usize).saturating_sub(1);
        self.starts.get(index).copied().unwrap_or(self.length)
    }

    /// The bytes of line `line` (from 1), its line end included.
    pub fn range(&self, line: u32) -> std::ops::Range<usize> {
        self.start(line) as usize..self.start(line.saturating_add(1)) as usize
    }

    /// The line (from 1) and the byte column (from 0) of an offset.
    pub fn position(&self, offset: u32) -> (u32, u32) {
        let line = self.starts.partition_point(|start| *start <= offset).max(1);
        (line as u32, offset - self.starts[line - 1])
    }
}
