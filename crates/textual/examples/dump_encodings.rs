//! Writes the double-byte tables of `encoding_rs` into a folder, for `tools/cjk_tables.py` to compare with CPython's.

use std::fmt::Write;

use encoding_rs::{BIG5, EUC_JP, EUC_KR, Encoding, GBK, SHIFT_JIS};

fn show(encoding: &'static Encoding, key: &[u8], out: &mut String) {
    if let Some(text) = encoding.decode_without_bom_handling_and_without_replacement(key) {
        let key: String = key.iter().map(|b| format!("{b:02x}")).collect();
        let text: Vec<String> = text.chars().map(|c| format!("{:x}", c as u32)).collect();
        let _ = writeln!(out, "{key}\t{}", text.join(" "));
    }
}

fn main() -> std::io::Result<()> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| ".".to_owned());
    let all = [("gbk", GBK), ("big5", BIG5), ("euc_kr", EUC_KR), ("shift_jis", SHIFT_JIS), ("euc_jp", EUC_JP)];
    for (name, encoding) in all {
        let mut out = String::new();
        for lead in 0x80..=0xFF {
            show(encoding, &[lead], &mut out);
            for second in 0..=0xFF {
                show(encoding, &[lead, second], &mut out);
                if lead == 0x8F && encoding == EUC_JP {
                    (0xA1..=0xFE).for_each(|third| show(encoding, &[lead, second, third], &mut out));
                }
            }
        }
        std::fs::write(format!("{folder}/{name}.txt"), out)?;
    }
    Ok(())
}
