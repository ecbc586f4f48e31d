//! Union, intersection and difference, in CPython's order of steps.

use pyrope_object::{Dict, PyResult, Value, Vm};

use super::{SetBody, body_of, hash_element};

impl SetBody {
    fn is_same(&self, other: &SetBody) -> bool {
        std::ptr::eq(self, other)
    }

    /// A copy.
    pub fn copied(&self, vm: &Vm) -> PyResult<SetBody> {
        let copy = SetBody::default();
        copy.merge(self, vm)?;
        Ok(copy)
    }

    /// Adds the elements of another set.
    pub fn merge(&self, other: &SetBody, vm: &Vm) -> PyResult<()> {
        if self.is_same(other) || other.is_empty() {
            return Ok(());
        }
        self.reserve_for(other.len(), vm)?;
        if self.fill_from(other) {
            return Ok(());
        }
        let mut position = 0;
        while let Some((hash, key)) = other.next(&mut position) {
            self.add_hashed(key, hash, vm)?;
        }
        Ok(())
    }

    /// Adds the items of an iterable.
    pub fn update(&self, iterable: &Value, vm: &Vm) -> PyResult<()> {
        if let Some(other) = body_of(iterable) {
            return self.merge(other, vm);
        }
        if let Some(dict) = iterable.downcast_exact::<Dict>() {
            self.reserve_for(dict.len(), vm)?;
            let mut position = 0;
            while let Some(entry) = dict.next_entry(&mut position) {
                self.add_hashed(entry.key, entry.hash, vm)?;
            }
            return Ok(());
        }
        vm.for_each(iterable, |item| self.add(item, vm))
    }

    /// The elements that an iterable has too.
    pub fn intersection(&self, other: &Value, vm: &Vm) -> PyResult<SetBody> {
        let result = SetBody::default();
        let Some(other) = body_of(other) else {
            vm.for_each(other, |item| {
                let hash = hash_element(&item, vm)?;
                if self.contains_hashed(&item, hash, vm)? { result.add_hashed(item, hash, vm) } else { Ok(()) }
            })?;
            return Ok(result);
        };
        if self.is_same(other) {
            return self.copied(vm);
        }
        let (large, small) = if other.len() > self.len() { (other, self) } else { (self, other) };
        let mut position = 0;
        while let Some((hash, key)) = small.next(&mut position) {
            if large.contains_hashed(&key, hash, vm)? {
                result.add_hashed(key, hash, vm)?;
            }
        }
        Ok(result)
    }

    /// The elements that all others have too.
    pub fn intersection_of_all(&self, others: &[Value], vm: &Vm) -> PyResult<SetBody> {
        let Some((first, rest)) = others.split_first() else { return self.copied(vm) };
        let mut result = self.intersection(first, vm)?;
        for other in rest {
            result = result.intersection(other, vm)?;
        }
        Ok(result)
    }

    /// Keeps the elements that an iterable has too.
    pub fn intersection_update(&self, other: &Value, vm: &Vm) -> PyResult<()> {
        self.replace_with(self.intersection(other, vm)?);
        Ok(())
    }

    /// The elements that an iterable has not.
    pub fn difference(&self, other: &Value, vm: &Vm) -> PyResult<SetBody> {
        let dict = other.downcast_exact::<Dict>();
        let set = body_of(other);
        let size = set.map(SetBody::len).or(dict.map(Dict::len));
        if size.is_none_or(|size| self.len() >> 2 > size) {
            let copy = self.copied(vm)?;
            copy.difference_update(other, vm)?;
            return Ok(copy);
        }
        let result = SetBody::default();
        let mut position = 0;
        while let Some((hash, key)) = self.next(&mut position) {
            let common = match (set, dict) {
                (Some(set), _) => set.contains_hashed(&key, hash, vm)?,
                (None, Some(dict)) => dict.get_hashed(&key, hash, vm)?.is_some(),
                (None, None) => false,
            };
            if !common {
                result.add_hashed(key, hash, vm)?;
            }
        }
        Ok(result)
    }

    /// Removes the items of an iterable.
    pub fn difference_update(&self, other: &Value, vm: &Vm) -> PyResult<()> {
        match body_of(other) {
            Some(set) if self.is_same(set) => {
                self.clear();
                return Ok(());
            }
            Some(set) if set.len() >> 3 > self.len() => self.discard_all(&set_intersection(self, set, vm)?, vm)?,
            Some(set) => self.discard_all(set, vm)?,
            None => vm.for_each(other, |item| {
                let hash = hash_element(&item, vm)?;
                self.discard_hashed(&item, hash, vm).map(drop)
            })?,
        }
        self.compact(vm)
    }

    fn discard_all(&self, other: &SetBody, vm: &Vm) -> PyResult<()> {
        let mut position = 0;
        while let Some((hash, key)) = other.next(&mut position) {
            self.discard_hashed(&key, hash, vm)?;
        }
        Ok(())
    }

    fn toggle(&self, key: Value, hash: i64, vm: &Vm) -> PyResult<()> {
        if self.discard_hashed(&key, hash, vm)? { Ok(()) } else { self.add_hashed(key, hash, vm) }
    }

    fn toggle_all(&self, other: &SetBody, vm: &Vm) -> PyResult<()> {
        let mut position = 0;
        while let Some((hash, key)) = other.next(&mut position) {
            self.toggle(key, hash, vm)?;
        }
        Ok(())
    }

    /// Keeps the elements that are in exactly one of both.
    pub fn symmetric_difference_update(&self, other: &Value, vm: &Vm) -> PyResult<()> {
        if let Some(set) = body_of(other) {
            if self.is_same(set) {
                self.clear();
                return Ok(());
            }
            return self.toggle_all(set, vm);
        }
        if let Some(dict) = other.downcast_exact::<Dict>() {
            let mut position = 0;
            while let Some(entry) = dict.next_entry(&mut position) {
                self.toggle(entry.key, entry.hash, vm)?;
            }
            return Ok(());
        }
        let set = SetBody::default();
        set.update(other, vm)?;
        self.toggle_all(&set, vm)
    }

    /// The elements that are in exactly one of both.
    pub fn symmetric_difference(&self, other: &Value, vm: &Vm) -> PyResult<SetBody> {
        let result = SetBody::default();
        result.update(other, vm)?;
        result.toggle_all(self, vm)?;
        Ok(result)
    }

    /// True if all elements are in the other set.
    pub fn is_subset_of(&self, other: &SetBody, vm: &Vm) -> PyResult<bool> {
        if self.len() > other.len() {
            return Ok(false);
        }
        let mut position = 0;
        while let Some((hash, key)) = self.next(&mut position) {
            if !other.contains_hashed(&key, hash, vm)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// True if all items of an iterable are elements.
    pub fn contains_all(&self, iterable: &Value, vm: &Vm) -> PyResult<bool> {
        let iterator = vm.iter(iterable)?;
        while let Some(item) = vm.next(&iterator)? {
            if !self.contains(&item, vm)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// True if no item of an iterable is an element.
    pub fn is_disjoint(&self, other: &Value, vm: &Vm) -> PyResult<bool> {
        let Some(set) = body_of(other) else {
            let iterator = vm.iter(other)?;
            while let Some(item) = vm.next(&iterator)? {
                if self.contains(&item, vm)? {
                    return Ok(false);
                }
            }
            return Ok(true);
        };
        if self.is_same(set) {
            return Ok(self.is_empty());
        }
        let (large, small) = if set.len() > self.len() { (set, self) } else { (self, set) };
        let mut position = 0;
        while let Some((hash, key)) = small.next(&mut position) {
            if large.contains_hashed(&key, hash, vm)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

fn set_intersection(a: &SetBody, b: &SetBody, vm: &Vm) -> PyResult<SetBody> {
    let result = SetBody::default();
    let mut position = 0;
    while let Some((hash, key)) = a.next(&mut position) {
        if b.contains_hashed(&key, hash, vm)? {
            result.add_hashed(key, hash, vm)?;
        }
    }
    Ok(result)
}
