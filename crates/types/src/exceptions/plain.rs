//! The kinds that add nothing but their name to a base.

use pyrope_object::bind::glue;
use pyrope_object::{BuiltinType, Object, Slots, Traverse, TypeDef, TypeFlags, typedef};

use super::base::{BaseException, Exception};
use super::carrying::NameError;
use super::import_error::ImportError;
use super::os_error::OSError;
use super::syntax_error::SyntaxError;
use crate::TypeEntry;

pub(super) const fn layout_of<T: Object + Traverse>() -> typedef::Layout {
    typedef::Layout {
        size: size_of::<T>(),
        trailing: None,
        drop: glue::drop_object::<T>,
        traverse: Some(glue::traverse_object::<T>),
        clear: Some(glue::clear_object::<T>),
    }
}

/// Flags of every kind of exception.
pub(super) const FLAGS: TypeFlags =
    TypeFlags::BASETYPE.or(TypeFlags::IMMUTABLE).or(TypeFlags::GC).or(TypeFlags::EXTENSION).or(TypeFlags::DICT);

macro_rules! plain_kinds {
    ($($function:ident $kind:ident $name:literal: $base:expr, $layout:ty, $slots:expr, $doc:literal;)*) => {
        $(
            #[doc = concat!("The description of `", $name, "`.")]
            pub fn $function() -> &'static TypeDef {
                static DEF: TypeDef = TypeDef {
                    name: $name,
                    module: "builtins",
                    signature: "",
                    doc: $doc,
                    base: Some($base),
                    flags: FLAGS,
                    layout: layout_of::<$layout>(),
                    slots: $slots,
                    methods: &[],
                    getset: &[],
                    unhashable: false,
                    builtin: Some(BuiltinType::$kind),
                    init: None,
                };
                &DEF
            }
        )*

        pub(super) const TYPES: &[TypeEntry] = &[$($function),*];
    };
}

const BASE: fn() -> &'static TypeDef = <BaseException as Object>::def;
const EXCEPTION: fn() -> &'static TypeDef = <Exception as Object>::def;
const OS: fn() -> &'static TypeDef = <OSError as Object>::def;
/// `__new__` stands in the dict of each plain kind, as in CPython.
const NEW: Slots = Slots { new: Some(super::base::new::<BaseException>), ..Slots::EMPTY };
const KEY: Slots = Slots { str: Some(super::carrying::key_error_str), ..Slots::EMPTY };
const NONE: Slots = Slots::EMPTY;

plain_kinds! {
    generator_exit GeneratorExit "GeneratorExit": BASE, BaseException, NEW, "Request that a generator exit.";
    keyboard_interrupt KeyboardInterrupt "KeyboardInterrupt": BASE, BaseException, NEW, "Program interrupted by user.";
    arithmetic_error ArithmeticError "ArithmeticError": EXCEPTION, BaseException, NEW, "Base class for arithmetic errors.";
    floating_point_error FloatingPointError "FloatingPointError": arithmetic_error, BaseException, NEW, "Floating-point operation failed.";
    overflow_error OverflowError "OverflowError": arithmetic_error, BaseException, NEW, "Result too large to be represented.";
    zero_division_error ZeroDivisionError "ZeroDivisionError": arithmetic_error, BaseException, NEW, "Second argument to a division or modulo operation was zero.";
    assertion_error AssertionError "AssertionError": EXCEPTION, BaseException, NEW, "Assertion failed.";
    buffer_error BufferError "BufferError": EXCEPTION, BaseException, NEW, "Buffer error.";
    eof_error EOFError "EOFError": EXCEPTION, BaseException, NEW, "Read beyond end of file.";
    module_not_found_error ModuleNotFoundError "ModuleNotFoundError": <ImportError as Object>::def, ImportError, NONE, "Module not found.";
    lookup_error LookupError "LookupError": EXCEPTION, BaseException, NEW, "Base class for lookup errors.";
    index_error IndexError "IndexError": lookup_error, BaseException, NEW, "Sequence index out of range.";
    key_error KeyError "KeyError": lookup_error, BaseException, KEY, "Mapping key not found.";
    memory_error MemoryError "MemoryError": EXCEPTION, BaseException, NEW, "Out of memory.";
    unbound_local_error UnboundLocalError "UnboundLocalError": <NameError as Object>::def, NameError, NONE, "Local name referenced but not bound to a value.";
    blocking_io_error BlockingIOError "BlockingIOError": OS, OSError, NONE, "I/O operation would block.";
    child_process_error ChildProcessError "ChildProcessError": OS, OSError, NONE, "Child process error.";
    connection_error ConnectionError "ConnectionError": OS, OSError, NONE, "Connection error.";
    broken_pipe_error BrokenPipeError "BrokenPipeError": connection_error, OSError, NONE, "Broken pipe.";
    connection_aborted_error ConnectionAbortedError "ConnectionAbortedError": connection_error, OSError, NONE, "Connection aborted.";
    connection_refused_error ConnectionRefusedError "ConnectionRefusedError": connection_error, OSError, NONE, "Connection refused.";
    connection_reset_error ConnectionResetError "ConnectionResetError": connection_error, OSError, NONE, "Connection reset.";
    file_exists_error FileExistsError "FileExistsError": OS, OSError, NONE, "File already exists.";
    file_not_found_error FileNotFoundError "FileNotFoundError": OS, OSError, NONE, "File not found.";
    interrupted_error InterruptedError "InterruptedError": OS, OSError, NONE, "Interrupted by signal.";
    is_a_directory_error IsADirectoryError "IsADirectoryError": OS, OSError, NONE, "Operation doesn't work on directories.";
    not_a_directory_error NotADirectoryError "NotADirectoryError": OS, OSError, NONE, "Operation only works on directories.";
    permission_error PermissionError "PermissionError": OS, OSError, NONE, "Not enough permissions.";
    process_lookup_error ProcessLookupError "ProcessLookupError": OS, OSError, NONE, "Process not found.";
    timeout_error TimeoutError "TimeoutError": OS, OSError, NONE, "Timeout expired.";
    reference_error ReferenceError "ReferenceError": EXCEPTION, BaseException, NEW, "Weak ref proxy used after referent went away.";
    runtime_error RuntimeError "RuntimeError": EXCEPTION, BaseException, NEW, "Unspecified run-time error.";
    not_implemented_error NotImplementedError "NotImplementedError": runtime_error, BaseException, NEW, "Method or function hasn't been implemented yet.";
    python_finalization_error PythonFinalizationError "PythonFinalizationError": runtime_error, BaseException, NEW, "Operation blocked during Python finalization.";
    recursion_error RecursionError "RecursionError": runtime_error, BaseException, NEW, "Recursion limit exceeded.";
    stop_async_iteration StopAsyncIteration "StopAsyncIteration": EXCEPTION, BaseException, NEW, "Signal the end from iterator.__anext__().";
    incomplete_input_error IncompleteInputError "_IncompleteInputError": <SyntaxError as Object>::def, SyntaxError, NONE, "incomplete input.";
    indentation_error IndentationError "IndentationError": <SyntaxError as Object>::def, SyntaxError, NONE, "Improper indentation.";
    tab_error TabError "TabError": indentation_error, SyntaxError, NONE, "Improper mixture of spaces and tabs.";
    system_error SystemError "SystemError": EXCEPTION, BaseException, NEW, "Internal error in the Python interpreter.\n\nPlease report this to the Python maintainer, along with the traceback,\nthe Python version, and the hardware/OS platform and version.";
    type_error TypeError "TypeError": EXCEPTION, BaseException, NEW, "Inappropriate argument type.";
    warning Warning "Warning": EXCEPTION, BaseException, NEW, "Base class for warning categories.";
    bytes_warning BytesWarning "BytesWarning": warning, BaseException, NEW, "Base class for warnings about bytes and buffer related problems, mostly\nrelated to conversion from str or comparing to str.";
    deprecation_warning DeprecationWarning "DeprecationWarning": warning, BaseException, NEW, "Base class for warnings about deprecated features.";
    encoding_warning EncodingWarning "EncodingWarning": warning, BaseException, NEW, "Base class for warnings about encodings.";
    future_warning FutureWarning "FutureWarning": warning, BaseException, NEW, "Base class for warnings about constructs that will change semantically\nin the future.";
    import_warning ImportWarning "ImportWarning": warning, BaseException, NEW, "Base class for warnings about probable mistakes in module imports";
    pending_deprecation_warning PendingDeprecationWarning "PendingDeprecationWarning": warning, BaseException, NEW, "Base class for warnings about features which will be deprecated\nin the future.";
    resource_warning ResourceWarning "ResourceWarning": warning, BaseException, NEW, "Base class for warnings about resource usage.";
    runtime_warning RuntimeWarning "RuntimeWarning": warning, BaseException, NEW, "Base class for warnings about dubious runtime behavior.";
    syntax_warning SyntaxWarning "SyntaxWarning": warning, BaseException, NEW, "Base class for warnings about dubious syntax.";
    unicode_warning UnicodeWarning "UnicodeWarning": warning, BaseException, NEW, "Base class for warnings about Unicode related problems, mostly\nrelated to conversion problems.";
    user_warning UserWarning "UserWarning": warning, BaseException, NEW, "Base class for warnings generated by user code.";
}
