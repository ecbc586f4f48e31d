//! The bytes of a pickle under construction, in frames (PEP 3154).

use super::opcodes::FRAME;

/// Frames below this many bytes get no header.
const FRAME_SIZE_MIN: usize = 4;
/// A frame that reaches this size is closed.
pub(super) const FRAME_SIZE_TARGET: usize = 64 * 1024;
const FRAME_HEADER: usize = 9;

/// A growing pickle.
#[derive(Default)]
pub(super) struct Output {
    pub(super) bytes: Vec<u8>,
    /// True while a pickle of protocol 4 or newer is written.
    pub(super) framing: bool,
    /// Where the header of the open frame lies.
    frame_start: Option<usize>,
}

impl Output {
    /// Appends an opcode with its operands. Opens a frame if none is.
    #[inline]
    pub(super) fn write(&mut self, data: &[u8]) {
        if self.framing && self.frame_start.is_none() {
            self.frame_start = Some(self.bytes.len());
            self.bytes.extend_from_slice(&[0xFE; FRAME_HEADER]);
        }
        self.bytes.extend_from_slice(data);
    }

    /// Appends outside any frame; the open one must have been closed.
    pub(super) fn write_unframed(&mut self, data: &[u8]) {
        self.bytes.extend_from_slice(data);
    }

    /// True if the open frame is large enough to be closed.
    #[inline]
    pub(super) fn frame_is_full(&self) -> bool {
        match self.frame_start {
            Some(start) if self.framing => self.bytes.len() - start - FRAME_HEADER >= FRAME_SIZE_TARGET,
            _ => false,
        }
    }

    /// Closes the open frame.
    pub(super) fn commit_frame(&mut self) {
        if !self.framing {
            return;
        }
        let Some(start) = self.frame_start.take() else { return };
        let body = start + FRAME_HEADER;
        let length = self.bytes.len() - body;
        if length >= FRAME_SIZE_MIN {
            self.bytes[start] = FRAME;
            self.bytes[start + 1..body].copy_from_slice(&(length as u64).to_le_bytes());
        } else {
            self.bytes.drain(start..body);
        }
    }

    /// The bytes so far, leaving nothing.
    pub(super) fn take(&mut self) -> Vec<u8> {
        self.frame_start = None;
        std::mem::take(&mut self.bytes)
    }
}
