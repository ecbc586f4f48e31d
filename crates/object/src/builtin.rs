//! The fixed places in an interpreter's table of builtin types, so that Rust code can name them without knowing their layout.

macro_rules! builtin_types {
    ($($name:ident)*) => {
        /// A builtin type by its place in the table. `types` fills the table.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[repr(u16)]
        pub enum BuiltinType { $($name,)* }

        impl BuiltinType {
            /// How many places there are.
            pub const COUNT: usize = [$(BuiltinType::$name,)*].len();
            /// All of them in order.
            pub const ALL: [BuiltinType; Self::COUNT] = [$(BuiltinType::$name,)*];
        }
    };
}

builtin_types! {
    // The core of the model.
    Object Type Int Bool Float Complex Str Bytes ByteArray MemoryView List Tuple Dict Set FrozenSet Slice Range
    NoneType Ellipsis NotImplementedType
    // Callables and descriptors.
    Function BuiltinFunction Method MethodDescriptor ClassMethodDescriptor WrapperDescriptor MethodWrapper
    GetSetDescriptor MemberDescriptor Property ClassMethod StaticMethod Super InstanceMethod
    // Machinery.
    Module Code Frame FrameLocalsProxy Traceback Cell Generator Coroutine CoroutineWrapper AsyncGenerator AsyncGeneratorAsend
    AsyncGeneratorAthrow AsyncGeneratorWrappedValue AnextAwaitable MappingProxy SimpleNamespace WeakRef WeakProxy WeakCallableProxy
    Capsule
    // Typing.
    GenericAlias Union TypeVar ParamSpec ParamSpecArgs ParamSpecKwargs TypeVarTuple TypeAlias Generic NoDefaultType
    Template TemplateIter Interpolation
    // Iterators.
    ListIterator ListReverseIterator TupleIterator StrIterator StrAsciiIterator BytesIterator ByteArrayIterator MemoryIterator
    RangeIterator LongRangeIterator
    DictKeys DictValues DictItems DictKeyIterator DictValueIterator DictItemIterator DictReverseKeyIterator
    DictReverseValueIterator DictReverseItemIterator SetIterator SequenceIterator CallableIterator Enumerate Reversed Zip Map Filter
    // Exceptions.
    BaseException BaseExceptionGroup ExceptionGroup GeneratorExit KeyboardInterrupt SystemExit Exception ArithmeticError
    FloatingPointError OverflowError ZeroDivisionError AssertionError AttributeError BufferError EOFError ImportError
    ModuleNotFoundError LookupError IndexError KeyError MemoryError NameError UnboundLocalError OSError BlockingIOError
    ChildProcessError ConnectionError BrokenPipeError ConnectionAbortedError ConnectionRefusedError ConnectionResetError
    FileExistsError FileNotFoundError InterruptedError IsADirectoryError NotADirectoryError PermissionError
    ProcessLookupError TimeoutError ReferenceError RuntimeError NotImplementedError PythonFinalizationError RecursionError
    StopAsyncIteration StopIteration SyntaxError IncompleteInputError IndentationError TabError SystemError TypeError ValueError
    UnicodeError UnicodeDecodeError UnicodeEncodeError UnicodeTranslateError Warning BytesWarning DeprecationWarning
    EncodingWarning FutureWarning ImportWarning PendingDeprecationWarning ResourceWarning RuntimeWarning SyntaxWarning
    UnicodeWarning UserWarning
}
