//! Powersort over indices: natural runs, binary insertion for short ones, galloping merges in the order of their powers.
//! (Munro and Wild, "Nearly-Optimal Mergesorts", 2018; the galloping is Tim Peters's, as `listsort.txt` of CPython tells.)

use pyrope_object::PyResult;

/// Runs shorter than this are not worth a merge of their own.
const MAX_MINRUN: usize = 64;
/// Wins in a row before a merge begins to gallop.
const MIN_GALLOP: usize = 7;

struct Run {
    base: usize,
    len: usize,
    power: u32,
}

struct Sorter<'a, F> {
    items: &'a mut Vec<u32>,
    less: F,
    runs: Vec<Run>,
    min_gallop: usize,
    spare: Vec<u32>,
}

/// Sorts by `less(a, b)`, stable. After an error the items are in some order.
pub fn powersort(items: &mut Vec<u32>, less: impl FnMut(u32, u32) -> PyResult<bool>) -> PyResult<()> {
    if items.len() < 2 {
        return Ok(());
    }
    Sorter { items, less, runs: Vec::new(), min_gallop: MIN_GALLOP, spare: Vec::new() }.sort()
}

fn min_run(mut n: usize) -> usize {
    let mut odd = 0;
    while n >= MAX_MINRUN {
        odd |= n & 1;
        n >>= 1;
    }
    n + odd
}

/// The power of the boundary between two neighbouring runs in a list of `n` items.
fn power(start: usize, first: usize, second: usize, n: usize) -> u32 {
    let mut a = 2 * start + first;
    let mut b = a + first + second;
    let mut result = 0;
    loop {
        result += 1;
        if a >= n {
            a -= n;
            b -= n;
        } else if b >= n {
            return result;
        }
        a <<= 1;
        b <<= 1;
    }
}

/// How one round of a merge ended.
enum Merge {
    Go,
    Done,
    /// One item of the shorter run is left: it goes last.
    Last,
}

impl<F: FnMut(u32, u32) -> PyResult<bool>> Sorter<'_, F> {
    fn lt(&mut self, a: usize, b: usize) -> PyResult<bool> {
        (self.less)(self.items[a], self.items[b])
    }

    fn sort(mut self) -> PyResult<()> {
        let n = self.items.len();
        let minrun = min_run(n);
        let mut low = 0;
        while low < n {
            let mut run = self.count_run(low)?;
            if run < minrun {
                let forced = minrun.min(n - low);
                self.binary_insertion(low, forced, run)?;
                run = forced;
            }
            self.found_run(low, run)?;
            low += run;
        }
        while self.runs.len() > 1 {
            let mut at = self.runs.len() - 2;
            if at > 0 && self.runs[at - 1].len < self.runs[at + 1].len {
                at -= 1;
            }
            self.merge_at(at)?;
        }
        Ok(())
    }

    /// The length of the run at `low`, made ascending.
    fn count_run(&mut self, low: usize) -> PyResult<usize> {
        let limit = self.items.len() - low;
        let mut n = 1;
        while n < limit && !self.lt(low + n, low + n - 1)? {
            n += 1;
        }
        if n == limit {
            return Ok(n);
        }
        if n > 1 {
            if self.lt(low, low + n - 1)? {
                return Ok(n);
            }
            // All equal so far: the prefix of a descending run.
            self.items[low..low + n].reverse();
        }
        n += 1;
        let mut equal = 0;
        while n < limit {
            if self.lt(low + n, low + n - 1)? {
                self.reverse_equal(low + n, &mut equal);
            } else if self.lt(low + n - 1, low + n)? {
                break;
            } else {
                equal += 1;
            }
            n += 1;
        }
        self.reverse_equal(low + n, &mut equal);
        self.items[low..low + n].reverse();
        while n < limit && !self.lt(low + n, low + n - 1)? {
            n += 1;
        }
        Ok(n)
    }

    /// Reverses the equal items before `end`, so that reversing the whole run restores their order.
    fn reverse_equal(&mut self, end: usize, equal: &mut usize) {
        if *equal > 0 {
            self.items[end - *equal - 1..end].reverse();
            *equal = 0;
        }
    }

    fn binary_insertion(&mut self, low: usize, len: usize, sorted: usize) -> PyResult<()> {
        for at in low + sorted.max(1)..low + len {
            let pivot = self.items[at];
            let (mut left, mut right) = (low, at);
            while left < right {
                let middle = (left + right) / 2;
                if (self.less)(pivot, self.items[middle])? {
                    right = middle;
                } else {
                    left = middle + 1;
                }
            }
            self.items[left..=at].rotate_right(1);
        }
        Ok(())
    }

    fn found_run(&mut self, base: usize, len: usize) -> PyResult<()> {
        if let Some(last) = self.runs.last() {
            let power = power(last.base, last.len, len, self.items.len());
            while self.runs.len() > 1 && self.runs[self.runs.len() - 2].power > power {
                self.merge_at(self.runs.len() - 2)?;
            }
            if let Some(last) = self.runs.last_mut() {
                last.power = power;
            }
        }
        self.runs.push(Run { base, len, power: 0 });
        Ok(())
    }

    /// Merges the runs `at` and `at + 1`.
    fn merge_at(&mut self, at: usize) -> PyResult<()> {
        let second = self.runs.remove(at + 1);
        let first = &mut self.runs[at];
        let (mut base, mut left) = (first.base, first.len);
        first.len += second.len;
        let start = second.base;
        let skip = self.gallop_right(self.items[start], Side::Items, base, left, 0)?;
        base += skip;
        left -= skip;
        if left == 0 {
            return Ok(());
        }
        let right = self.gallop_left(self.items[base + left - 1], Side::Items, start, second.len, second.len - 1)?;
        if right == 0 {
            return Ok(());
        }
        if left <= right { self.merge_low(base, left, start, right) } else { self.merge_high(base, left, start, right) }
    }

    fn at(&self, side: Side, index: usize) -> u32 {
        match side {
            Side::Items => self.items[index],
            Side::Spare => self.spare[index],
        }
    }

    fn item_below(&mut self, side: Side, index: usize, key: u32) -> PyResult<bool> {
        let item = self.at(side, index);
        (self.less)(item, key)
    }

    fn key_below(&mut self, key: u32, side: Side, index: usize) -> PyResult<bool> {
        let item = self.at(side, index);
        (self.less)(key, item)
    }

    /// Where `key` belongs in the sorted `len` items from `base` on: left of its equals. The search begins at `hint`.
    fn gallop_left(&mut self, key: u32, side: Side, base: usize, len: usize, hint: usize) -> PyResult<usize> {
        let (mut last, mut offset) = (0isize, 1isize);
        let hint_ = hint as isize;
        if self.item_below(side, base + hint, key)? {
            let most = (len - hint) as isize;
            while offset < most && self.item_below(side, base + hint + offset as usize, key)? {
                last = offset;
                offset = offset * 2 + 1;
            }
            (last, offset) = (last + hint_, offset.min(most) + hint_);
        } else {
            let most = hint_ + 1;
            while offset < most && !self.item_below(side, base + hint - offset as usize, key)? {
                last = offset;
                offset = offset * 2 + 1;
            }
            (last, offset) = (hint_ - offset.min(most), hint_ - last);
        }
        let (mut low, mut high) = ((last + 1) as usize, offset as usize);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.item_below(side, base + middle, key)? { low = middle + 1 } else { high = middle }
        }
        Ok(high)
    }

    /// The same, but right of its equals.
    fn gallop_right(&mut self, key: u32, side: Side, base: usize, len: usize, hint: usize) -> PyResult<usize> {
        let (mut last, mut offset) = (0isize, 1isize);
        let hint_ = hint as isize;
        if self.key_below(key, side, base + hint)? {
            let most = hint_ + 1;
            while offset < most && self.key_below(key, side, base + hint - offset as usize)? {
                last = offset;
                offset = offset * 2 + 1;
            }
            (last, offset) = (hint_ - offset.min(most), hint_ - last);
        } else {
            let most = (len - hint) as isize;
            while offset < most && !self.key_below(key, side, base + hint + offset as usize)? {
                last = offset;
                offset = offset * 2 + 1;
            }
            (last, offset) = (last + hint_, offset.min(most) + hint_);
        }
        let (mut low, mut high) = ((last + 1) as usize, offset as usize);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.key_below(key, side, base + middle)? { high = middle } else { low = middle + 1 }
        }
        Ok(high)
    }

    /// Merges with the left run, the shorter one, set aside.
    fn merge_low(&mut self, base: usize, left: usize, start: usize, right: usize) -> PyResult<()> {
        self.spare.clear();
        self.spare.extend_from_slice(&self.items[base..base + left]);
        let mut m = Low { dest: base, a: 0, na: left, b: start, nb: right };
        m.take_b(self);
        let outcome = if m.nb == 0 {
            Ok(Merge::Done)
        } else if m.na == 1 {
            Ok(Merge::Last)
        } else {
            self.run_low(&mut m)
        };
        if let Ok(Merge::Last) = outcome {
            self.items.copy_within(m.b..m.b + m.nb, m.dest);
            self.items[m.dest + m.nb] = self.spare[m.a];
        } else {
            self.items[m.dest..m.dest + m.na].copy_from_slice(&self.spare[m.a..m.a + m.na]);
        }
        outcome.map(drop)
    }

    fn run_low(&mut self, m: &mut Low) -> PyResult<Merge> {
        let mut min_gallop = self.min_gallop;
        loop {
            let (mut wins_a, mut wins_b) = (0, 0);
            loop {
                if (self.less)(self.items[m.b], self.spare[m.a])? {
                    (wins_a, wins_b) = (0, wins_b + 1);
                    m.take_b(self);
                    if m.nb == 0 {
                        return Ok(Merge::Done);
                    }
                    if wins_b >= min_gallop {
                        break;
                    }
                } else {
                    (wins_a, wins_b) = (wins_a + 1, 0);
                    m.take_a(self);
                    if m.na == 1 {
                        return Ok(Merge::Last);
                    }
                    if wins_a >= min_gallop {
                        break;
                    }
                }
            }
            min_gallop += 1;
            loop {
                min_gallop -= usize::from(min_gallop > 1);
                self.min_gallop = min_gallop;
                let (a, b, end) = self.gallop_low(m)?;
                if !matches!(end, Merge::Go) {
                    return Ok(end);
                }
                if a < MIN_GALLOP && b < MIN_GALLOP {
                    break;
                }
            }
            min_gallop += 1;
            self.min_gallop = min_gallop;
        }
    }

    /// One galloping round: how many items each side gave.
    fn gallop_low(&mut self, m: &mut Low) -> PyResult<(usize, usize, Merge)> {
        let a = self.gallop_right(self.items[m.b], Side::Spare, m.a, m.na, 0)?;
        if a > 0 {
            self.items[m.dest..m.dest + a].copy_from_slice(&self.spare[m.a..m.a + a]);
            (m.dest, m.a, m.na) = (m.dest + a, m.a + a, m.na - a);
            if m.na == 1 {
                return Ok((a, 0, Merge::Last));
            }
            // Only an inconsistent comparison can use all of them up.
            if m.na == 0 {
                return Ok((a, 0, Merge::Done));
            }
        }
        m.take_b(self);
        if m.nb == 0 {
            return Ok((a, 0, Merge::Done));
        }
        let b = self.gallop_left(self.spare[m.a], Side::Items, m.b, m.nb, 0)?;
        if b > 0 {
            self.items.copy_within(m.b..m.b + b, m.dest);
            (m.dest, m.b, m.nb) = (m.dest + b, m.b + b, m.nb - b);
            if m.nb == 0 {
                return Ok((a, b, Merge::Done));
            }
        }
        m.take_a(self);
        let end = if m.na == 1 { Merge::Last } else { Merge::Go };
        Ok((a, b, end))
    }

    /// Merges from the end, with the right run, the shorter one, set aside.
    fn merge_high(&mut self, base: usize, left: usize, start: usize, right: usize) -> PyResult<()> {
        self.spare.clear();
        self.spare.extend_from_slice(&self.items[start..start + right]);
        let mut m = High { dest: start + right, base, na: left, nb: right };
        m.take_a(self);
        let outcome = if m.na == 0 {
            Ok(Merge::Done)
        } else if m.nb == 1 {
            Ok(Merge::Last)
        } else {
            self.run_high(&mut m)
        };
        if let Ok(Merge::Last) = outcome {
            self.items.copy_within(base..base + m.na, m.dest - m.na);
            self.items[m.dest - m.na - 1] = self.spare[0];
        } else {
            self.items[m.dest - m.nb..m.dest].copy_from_slice(&self.spare[..m.nb]);
        }
        outcome.map(drop)
    }

    fn run_high(&mut self, m: &mut High) -> PyResult<Merge> {
        let mut min_gallop = self.min_gallop;
        loop {
            let (mut wins_a, mut wins_b) = (0, 0);
            loop {
                if (self.less)(self.spare[m.nb - 1], self.items[m.base + m.na - 1])? {
                    (wins_a, wins_b) = (wins_a + 1, 0);
                    m.take_a(self);
                    if m.na == 0 {
                        return Ok(Merge::Done);
                    }
                    if wins_a >= min_gallop {
                        break;
                    }
                } else {
                    (wins_a, wins_b) = (0, wins_b + 1);
                    m.take_b(self);
                    if m.nb == 1 {
                        return Ok(Merge::Last);
                    }
                    if wins_b >= min_gallop {
                        break;
                    }
                }
            }
            min_gallop += 1;
            loop {
                min_gallop -= usize::from(min_gallop > 1);
                self.min_gallop = min_gallop;
                let (a, b, end) = self.gallop_high(m)?;
                if !matches!(end, Merge::Go) {
                    return Ok(end);
                }
                if a < MIN_GALLOP && b < MIN_GALLOP {
                    break;
                }
            }
            min_gallop += 1;
            self.min_gallop = min_gallop;
        }
    }

    fn gallop_high(&mut self, m: &mut High) -> PyResult<(usize, usize, Merge)> {
        let a = m.na - self.gallop_right(self.spare[m.nb - 1], Side::Items, m.base, m.na, m.na - 1)?;
        if a > 0 {
            let end = m.base + m.na;
            self.items.copy_within(end - a..end, m.dest - a);
            (m.dest, m.na) = (m.dest - a, m.na - a);
            if m.na == 0 {
                return Ok((a, 0, Merge::Done));
            }
        }
        m.take_b(self);
        if m.nb == 1 {
            return Ok((a, 0, Merge::Last));
        }
        let b = m.nb - self.gallop_left(self.items[m.base + m.na - 1], Side::Spare, 0, m.nb, m.nb - 1)?;
        if b > 0 {
            self.items[m.dest - b..m.dest].copy_from_slice(&self.spare[m.nb - b..m.nb]);
            (m.dest, m.nb) = (m.dest - b, m.nb - b);
            if m.nb == 1 {
                return Ok((a, b, Merge::Last));
            }
            if m.nb == 0 {
                return Ok((a, b, Merge::Done));
            }
        }
        m.take_a(self);
        let end = if m.na == 0 { Merge::Done } else { Merge::Go };
        Ok((a, b, end))
    }
}

/// Where a sorted stretch lies.
#[derive(Clone, Copy)]
enum Side {
    Items,
    Spare,
}

/// A merge from the left: `a` in the spare storage, `b` in place.
struct Low {
    dest: usize,
    a: usize,
    na: usize,
    b: usize,
    nb: usize,
}

impl Low {
    fn take_a<F>(&mut self, sorter: &mut Sorter<'_, F>) {
        sorter.items[self.dest] = sorter.spare[self.a];
        (self.dest, self.a, self.na) = (self.dest + 1, self.a + 1, self.na - 1);
    }

    fn take_b<F>(&mut self, sorter: &mut Sorter<'_, F>) {
        sorter.items[self.dest] = sorter.items[self.b];
        (self.dest, self.b, self.nb) = (self.dest + 1, self.b + 1, self.nb - 1);
    }
}

/// A merge from the right: `a` in place from `base` on, `b` in the spare storage; `dest` is one past the free place.
struct High {
    dest: usize,
    base: usize,
    na: usize,
    nb: usize,
}

impl High {
    fn take_a<F>(&mut self, sorter: &mut Sorter<'_, F>) {
        sorter.items[self.dest - 1] = sorter.items[self.base + self.na - 1];
        (self.dest, self.na) = (self.dest - 1, self.na - 1);
    }

    fn take_b<F>(&mut self, sorter: &mut Sorter<'_, F>) {
        sorter.items[self.dest - 1] = sorter.spare[self.nb - 1];
        (self.dest, self.nb) = (self.dest - 1, self.nb - 1);
    }
}
