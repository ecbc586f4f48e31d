//! Location and exception tables.

use pyrope_bytecode::{
    ExceptionEntries, ExceptionEntry, LineTableWriter, Location, LocationEntries, find_handler, lines, positions,
    write_exception_entry,
};

const LOCATIONS: [(Location, usize); 9] = [
    (Location::new(10, 10, 4, 9), 1),
    (Location::new(10, 10, 79, 94), 3),
    (Location::new(10, 10, 80, 81), 20),
    (Location::new(12, 12, 0, 127), 2),
    (Location::new(13, 19, 300, 2), 8),
    (Location::NONE, 9),
    (Location::line(4), 1),
    (Location::new(4, 4, 7, 3), 1),
    (Location::new(i32::MAX, i32::MAX, 1, 2), 1),
];

fn table() -> Vec<u8> {
    let mut writer = LineTableWriter::new(10);
    LOCATIONS.iter().for_each(|&(location, units)| writer.add(location, units));
    writer.finish()
}

#[test]
fn locations_come_back() {
    let expected: Vec<Location> =
        LOCATIONS.iter().flat_map(|&(location, units)| std::iter::repeat_n(location, units)).collect();
    assert_eq!(positions(&table(), 10).collect::<Vec<_>>(), expected);
}

#[test]
fn lines_are_runs() {
    let expected = [
        (0, 48, Some(10)),
        (48, 52, Some(12)),
        (52, 68, Some(13)),
        (68, 86, None),
        (86, 90, Some(4)),
        (90, 92, Some(i32::MAX)),
    ];
    assert_eq!(lines(&table(), 10).collect::<Vec<_>>(), expected);
}

#[test]
fn exception_entries_come_back() {
    let entry = |start, end, target, depth, lasti| ExceptionEntry { start, end, target, depth, lasti };
    let entries = [entry(0, 2, 130, 0, false), entry(2, 9000, 1 << 20, 63, true), entry(9000, 9002, 1 << 25, 5, false)];
    let mut table = Vec::new();
    entries.iter().for_each(|entry| write_exception_entry(&mut table, entry));
    assert_eq!(ExceptionEntries::new(&table).collect::<Vec<_>>(), entries);
    assert_eq!(find_handler(&table, 8998), Some(entries[1]));
    assert_eq!(find_handler(&table, 9002), None);
}

#[test]
fn cut_off_tables_end_quietly() {
    let table = table();
    for end in 0..table.len() {
        LocationEntries::new(&table[..end], i32::MAX).for_each(drop);
    }
    for byte in [0, 0x3F, 0x40, 0x7F, 0x80, 0xFF] {
        let table = [byte; 50];
        LocationEntries::new(&table, 1).for_each(drop);
        ExceptionEntries::new(&table).for_each(drop);
    }
}
