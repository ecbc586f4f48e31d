//! What is told of an exception that ended code in another interpreter.

use pyrope_object::{Args, PyResult, Raised, Value, Vm};
use pyrope_types::containers::namespace::SimpleNamespace;

/// An exception in plain text.
pub struct Failure {
    name: String,
    qualname: String,
    module: String,
    message: String,
    /// As a traceback shows it.
    display: Option<String>,
}

fn text_of(object: &Value, name: &str, vm: &Vm) -> PyResult<String> {
    let value = vm.get_attr_str(object, name)?;
    Ok(vm.str(&value)?.to_string_lossy().into_owned())
}

impl Failure {
    /// The exception that is pending, which is taken.
    pub fn take(raised: Raised, vm: &Vm) -> Failure {
        let exception = vm.catch(raised);
        match Failure::of(&exception, vm) {
            Ok(failure) => failure,
            Err(raised) => {
                vm.ignore(raised);
                let name = vm.type_name(&exception).to_string();
                Failure { qualname: name.clone(), name, module: String::new(), message: String::new(), display: None }
            }
        }
    }

    /// A snapshot of an exception.
    pub fn of(exception: &Value, vm: &Vm) -> PyResult<Failure> {
        let class = exception.ty(vm).to_value();
        let display = match show(exception, vm) {
            Ok(display) => Some(display),
            Err(raised) => {
                vm.ignore(raised);
                None
            }
        };
        Ok(Failure {
            name: text_of(&class, "__name__", vm)?,
            qualname: text_of(&class, "__qualname__", vm)?,
            module: text_of(&class, "__module__", vm)?,
            message: vm.str(exception)?.to_string_lossy().into_owned(),
            display,
        })
    }

    /// What is said of an exception that came of sending an object: with the traceback of what caused it, if anything.
    pub fn of_sending(raised: Raised, vm: &Vm) -> String {
        let exception = vm.catch(raised);
        let told = || -> PyResult<String> {
            let own = Failure::of(&exception, vm)?.summary();
            let cause = vm.get_attr_str(&exception, "__cause__")?;
            if cause.is_none() {
                return Ok(own);
            }
            let cause = show(&cause, vm)?;
            Ok(format!("{cause}\n\nThe above exception was the direct cause of the following exception:\n\n{own}"))
        };
        told().unwrap_or_else(|raised| {
            vm.ignore(raised);
            vm.type_name(&exception).to_string()
        })
    }

    /// Class and message in one line.
    fn summary(&self) -> String {
        match self.module.as_str() {
            "" | "builtins" | "__main__" => format!("{}: {}", self.qualname, self.message),
            module => format!("{module}.{}: {}", self.qualname, self.message),
        }
    }

    /// As a `SimpleNamespace`.
    pub fn to_value(&self, vm: &Vm) -> PyResult {
        let text = |text: &str| vm.new_str(text).into_value();
        let class = SimpleNamespace::with(
            &[
                ("__name__", text(&self.name)),
                ("__qualname__", text(&self.qualname)),
                ("__module__", text(&self.module)),
            ],
            vm,
        )?;
        let mut attributes =
            vec![("type", class.into_value()), ("msg", text(&self.message)), ("formatted", text(&self.summary()))];
        if let Some(display) = &self.display {
            attributes.push(("errdisplay", text(display)));
        }
        Ok(SimpleNamespace::with(&attributes, vm)?.into_value())
    }
}

/// The traceback's text, without the last line's end.
fn show(exception: &Value, vm: &Vm) -> PyResult<String> {
    let class = vm.get_attr_str(&vm.import("traceback")?, "TracebackException")?;
    let make = vm.get_attr_str(&class, "from_exception")?;
    let names = [vm.intern("save_exc_type").into_value(), vm.intern("lookup_lines").into_value()];
    let values = [exception.clone(), Value::bool(false), Value::bool(false)];
    let made = vm.call_args(&make, Args::new(&values, &names))?;
    let mut out = String::new();
    for line in vm.collect(&vm.call_method(&made, "format", &[])?)? {
        out.push_str(&vm.str(&line)?.to_string_lossy());
    }
    if out.ends_with('\n') {
        out.pop();
    }
    Ok(out)
}
