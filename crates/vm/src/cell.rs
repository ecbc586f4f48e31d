//! `cell`: a variable that closures share.

use pyrope_macros::{Traverse, pyclass, pymethods};
use pyrope_object::{Args, CompareOp, Guarded, Header, PyResult, Ref, Slots, Type, Value, Vm};

/// Create a new cell object.
#[pyclass(
    name = "cell",
    builtin = Cell,
    flags(GC),
    signature = "([contents])",
    methods(Cell::METHODS),
    getset(Cell::GETSETS),
    slots = Slots { repr: Some(cell_repr), richcompare: Some(cell_compare), new: Some(cell_new), ..Slots::EMPTY }
)]
#[derive(Traverse)]
pub struct Cell {
    header: Header,
    contents: Guarded<Option<Value>>,
}

impl Cell {
    /// A cell with or without contents.
    pub fn new(contents: Option<Value>, vm: &Vm) -> Ref<Cell> {
        Ref::new(vm, Cell { header: Header::blank(), contents: Guarded::new(contents) })
    }

    /// The contents.
    #[inline(always)]
    pub fn get(&self) -> Option<Value> {
        self.contents.get()
    }

    /// Fills or empties the cell; gives the old contents.
    #[inline(always)]
    pub fn replace(&self, contents: Option<Value>) -> Option<Value> {
        self.contents.replace(contents)
    }
}

#[pymethods]
impl Cell {
    #[getter]
    fn cell_contents(&self, vm: &Vm) -> PyResult {
        self.get().ok_or_else(|| vm.value_error("cell is empty"))
    }

    #[setter("cell_contents")]
    fn set_cell_contents(&self, value: Option<&Value>) -> PyResult<()> {
        drop(self.replace(value.cloned()));
        Ok(())
    }
}

fn cell_new(_: &Type, args: Args<'_>, vm: &Vm) -> PyResult {
    let given = pyrope_object::bind::check_positional("cell", args, 0, 1, vm)?;
    Ok(Cell::new(given.first().cloned(), vm).into_value())
}

fn cell_repr(value: &Value, vm: &Vm) -> PyResult {
    let contents = value.downcast::<Cell>().and_then(Cell::get);
    let text = match contents {
        Some(v) => format!("<cell at {:#x}: {} object at {:#x}>", value.id(), vm.type_name(&v), v.id()),
        None => format!("<cell at {:#x}: empty>", value.id()),
    };
    Ok(vm.try_str(&text)?.into_value())
}

fn cell_compare(a: &Value, b: &Value, op: CompareOp, vm: &Vm) -> PyResult {
    let (Some(left), Some(right)) = (a.downcast::<Cell>(), b.downcast::<Cell>()) else {
        return Ok(Value::not_implemented());
    };
    match (left.get(), right.get()) {
        (Some(x), Some(y)) => vm.compare(&x, &y, op),
        (x, y) => Ok(Value::bool(op.holds(x.is_some().cmp(&y.is_some())))),
    }
}
