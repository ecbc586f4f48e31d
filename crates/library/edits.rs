//! Later bug fixes of 3.14, made in the library's files while they are packed.
//!
//! `edits/PATH` holds the edits of the library's file PATH, one after the other:
//!
//! ```text
//! # what is wrong without it
//! <<<
//! lines that stand exactly once in the file
//! ===
//! lines that take their place
//! >>>
//! ```

/// The text with all edits of `script` made. Panics where a place is not found once: the library has changed.
pub fn edited(path: &str, text: String, script: &str) -> String {
    script.split("<<<\n").skip(1).fold(text, |text, block| {
        let (old, rest) = block.split_once("===\n").expect("an edit has a line ===");
        let (new, _) = rest.split_once(">>>\n").expect("an edit ends with >>>");
        assert_eq!(text.matches(old).count(), 1, "in {path} this does not stand once:\n{old}");
        text.replacen(old, new, 1)
    })
}
